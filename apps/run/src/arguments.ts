/** Arguments and options of the commands of mirust-run. Limits are those of the runtime's own options. */

/** The file of every command that loads a model. */
export const MODEL_FILE = {
  file: { help: '.slm, .gguf, .bin (llama2.c) or Hugging Face directory' },
} as const;

/** Options of every command that loads a model. */
export const MODEL_OPTIONS = {
  context: {
    type: 'integer',
    least: 1,
    value: 'N',
    help: 'positions of the cache (default: as declared, at most 4096)',
  },
  kv: { type: 'choice', choices: ['f32', 'f16', 'q8'], help: 'type of the key/value cache (default f32)' },
  chunk: { type: 'integer', least: 1, value: 'N', help: 'tokens per prefill run (default 64)' },
  tokenizer: { type: 'text', value: 'PATH', filled: true, help: "tokenizer to use instead of the model's own" },
  backend: { type: 'choice', choices: ['auto', 'reference', 'wasm'], help: 'what executes the model (default auto)' },
  threads: {
    type: 'integer',
    least: 1,
    value: 'N',
    help: 'threads of the wasm backend (default: physical cores; 1 for a small model)',
  },
} as const;

/** Options of generation: `mirust-run FILE …` */
export const GENERATE_OPTIONS = {
  prompt: { type: 'text', short: 'p', value: 'TEXT', help: 'text to go on from (default: from BOS alone)' },
  'max-tokens': { type: 'integer', short: 'n', least: 0, value: 'N', help: 'tokens to generate at most (default 256)' },
  temperature: { type: 'number', least: 0, value: 'T', help: '0 is greedy (default 0)' },
  'top-k': {
    type: 'integer',
    least: 0,
    most: 1024,
    value: 'K',
    help: 'candidates kept, 0 for all (default 40 above T = 0)',
  },
  'top-p': { type: 'number', above: 0, most: 1, value: 'P', help: 'probability mass kept (default 1)' },
  'min-p': {
    type: 'number',
    least: 0,
    most: 1,
    value: 'P',
    help: 'share of the best probability that is needed (default 0)',
  },
  'repetition-penalty': {
    type: 'number',
    above: 0,
    value: 'R',
    help: 'above 1 makes recent tokens less likely (default 1)',
  },
  seed: { type: 'integer', value: 'S', help: 'of the random draws (default 1)' },
  stop: { type: 'list', value: 'TEXT', filled: true, help: 'text that ends the generation, not printed; repeatable' },
} as const;

/** How a generation is shown. */
export const GENERATE_OUTPUT = {
  profile: { type: 'flag', help: 'with --json: measure time per kind of operation' },
  'check-leaks': { type: 'flag', help: 'afterwards, report on stderr what was not given back; status 6 if anything' },
  json: { type: 'flag', help: 'print text, token ids and diagnostics as JSON at the end' },
} as const;

/** What is measured: `mirust-run bench FILE …` */
export const BENCH_OPTIONS = {
  'prompt-tokens': { type: 'integer', least: 1, value: 'N', help: 'tokens of a prompt (default 512)' },
  'decode-tokens': { type: 'integer', least: 1, value: 'N', help: 'tokens to decode (default 128)' },
  'start-position': {
    type: 'integer',
    least: 0,
    value: 'N',
    help: 'tokens in the cache before (default 16)',
  },
  rounds: { type: 'integer', least: 1, value: 'N', help: 'prompts to measure (default 3)' },
} as const;

/** How a measurement is shown. */
export const BENCH_OUTPUT = {
  json: { type: 'flag', help: 'print raw samples, percentiles, operations and environment as JSON' },
} as const;

/** What is evaluated: `mirust-run eval FILE (--text-file F | --cases F) …` */
export const EVAL_OPTIONS = {
  'text-file': {
    type: 'text',
    value: 'FILE',
    filled: true,
    help: 'UTF-8 text, - for standard input; <|endoftext|> separates documents',
  },
  cases: {
    type: 'text',
    value: 'FILE',
    filled: true,
    help: 'JSON [{"prompt", "expected", "maxTokens"?, "name"?}], greedy',
  },
} as const;

/** How an evaluation is shown. */
export const EVAL_OUTPUT = {
  json: { type: 'flag', help: 'print {"tokens", "meanNll", "perplexity"}, {"cases", "passed", "results"}' },
} as const;

/** `mirust-run tokens FILE (--text TEXT | --text-file F) …` */
export const TOKENS = {
  positionals: {
    file: { help: 'artifact, GGUF (also without tensors), tokenizer.json, tokenizer.model or directory' },
  },
  options: {
    text: { type: 'text', value: 'TEXT', help: 'the text' },
    'text-file': {
      type: 'text',
      value: 'FILE',
      filled: true,
      help: 'a UTF-8 file with the text, - for standard input',
    },
    'no-special': { type: 'flag', help: 'leave out the BOS that a prompt gets' },
    json: { type: 'flag', help: 'print {"ids": [...]}' },
  },
} as const;
