/**
 * Runs in the browser: loads the model into wllama, measures, posts the answer. The 2.x releases have llama-bench's own
 * two loops inside (prefill of a batch, decoding from position 0), so that no message between threads is counted; 3.x
 * is a llama-server and reports its own timings. Both leave out what a page would add.
 */
const query = new URLSearchParams(location.search);
const release = query.get('release');
const threads = Number(query.get('threads'));
const plan = JSON.parse(query.get('plan'));

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** Tokens that warm code and caches up. */
const WARM_UP_TOKENS = 4;

const ENGINES = {
  async 'wllama-2'(blob) {
    const { Wllama, LoggerWithoutDebug } = await import('/node_modules/wllama-2/esm/index.js');
    const folder = '/node_modules/wllama-2/esm';
    const wllama = new Wllama(
      {
        'single-thread/wllama.wasm': `${folder}/single-thread/wllama.wasm`,
        'multi-thread/wllama.wasm': `${folder}/multi-thread/wllama.wasm`,
      },
      { suppressNativeLog: true, logger: LoggerWithoutDebug },
    );
    await wllama.loadModel([blob], { n_ctx: plan.context, n_batch: 512, n_threads: threads });
    const rate = async (type, count) => (1000 * count) / (await wllama._testBenchmark(type, count)).t_ms;
    return {
      threads: wllama.getNumThreads(),
      prefill: (count) => rate('pp', count),
      decode: (count) => rate('tg', count),
    };
  },

  async 'wllama-3'(blob) {
    const { Wllama, LoggerWithoutDebug } = await import('/node_modules/wllama-3/esm/index.js');
    const wllama = new Wllama(
      { default: '/node_modules/wllama-3/esm/wasm/wllama.wasm' },
      { suppressNativeLog: true, logger: LoggerWithoutDebug },
    );
    await wllama.loadModel([blob], {
      n_ctx: plan.context,
      n_batch: 512,
      n_threads: threads,
      n_gpu_layers: 0,
      warmup: false,
    });
    const timings = async (promptLength, count) => {
      const answer = await wllama.createCompletion({
        // Text is all that this release takes. Every letter with its space is a token of the made-up vocabulary.
        prompt: Array.from({ length: promptLength }, (_, index) => LETTERS[index % LETTERS.length]).join(' '),
        max_tokens: count,
        ignore_eos: true,
        cache_prompt: false,
        temperature: 0,
        top_k: 1,
      });
      return answer.timings;
    };
    return {
      threads: wllama.getNumThreads(),
      prefill: async (count) => (await timings(count, 1)).prompt_per_second,
      decode: async (count) => (await timings(1, count)).predicted_per_second,
    };
  },
};

async function run() {
  const started = performance.now();
  const blob = await (await fetch('/model.gguf')).blob();
  const engine = await ENGINES[release](blob);
  const loadSeconds = (performance.now() - started) / 1000;
  await engine.decode(WARM_UP_TOKENS);
  const prefill = [];
  for (let index = 0; index < plan.prefillRuns; index++) prefill.push(await engine.prefill(plan.prefillTokens));
  const decode = [];
  for (let index = 0; index < plan.decodeRuns; index++) decode.push(await engine.decode(plan.decodeTokens));
  return { prefill, decode, loadSeconds, threads: engine.threads, engine: navigator.userAgent };
}

const answer = await run().catch((error) => ({ error: String(error?.stack ?? error) }));
await fetch('/answer', { method: 'POST', body: JSON.stringify(answer) });
