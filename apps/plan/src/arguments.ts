/** Arguments and options of mirust-plan. */

/** `mirust-plan FILE|config.json …` */
export const PLAN = {
  positionals: { file: { help: '.slm, .gguf, .bin (llama2.c), Hugging Face directory, or a bare config.json' } },
  options: {
    context: {
      type: 'integer',
      least: 1,
      value: 'N',
      help: 'positions of the cache (default: as declared, at most 4096)',
    },
    kv: { type: 'choice', choices: ['f32', 'f16', 'q8'], help: 'type of the key/value cache (default f32)' },
    budget: { type: 'bytes', value: 'SIZE', help: 'memory that may be used: 512MiB, 2GiB, 1.5GB or bytes' },
    chunk: { type: 'integer', least: 1, value: 'N', help: 'tokens per prefill run (default 64)' },
    threads: {
      type: 'integer',
      least: 1,
      value: 'N',
      help: 'threads of the engine, as mirust-run is told (default 1)',
    },
    json: { type: 'flag', help: 'print the report as JSON' },
  },
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
