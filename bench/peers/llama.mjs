/**
 * Native llama.cpp through node-llama-cpp: `node llama.mjs '{"model":"…","threads":1,"plan":{…}}'` prints one JSON
 * line.
 *
 * The batch calls of the addon itself are used, below the scheduler and the sampler of the package: nothing but
 * llama_decode is in the way. Defaults of the package and of llama.cpp stay (memory mapping, repacking, flash attention
 * "auto", KV cache f16); there is no GPU, and nothing is downloaded or built.
 */
import { getLlama, LlamaLogLevel } from 'node-llama-cpp';
import { cpuSeconds, measure } from '../src/probes/_schedule.mjs';

const { model: modelPath, threads, plan } = JSON.parse(process.argv[2]);
const BATCH = 512;

const llama = await getLlama({
  gpu: false,
  build: 'never',
  skipDownload: true,
  progressLogs: false,
  logLevel: LlamaLogLevel.error,
});
const loadStart = performance.now();
const model = await llama.loadModel({ modelPath, gpuLayers: 0 });
const context = await model.createContext({ contextSize: plan.context, batchSize: BATCH, threads, sequences: 1 });
const loadSeconds = (performance.now() - loadStart) / 1000;
const addon = context._ctx;
addon.setThreads(threads);

const sampler = new llama._bindings.AddonSampler(model._model);
sampler.applyConfig({ temperature: 0 });

let position = 0;
let logits;
async function decode(tokens) {
  addon.initBatch(tokens.length);
  logits = addon.addToBatch(0, position, Uint32Array.from(tokens), Uint32Array.of(tokens.length - 1))[0];
  position += tokens.length;
  await addon.decodeBatch();
}

const engine = {
  reset() {
    addon.removeTokenCellsFromSequence(0, 0, -1);
    position = 0;
  },
  async feed(tokens) {
    for (let at = 0; at < tokens.length; at += BATCH) await decode(tokens.slice(at, at + BATCH));
  },
  step: (token) => decode([token]),
  top: () => addon.sampleToken(logits, sampler),
};

const measured = await measure(engine, plan, model.fileInfo.metadata.llama.vocab_size);
console.log(
  JSON.stringify({
    ...measured,
    loadSeconds,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    cpuSeconds: cpuSeconds(),
    threads: addon.getThreads(),
    engine: `llama.cpp ${llama.llamaCppRelease.release}, ${llama.systemInfo}`,
  }),
);
process.exit(0);
