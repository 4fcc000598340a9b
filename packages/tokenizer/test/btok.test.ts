import { describe, expect, it } from 'vitest';
import { createTokenizer, readBtok, type TokenizerModel, writeBtok } from '../src/index.ts';
import { theModel } from './_models.ts';

/** The published layout, byte for byte: magic, version 1, vocabulary 260, BOS 256, EOS 257, PAD 258, UNK 259. */
const BTOK = Uint8Array.of(
  ...[0x42, 0x54, 0x4f, 0x4b, 1, 0, 0, 0, 0x04, 0x01, 0, 0, 0x00, 0x01, 0, 0],
  ...[0x01, 0x01, 0, 0, 0x02, 0x01, 0, 0, 0x03, 0x01, 0, 0],
);

describe('BTOK', () => {
  const model: TokenizerModel = readBtok(BTOK);
  const tokenizer = createTokenizer(model);

  it('is written as it is read', () => {
    expect(writeBtok(model)).toEqual(BTOK);
    expect(() => writeBtok(theModel())).toThrow(TypeError);
  });

  it('encodes bytes, with BOS for a prompt and EOS for a document', () => {
    expect(tokenizer.encode('hé')).toEqual([256, 0x68, 0xc3, 0xa9]);
    expect(tokenizer.encode('', { addSpecial: false })).toEqual([]);
    expect(tokenizer.encodeDocument('A')).toEqual([256, 65, 257]);
    expect(tokenizer.vocabSize).toBe(260);
  });

  it('decodes: BOS, EOS and PAD are left out, UNK is a question mark, what is no UTF-8 becomes U+FFFD', () => {
    expect(tokenizer.decode([256, 72, 258, 105, 259, 257])).toBe('Hi?');
    expect(tokenizer.decode([0xff, 65, 0xc3])).toBe('\ufffdA\ufffd');
    // One mark per maximal part of a character.
    expect(tokenizer.decode([0xf0, 0x9f, 0x99, 0xe2, 0x82])).toBe('\ufffd\ufffd');
    expect(() => tokenizer.decode([260])).toThrow(RangeError);
    expect(() => tokenizer.decode([-1])).toThrow(RangeError);
    expect(() => tokenizer.decode([0.5])).toThrow(RangeError);
  });

  it('knows its special ids', () => {
    expect([255, 256, 257, 258, 259].map((id) => tokenizer.isSpecial(id))).toEqual([false, true, true, true, true]);
    expect(tokenizer.isEndOfGeneration(257)).toBe(true);
    expect(tokenizer.isEndOfGeneration(256)).toBe(false);
  });

  it.each([
    ['cut', BTOK.subarray(0, 27), 0],
    ['longer', Uint8Array.of(...BTOK, 0), 0],
    ['of another magic', Uint8Array.of(0x62, ...BTOK.subarray(1)), 100],
    ['of version 2', Uint8Array.from(BTOK, (byte, at) => (at === 4 ? 2 : byte)), 104],
    ['with another vocabulary', Uint8Array.from(BTOK, (byte, at) => (at === 8 ? 5 : byte)), 108],
    ['with another UNK', Uint8Array.from(BTOK, (byte, at) => (at === 24 ? 2 : byte)), 124],
  ])('is refused when it is %s', (_, bytes, offset) => {
    expect(() => readBtok(bytes, 100)).toThrow(
      expect.objectContaining({ code: 'BTOK_INVALID', offset: Math.max(offset, 100) }),
    );
  });
});
