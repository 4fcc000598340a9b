import { describe, expect, it } from 'vitest';
import { createTokenizer, type Tokenizer, tokenizerFromSentencePiece } from '../src/index.ts';
import { fixtureBytes } from './_assets.ts';

/** The wire format: a varint, and fields with it, with bytes, with a float. */
function varint(value: number | bigint): number[] {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return bytes;
}
const number = (field: number, value: number | bigint): number[] => [...varint(field * 8), ...varint(value)];
const bytes = (field: number, value: readonly number[]): number[] => [
  ...varint(field * 8 + 2),
  ...varint(value.length),
  ...value,
];
const text = (field: number, value: string): number[] => bytes(field, [...new TextEncoder().encode(value)]);
const float = (field: number, value: number): number[] => [
  ...varint(field * 8 + 5),
  ...new Uint8Array(Float32Array.of(value).buffer),
];

const piece = (value: string, score: number, type = 1): number[] =>
  bytes(1, [...text(1, value), ...float(2, score), ...number(3, type)]);

const BPE = bytes(2, number(3, 2));
const PLAIN = bytes(3, number(4, 0));
const START = [...piece('<unk>', 0, 2), ...piece('<s>', 0, 3), ...piece('</s>', 0, 3)];
const PIECES = [...START, ...piece('▁', -1), ...piece('a', -2), ...piece('▁a', -3), ...piece('b', -4)];

const file = (...parts: readonly (readonly number[])[]): Uint8Array => Uint8Array.from(parts.flat());
const read = (...parts: readonly (readonly number[])[]): Tokenizer =>
  createTokenizer(tokenizerFromSentencePiece(file(...parts)).model);

