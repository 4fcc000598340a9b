/**
 * `BTOK`, the byte tokenizer's section of an SLM1 file. Exactly 28 bytes, little-endian:
 *
 *     0   4 B  magic "BTOK"
 *     4   u32  version, 1
 *     8   u32  vocab_size, 260
 *     12  u32  bos 256      16  u32  eos 257      20  u32  pad 258      24  u32  unk 259
 *
 * Ids 0–255 are the bytes. A document is BOS, its UTF-8 bytes, EOS. Decoding leaves BOS, EOS and PAD out, UNK gives
 * `?`, and what is no UTF-8 becomes U+FFFD.
 */
import { createCursor, readBytes, readU32 } from '@mirust/core';
import { plainModel } from './_plain-model.ts';
import { tokenizerError } from './errors.ts';
import { TOKEN_TYPE, type TokenizerModel } from './model.ts';
import { createTokenTableBuilder } from './token-table.ts';

/** Length of a `BTOK` section. */
export const BTOK_BYTE_LENGTH = 28;

const MAGIC = 'BTOK';
const FIELDS = [
  ['version', 1],
  ['vocab_size', 260],
  ['bos', 256],
  ['eos', 257],
  ['pad', 258],
  ['unk', 259],
] as const;

/** The byte tokenizer: nothing about it varies. */
export function byteTokenizerModel(): TokenizerModel {
  const builder = createTokenTableBuilder(260);
  for (let byte = 0; byte < 256; byte++) builder.addBytes([byte]);
  for (let id = 256; id < 260; id++) builder.addBytes([]);
  const types = new Uint8Array(260).fill(TOKEN_TYPE.normal, 0, 256).fill(TOKEN_TYPE.control, 256, 259);
  types[259] = TOKEN_TYPE.unknown;
  return {
    ...plainModel('byte', builder.finish(), types),
    special: { bos: 256, eos: 257, pad: 258, unk: 259 },
    addBos: true,
    addEos: true,
  };
}

/** Reads a `BTOK` section, whose bytes lie at `baseOffset` of their file. Throws `BTOK_INVALID`. */
export function readBtok(bytes: Uint8Array, baseOffset = 0): TokenizerModel {
  if (bytes.byteLength !== BTOK_BYTE_LENGTH) {
    throw tokenizerError('BTOK_INVALID', `a BTOK section has ${BTOK_BYTE_LENGTH} bytes, not ${bytes.byteLength}`, {
      offset: baseOffset,
      expected: BTOK_BYTE_LENGTH,
      actual: bytes.byteLength,
    });
  }
  const cursor = createCursor(bytes, baseOffset);
  const magic = String.fromCharCode(...readBytes(cursor, 4, 'magic'));
  if (magic !== MAGIC) {
    throw tokenizerError('BTOK_INVALID', 'the section does not start with BTOK', { offset: baseOffset });
  }
  for (const [key, expected] of FIELDS) {
    const offset = baseOffset + cursor.position;
    const actual = readU32(cursor, key);
    if (actual !== expected) {
      throw tokenizerError('BTOK_INVALID', `${key} is ${actual}, not ${expected}`, { offset, key, expected, actual });
    }
  }
  return byteTokenizerModel();
}

/** The 28 bytes of a `BTOK` section. Throws TypeError for a model of another kind. */
export function writeBtok(model: TokenizerModel): Uint8Array {
  if (model.kind !== 'byte') throw new TypeError(`BTOK holds the byte tokenizer only, not ${model.kind}`);
  const bytes = new Uint8Array(BTOK_BYTE_LENGTH);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(MAGIC));
  for (const [index, [, value]] of FIELDS.entries()) view.setUint32(4 + index * 4, value, true);
  return bytes;
}
