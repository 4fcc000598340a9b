/** Small tokenizers made by hand. */

import { byteTokenizerModel, TOKEN_TYPE, type TokenizerModel } from '../src/index.ts';
import { createTokenTableBuilder } from '../src/token-table.ts';

/** What the published fixture of BPE1 says: t + h is 260, 260 + e is 261. */
export function theModel(): TokenizerModel {
  const builder = createTokenTableBuilder(262);
  for (let byte = 0; byte < 256; byte++) builder.addBytes([byte]);
  for (let id = 256; id < 260; id++) builder.addBytes([]);
  builder.addText('th');
  builder.addText('the');
  const types = new Uint8Array(262).fill(TOKEN_TYPE.normal);
  types.set([TOKEN_TYPE.control, TOKEN_TYPE.control, TOKEN_TYPE.control, TOKEN_TYPE.unknown], 256);
  return {
    ...byteTokenizerModel(),
    kind: 'byte-pair-ids',
    tokens: builder.finish(),
    types,
    merges: Uint32Array.of(116, 104, 260, 260, 101, 261),
  };
}

/** A byte-level tokenizer of 258 tokens: the bytes, `ab` and the marker `<m>`. */
export function byteLevelModel(changes: Partial<TokenizerModel> = {}): TokenizerModel {
  const builder = createTokenTableBuilder(258);
  for (let byte = 0; byte < 256; byte++) builder.addBytes([byte]);
  builder.addText('ab');
  builder.addText('<m>');
  const types = new Uint8Array(258).fill(TOKEN_TYPE.normal);
  types[257] = TOKEN_TYPE.control;
  const added = { id: 257, normalized: false, spaceBefore: false, lstrip: false, rstrip: false, singleWord: false };
  return {
    ...byteTokenizerModel(),
    kind: 'byte-level-bpe',
    tokens: builder.finish(),
    types,
    merges: Uint32Array.of(97, 98, 256),
    special: {},
    added: [added],
    preTokenizer: ['gpt2'],
    addBos: false,
    addEos: false,
    ...changes,
  };
}

/** A SentencePiece tokenizer with these pieces behind `<unk>`, `<s>`, `</s>` and the 256 byte tokens; score = -place. */
export function spaceModel(pieces: readonly string[], changes: Partial<TokenizerModel> = {}): TokenizerModel {
  const count = 259 + pieces.length;
  const builder = createTokenTableBuilder(count);
  for (const name of ['<unk>', '<s>', '</s>']) builder.addText(name);
  for (let byte = 0; byte < 256; byte++) builder.addBytes([byte]);
  for (const piece of pieces) builder.addText(piece);
  const types = new Uint8Array(count).fill(TOKEN_TYPE.normal);
  types.set([TOKEN_TYPE.unknown, TOKEN_TYPE.control, TOKEN_TYPE.control]);
  types.fill(TOKEN_TYPE.byte, 3, 259);
  return {
    ...byteTokenizerModel(),
    kind: 'sentencepiece-bpe',
    tokens: builder.finish(),
    types,
    scores: Float32Array.from({ length: count }, (_, id) => -id),
    special: { unk: 0, bos: 1, eos: 2 },
    spacePrefix: 'fragment',
    leadingSpace: 'strip-one',
    byteFallback: true,
    fuseUnknown: true,
    addBos: true,
    addEos: false,
    ...changes,
  };
}
