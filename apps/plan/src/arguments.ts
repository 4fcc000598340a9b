/** Arguments and options of mirust-plan. */

/** What is planned, and how. */
export const PLAN_OPTIONS = {
  quant: { type: 'text', value: 'NAME', filled: true, help: 'plan as if quantized: q8, q4, f16, … or Q4_K_M, Q8_0, …' },
  context: {
    type: 'integer',
    least: 1,
    value: 'N',
    help: 'positions of the cache (default: as declared, at most 4096)',
  },
  kv: {
    type: 'choice',
    choices: ['f32', 'f16', 'q8', 'q8_0', 'q4_0'],
    help: 'type of the key/value cache (default f32; q8_0 and q4_0 are planned, not run)',
  },
  chunk: { type: 'integer', least: 1, value: 'N', help: 'tokens per prefill run (default 64)' },
  threads: { type: 'integer', least: 1, value: 'N', help: 'threads of the engine, as mirust-run is told (default 1)' },
  sequences: { type: 'integer', least: 1, value: 'N', help: 'conversations side by side (default 1)' },
  'shared-prefix': { type: 'integer', least: 0, value: 'N', help: 'positions that all sequences share (default 0)' },
  positions: {
    type: 'integer',
    least: 0,
    value: 'N',
    help: 'positions in use, for active bytes and the cost of a token (default: the context)',
  },
  lora: { type: 'integer', least: 1, value: 'RANK', help: 'an adapter of this rank on every matrix' },
  host: {
    type: 'choice',
    choices: ['none', 'node', 'chromium'],
    help: "whose process is counted (default node); none: the model's memory alone",
  },
  bandwidth: {
    type: 'bytes',
    value: 'SIZE',
    help: 'memory bandwidth per second, for the ceiling of decoding; probe measures it',
  },
} as const;

/** What `mirust-plan MODEL …` plans. */
export const PLAN_MODEL = {
  model: {
    help: '.slm, .gguf, .bin (llama2.c), safetensors directory, config.json; a URL, hf:ORG/NAME, a name of the catalogue',
    optional: true,
  },
} as const;

/** What is asked of a plan, and how it is shown. */
export const PLAN_OUTPUT = {
  budget: { type: 'bytes', value: 'SIZE', help: 'memory that may be used: 512MiB, 2GiB, 1.5GB or bytes' },
  check: { type: 'text', value: 'FILE', filled: true, help: 'check the plans of a memory budget (JSON), for CI' },
  html: { type: 'text', value: 'FILE', filled: true, help: 'write a report to look at, too' },
  markdown: { type: 'text', value: 'FILE', filled: true, help: 'write a report for a pull request, too' },
  json: { type: 'flag', help: 'print the report as JSON' },
} as const;

/** `mirust-plan models` */
export const MODELS = {
  positionals: {},
  options: { json: { type: 'flag', help: 'print the catalogue as JSON' } },
} as const;

/** `mirust-plan verify FILE …` */
export const VERIFY = {
  positionals: { file: { help: '.slm, .gguf, .bin (llama2.c) or Hugging Face directory' } },
  options: {
    context: {
      type: 'integer',
      least: 1,
      value: 'N',
      help: 'positions of the cache (default: as declared, at most 4096)',
    },
    kv: { type: 'choice', choices: ['f32', 'f16', 'q8'], help: 'type of the key/value cache (default f32)' },
    chunk: { type: 'integer', least: 1, value: 'N', help: 'tokens per prefill run (default 64)' },
    threads: { type: 'integer', least: 1, value: 'N', help: 'threads of the engine (default 1)' },
    json: { type: 'flag', help: 'print planned and measured bytes as JSON' },
  },
} as const;

/** `mirust-plan probe …` */
export const PROBE = {
  positionals: {},
  options: {
    threads: { type: 'integer', least: 1, most: 64, value: 'N', help: 'most threads to try (default: physical cores)' },
    json: { type: 'flag', help: 'print the rates as JSON' },
  },
} as const;
