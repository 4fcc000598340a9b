/** Arguments and options of the commands of mirust-pack. */

/** `mirust-pack SOURCE [OUT] …` */
export const PACK = {
  positionals: {
    source: { help: 'Hugging Face directory, .safetensors, .gguf, .bin (llama2.c) or .slm' },
    out: { help: 'the artifact; not needed with --dry-run', optional: true },
  },
  options: {
    quant: {
      type: 'choice',
      choices: ['f32', 'f16', 'q8', 'q4'],
      help: 'type of every matrix (default: as stored; f32 for slm1)',
    },
    rule: {
      type: 'list',
      value: 'PATTERN=TYPE',
      help: "type of some tensors, '*.w2.weight=q8'; repeatable, the last match wins",
    },
    format: {
      type: 'choice',
      choices: ['slm1', 'slm2'],
      help: 'container (default: slm1 where OUT ends in .slm1, else slm2)',
    },
    layout: {
      type: 'choice',
      choices: ['rows', 'interleaved'],
      help: 'quantized rows one by one, or by 8 as kernels read them (default in slm2)',
    },
    tokenizer: { type: 'text', value: 'PATH', filled: true, help: "tokenizer to pack instead of the source's own" },
    threads: {
      type: 'integer',
      value: 'N',
      least: 1,
      most: 256,
      help: 'threads that convert (default: physical cores; 1 for a small source)',
    },
    'dry-run': { type: 'flag', help: 'plan only: the size is exact to the byte, nothing is written' },
    json: { type: 'flag', help: 'print the result as JSON' },
  },
} as const;

/** `mirust-pack inspect FILE` */
export const INSPECT = {
  positionals: { file: { help: 'any format that is read, or a Hugging Face directory' } },
  options: { json: { type: 'flag', help: 'print the result as JSON' } },
} as const;

/** `mirust-pack manifest FILE [OUT] …` */
export const MANIFEST = {
  positionals: {
    file: { help: 'an artifact (.slm)' },
    out: { help: 'the manifest (default: standard output)', optional: true },
  },
  options: {
    kind: { type: 'choice', choices: ['json', 'sidecar'], help: "json, or SLM1's key=value sidecar (default json)" },
    source: {
      type: 'choice',
      choices: ['deterministic-smoke', 'converted-trained'],
      help: 'the weights, for the sidecar (default: the latter)',
    },
    json: { type: 'flag', help: 'the same as --kind json, and nothing else is printed' },
  },
} as const;

/** `mirust-pack fixture NAME OUT …` */
export const FIXTURE = {
  positionals: {
    name: { help: 'tiny, tiny-tied, tiny-bpe or tiny-lm-16m' },
    out: { help: 'the artifact' },
  },
  options: {
    quant: { type: 'choice', choices: ['f32', 'q8', 'q4'], help: 'type of every tensor, vectors too (default f32)' },
    format: { type: 'choice', choices: ['slm1', 'slm2'], help: 'container (default slm1)' },
    json: { type: 'flag', help: 'print the result as JSON' },
  },
} as const;