describe('tokenizer.model', () => {
  it('reads pieces, roles and settings', () => {
    const { model, warnings } = tokenizerFromSentencePiece(file(PIECES, BPE, PLAIN));
    expect(warnings).toEqual([]);
    expect(model.special).toEqual({ unk: 0, bos: 1, eos: 2 });
    const tokenizer = createTokenizer(model);
    expect(tokenizer.encode('a  a')).toEqual([1, 5, 3, 5]);
    // Unknown characters in a row are one unknown token.
    expect(tokenizer.encode('bxyb', { addSpecial: false })).toEqual([3, 6, 0, 6]);
  });

  it('collapses spaces where the model does, which is the default', () => {
    expect(read(PIECES, BPE).encode('  a   a ', { addSpecial: false })).toEqual([5, 5]);
    expect(read(PIECES, BPE).encode('   ', { addSpecial: false })).toEqual([]);
    expect(read(PIECES, BPE, bytes(3, number(3, 0))).encode('a a')).toEqual([1, 4, 5]);
  });

  it('takes roles from the trainer; -1 is none, an id outside is a warning', () => {
    const trainer = bytes(2, [...number(3, 2), ...number(41, -1), ...number(42, 99)]);
    const { model, warnings } = tokenizerFromSentencePiece(file(PIECES, trainer));
    expect(model.special).toEqual({ unk: 0 });
    expect(model.addBos).toBe(false);
    expect(warnings.map(({ code }) => code)).toEqual(['SPECIAL_ID_ABSENT']);
  });

  it('takes any bit of a flag for true', () => {
    const spec = bytes(3, [...number(3, 2n ** 63n), ...number(4, 2n ** 32n)]);
    expect(read(PIECES, BPE, spec).encode('  a   a ', { addSpecial: false })).toEqual([5, 5]);
  });

  it("finds the unknown piece by its type, not by the trainer's unk_id", () => {
    const pieces = [...piece('<s>', 0, 3), ...piece('a', -1), ...piece('▁', -2), ...piece('<unk>', 0, 2)];
    const trainer = bytes(2, [...number(3, 2), ...number(40, 0), ...number(41, 0), ...number(42, -1)]);
    const tokenizer = read(pieces, trainer, PLAIN);
    expect(tokenizer.model.special).toEqual({ unk: 3, bos: 0 });
    expect(tokenizer.encode('xa', { addSpecial: false })).toEqual([2, 3, 1]);
  });

  it('takes user-defined pieces whole, behind the space in front', () => {
    const tokenizer = read(PIECES, piece('ab', 0, 4), BPE, PLAIN);
    expect(tokenizer.encode('ab', { addSpecial: false })).toEqual([3, 7]);
    expect(tokenizer.encode('aab a', { addSpecial: false })).toEqual([5, 7, 5]);
  });

  it('takes pieces that are only used on the way apart again', () => {
    const unused = [...piece('ba', -0.5, 5), ...piece('bab', -0.6, 5)];
    const tokenizer = read(PIECES, unused, BPE, PLAIN);
    expect(tokenizer.encode('bab', { addSpecial: false })).toEqual([3, 6, 4, 6]);
  });

  it('has no token for a character whose piece is unused', () => {
    expect(read(PIECES, piece('c', 0, 5), BPE, PLAIN).encode('acca', { addSpecial: false })).toEqual([5, 0, 4]);
  });

  it('passes over what concerns training, and keeps the last of two values', () => {
    const trainer = bytes(2, [...number(3, 1), ...text(1, 'input'), ...float(10, 0.5), ...number(3, 2)]);
    const fixed64 = [...varint(9 * 8 + 1), 0, 0, 0, 0, 0, 0, 0, 0];
    expect(read(PIECES, trainer, fixed64, PLAIN).encode('a')).toEqual([1, 5]);
  });

  it.each<[string, string, Uint8Array, RegExp]>([
    ['a unigram model', 'TOKENIZER_UNSUPPORTED', file(PIECES, bytes(2, number(3, 1))), /"unigram"/],
    ['a model without a type', 'TOKENIZER_UNSUPPORTED', file(PIECES), /"unigram"/],
    ['a word model', 'TOKENIZER_UNSUPPORTED', file(PIECES, bytes(2, number(3, 3))), /"word"/],
    ['an unknown model', 'TOKENIZER_UNSUPPORTED', file(PIECES, bytes(2, number(3, 77))), /unknown/],
    ['a character map', 'TOKENIZER_UNSUPPORTED', file(PIECES, BPE, bytes(3, text(2, 'map'))), /character map/],
    [
      'spaces at the end of words',
      'TOKENIZER_UNSUPPORTED',
      file(PIECES, bytes(2, [...number(3, 2), ...number(24, 1)])),
      /suffix/,
    ],
    ['unescaped spaces', 'TOKENIZER_UNSUPPORTED', file(PIECES, BPE, bytes(3, number(5, 0))), /escape_whitespaces/],
    ['an empty file', 'SENTENCEPIECE_INVALID', file(), /no sentence pieces/],
    ['a wire type of old', 'SENTENCEPIECE_INVALID', file([0x0b]), /wire type 3/],
    ['field 0', 'SENTENCEPIECE_INVALID', file([0x02, 0x00]), /no field 0/],
    ['a piece that is a number', 'SENTENCEPIECE_INVALID', file(number(1, 5)), /no message/],
    ['a piece without text', 'SENTENCEPIECE_INVALID', file(bytes(1, float(2, 1))), /no text/],
    [
      'a score that is a number',
      'SENTENCEPIECE_INVALID',
      file(bytes(1, [...text(1, 'a'), ...number(2, 1)])),
      /no float/,
    ],
    ['a type that is text', 'SENTENCEPIECE_INVALID', file(bytes(1, [...text(1, 'a'), ...text(3, 'x')])), /no number/],
    ['a varint without end', 'SENTENCEPIECE_INVALID', file(new Array(11).fill(0x80)), /ten bytes/],
    ['a length of 2^63', 'OVERFLOW', file([0x0a, ...varint((2n ** 63n) as unknown as number)]), /passes/],
    ['a length behind the end', 'TRUNCATED', file([0x0a, 5, 0]), /5 bytes/],
    ['a cut varint', 'TRUNCATED', file([0x80]), /varint/],
    ['an empty piece', 'TOKENIZER_TOKEN_LENGTH', file(piece('', 0)), /empty/],
    ['a giant piece', 'TOKENIZER_TOKEN_LENGTH', file(piece('x'.repeat(5000), 0)), /5000 bytes/],
    ['a piece that is no UTF-8', 'INVALID_UTF8', file(bytes(1, bytes(1, [0xff]))), /piece 0/],
    ['type 7', 'TOKENIZER_TOKEN_TYPE', file(piece('a', 0, 7)), /type 7/],
    ['NaN', 'TOKENIZER_SCORE', file(START, piece('a', Number.NaN), BPE), /not a number/],
    ['a piece twice', 'TOKENIZER_TOKEN_DUPLICATE', file(START, piece('a', 0), piece('a', 0), BPE), /both/],
    [
      'a control piece twice',
      'TOKENIZER_TOKEN_DUPLICATE',
      file(START, piece('<s>', 0, 3), BPE),
      /1 and 3 are both "<s>"/,
    ],
    ['no unknown piece', 'SENTENCEPIECE_INVALID', file(piece('a', 0), BPE), /no piece is the unknown one/],
    ['two unknown pieces', 'SENTENCEPIECE_INVALID', file(START, piece('?', 0, 2), BPE), /0 and 3 are both/],
    ['a null character', 'SENTENCEPIECE_INVALID', file(START, piece('a\0', 0), BPE), /null character/],
    [
      'a byte without fallback',
      'SENTENCEPIECE_INVALID',
      file(START, piece('<0x41>', 0, 6), BPE),
      /1 byte pieces without/,
    ],
    [
      'fallback without all bytes',
      'SENTENCEPIECE_INVALID',
      file(START, piece('<0x41>', 0, 6), bytes(2, [...number(3, 2), ...number(35, 1)])),
      /1 byte pieces with /,
    ],
    ['a byte that is none', 'TOKENIZER_BYTE_TOKEN', file(START, piece('<0x-1>', 0, 6), BPE), /<0x-1>/],
  ])('refuses %s', (_, code, model, message) => {
    expect(() => tokenizerFromSentencePiece(model)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });

  it('names the byte where a cut file ends', () => {
    const whole = fixtureBytes('oracles/sentencepiece/bpe/tokenizer.model');
    expect(() => tokenizerFromSentencePiece(whole.subarray(0, 1000))).toThrow(
      expect.objectContaining({ code: 'TRUNCATED', offset: expect.any(Number) }),
    );
  });
});
