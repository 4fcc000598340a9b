/** A made-up vocabulary of the SentencePiece kind: as few promises as llama.cpp and we ask of a file that runs. */

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

/** The `tokenizer.ggml.*` entries of a vocabulary of `size` tokens, 259 at least. */
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
