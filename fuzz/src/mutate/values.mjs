/** Values at which readers have gone wrong: limits of integers, floats that are no numbers, text that is no name. */

const INTERESTING = [
  0n,
  1n,
  2n,
  3n,
  4n,
  7n,
  8n,
  15n,
  16n,
  31n,
  32n,
  33n,
  63n,
  64n,
  65n,
  127n,
  128n,
  255n,
  256n,
  1000n,
  4095n,
  4096n,
  0x7fffn,
  0x8000n,
  0xffffn,
  0x10000n,
  2n ** 24n,
  2n ** 30n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 31n + 1n,
  2n ** 32n - 1n,
  2n ** 32n,
  2n ** 32n + 1n,
  2n ** 40n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 53n + 1n,
  2n ** 61n,
  2n ** 62n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 63n + 1n,
  2n ** 64n - 64n,
  2n ** 64n - 3n,
  2n ** 64n - 1n,
];

const FLOATS = [0, -0, 1, -1, 0.5, 1e-45, 1e-5, 65504, 3.5e38, Infinity, -Infinity, NaN];

/** A number for a field of `size` bytes that holds `old`. */
export function interestingInteger(random, size, old) {
  const bits = BigInt(8 * size);
  switch (random.below(8)) {
    case 0:
      return old + 1n;
    case 1:
      return old - 1n;
    case 2:
      return old + BigInt(random.below(128)) - 64n;
    case 3:
      return old ^ (1n << BigInt(random.below(8 * size)));
    case 4:
      return random.oneIn(2) ? old * 2n : old / 2n;
    case 5:
      // A multiple of what sizes multiply by, so that a product comes round to something small.
      return 2n ** bits / BigInt(random.pick([2, 4, 8, 16, 18, 32, 33, 64, 110, 144])) + BigInt(random.below(3));
    case 6:
      return BigInt(random.below(64));
    default:
      return random.pick(INTERESTING);
  }
}

/** A float of 32 bits, as its bits. */
export function interestingFloat(random) {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, random.pick(FLOATS), true);
  return BigInt(view.getUint32(0, true));
}

/** JSON texts that stand where another value was. */
export const JSON_VALUES = [
  'null',
  'true',
  'false',
  '0',
  '1',
  '-1',
  '-0',
  '2',
  '0.5',
  '1e0',
  '1e400',
  '-1e400',
  '1E-7',
  '4294967295',
  '4294967296',
  '2147483648',
  '9007199254740991',
  '9007199254740992',
  '9223372036854775807',
  '9223372036854775808',
  '18446744073709551615',
  '18446744073709551616',
  '""',
  '"a"',
  '"__proto__"',
  '"\\u0000"',
  '"\\ud800"',
  '"\\u202e"',
  '"\u2581"',
  '"\\u001b[31m"',
  '[]',
  '{}',
  '[[]]',
  '[{}]',
  '{"":0}',
  '{"__proto__":{"a":1}}',
  '[0,0]',
  '[1,0]',
  '01',
  '+1',
  '.5',
  '1.',
  'NaN',
  'Infinity',
  "'a'",
  'nul',
  '"a',
  '[1,]',
  '{"a":1,}',
  '{"a":1,"a":2}',
  '\ufeff0',
  '/**/0',
];

/** Keys and names that mean something to some reader. */
export const WORDS = [
  '__proto__',
  'constructor',
  '__metadata__',
  'dtype',
  'shape',
  'data_offsets',
  'F32',
  'F16',
  'BF16',
  'U8',
  'I64',
  'F8_E4M3',
  'F4',
  'model',
  'type',
  'BPE',
  'WordPiece',
  'vocab',
  'merges',
  'added_tokens',
  'content',
  'special',
  'ByteLevel',
  'Metaspace',
  'Sequence',
  'Split',
  'Regex',
  'Prepend',
  'Replace',
  'NFC',
  'TemplateProcessing',
  'byte_fallback',
  'ignore_merges',
  '<unk>',
  '<s>',
  '</s>',
  '<0x00>',
  '<0xFF>',
  '<0x-1>',
  '<0xZZ>',
  'general.alignment',
  'general.architecture',
  'llama',
  'mistral',
  'tokenizer.ggml.model',
  'tokenizer.ggml.tokens',
  'tokenizer.ggml.scores',
  'gpt2',
  'qwen2',
  'rope_scaling',
  'rope_type',
  'llama3',
  'linear',
  'sliding_window',
  'tie_word_embeddings',
  'LlamaForCausalLM',
  'MistralForCausalLM',
  'token_embd.weight',
  'output.weight',
];
