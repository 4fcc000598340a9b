/** Made-up vocabularies of both kinds: as few promises as llama.cpp and we ask of a file that runs. */

/** Token types of GGUF. */
const NORMAL = 1;
const UNKNOWN = 2;
const CONTROL = 3;
const BYTE = 6;

/** Letters of the made-up pieces: 26 of them, so that the number of a piece is its spelling. */
const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** A different word for every number: `a` to `z`, then `aa`, `ab` and so on. */
function word(number) {
  let text = '';
  for (let rest = number + 1; rest > 0; rest = Math.floor((rest - 1) / 26)) text = LETTERS[(rest - 1) % 26] + text;
  return text;
}

/** The `tokenizer.ggml.*` entries of a vocabulary of the SentencePiece kind of `size` tokens, 259 at least. */
export function vocabularyMetadata(size) {
  const texts = ['<unk>', '<s>', '</s>'];
  const types = [UNKNOWN, CONTROL, CONTROL];
  for (let byte = 0; byte < 256; byte++) {
    texts.push(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
    types.push(BYTE);
  }
  for (let number = 0; texts.length < size; number++) {
    texts.push(number % 2 === 0 ? word(number >> 1) : `\u2581${word(number >> 1)}`);
    types.push(NORMAL);
  }
  return [
    ['tokenizer.ggml.model', { type: 'string', value: 'llama' }],
    ['tokenizer.ggml.tokens', { type: 'array', elementType: 'string', values: texts }],
    [
      'tokenizer.ggml.scores',
      { type: 'array', elementType: 'float32', values: Float32Array.from(texts, (_, i) => -i) },
    ],
    ['tokenizer.ggml.token_type', { type: 'array', elementType: 'int32', values: Int32Array.from(types) }],
    ['tokenizer.ggml.unknown_token_id', { type: 'uint32', value: 0 }],
    ['tokenizer.ggml.bos_token_id', { type: 'uint32', value: 1 }],
    ['tokenizer.ggml.eos_token_id', { type: 'uint32', value: 2 }],
  ];
}

/**
 * A byte-level vocabulary of `size` tokens, 257 at least: the bytes, one that begins and ends a text, and words. Each word
 * is merged from the one without its last letter, so the merges are complete.
 */
export function byteLevelVocabulary(size) {
  const tokens = [...byteCharacters(), '<|endoftext|>'];
  const merges = [];
  // The first 26 words are letters, and bytes already.
  for (let number = 26; tokens.length < size; number++) {
    const text = word(number);
    tokens.push(text);
    merges.push(`${text.slice(0, -1)} ${text.slice(-1)}`);
  }
  return { tokens, merges, endOfText: 256 };
}

/** The `tokenizer.ggml.*` entries of {@link byteLevelVocabulary}. */
export function byteLevelMetadata(size) {
  const { tokens, merges, endOfText } = byteLevelVocabulary(size);
  const types = Int32Array.from(tokens, (_, id) => (id === endOfText ? CONTROL : NORMAL));
  return [
    ['tokenizer.ggml.model', { type: 'string', value: 'gpt2' }],
    ['tokenizer.ggml.pre', { type: 'string', value: 'gpt-2' }],
    ['tokenizer.ggml.tokens', { type: 'array', elementType: 'string', values: tokens }],
    ['tokenizer.ggml.token_type', { type: 'array', elementType: 'int32', values: types }],
    ['tokenizer.ggml.merges', { type: 'array', elementType: 'string', values: merges }],
    ['tokenizer.ggml.bos_token_id', { type: 'uint32', value: endOfText }],
    ['tokenizer.ggml.eos_token_id', { type: 'uint32', value: endOfText }],
  ];
}

/** The characters that stand for the bytes, in the order of GPT-2: printable ones for themselves, the rest from 256 on. */
function byteCharacters() {
  const isPrintable = (byte) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : next++));
}
