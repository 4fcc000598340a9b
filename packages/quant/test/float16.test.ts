import { createEncoding } from '@mirust/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bf16ToF32,
  decodeRows,
  f16ToF32,
  f32ToBf16,
  f32ToF16,
  MAX_F16,
  MIN_F16,
  roundHalfEven,
  roundToF16,
} from '../src/index.ts';
import { fromBits } from './_values.ts';

const ALL = Array.from({ length: 65536 }, (_, bits) => bits);

/** A 16-bit format, as the tests see it. */
interface Format {
  readonly name: string;
  readonly decode: (bits: number) => number;
  readonly encode: (value: number) => number;
  readonly infinity: number;
  readonly nan: number;
  /** Value of bits, written down from the definition of the format and not from the code. */
  readonly define: (bits: number) => number;
}

/** IEEE 754: sign, exponent field, fraction. */
function define(bits: number, fractionBits: number, bias: number): number {
  const fraction = bits & (2 ** fractionBits - 1);
  const exponentBits = 15 - fractionBits;
  const field = (bits >> fractionBits) & (2 ** exponentBits - 1);
  const sign = bits & 0x8000 ? -1 : 1;
  if (field === 2 ** exponentBits - 1) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  const significand = fraction / 2 ** fractionBits + (field === 0 ? 0 : 1);
  return sign * significand * 2 ** (Math.max(field, 1) - bias);
}

const FORMATS: readonly Format[] = [
  {
    name: 'f16',
    decode: f16ToF32,
    encode: f32ToF16,
    infinity: 0x7c00,
    nan: 0x7e00,
    define: (bits) => define(bits, 10, 15),
  },
  {
    name: 'bf16',
    decode: bf16ToF32,
    encode: f32ToBf16,
    infinity: 0x7f80,
    nan: 0x7fc0,
    define: (bits) => define(bits, 7, 127),
  },
];

describe.each(FORMATS)('$name', ({ decode, encode, infinity, nan, define: defined }) => {
  it('decodes all 65,536 codes as defined', () => {
    expect(ALL.filter((bits) => !Object.is(decode(bits), defined(bits)))).toEqual([]);
  });

  it('encodes what it decodes to the same code; NaN to one quiet NaN', () => {
    const wrong = ALL.filter((bits) => encode(decode(bits)) !== (Number.isNaN(decode(bits)) ? nan : bits));
    expect(wrong).toEqual([]);
  });

  it('rounds half-way values to the even code, and their neighbours to the nearer one', () => {
    const wrong: number[] = [];
    for (let bits = 0; bits < infinity; bits++) {
      const low = decode(bits);
      // Half-way to the next code; beyond the last one, to where that code would be.
      const step = bits + 1 < infinity ? decode(bits + 1) - low : low - decode(bits - 1);
      const middle = low + step / 2;
      const even = bits % 2 === 0 ? bits : bits + 1;
      if (Math.fround(middle) !== middle) continue;
      const below = Math.fround(middle - step / 1000);
      const above = Math.fround(middle + step / 1000);
      if (encode(middle) !== even || encode(below) !== bits || encode(above) !== bits + 1) wrong.push(bits);
      if (encode(-middle) !== even + 0x8000) wrong.push(-bits);
    }
    expect(wrong).toEqual([]);
  });

  it('keeps signs, and turns what is too large into an infinity', () => {
    expect(encode(0)).toBe(0);
    expect(encode(-0)).toBe(0x8000);
    expect(encode(Number.POSITIVE_INFINITY)).toBe(infinity);
    expect(encode(Number.NEGATIVE_INFINITY)).toBe(infinity + 0x8000);
    expect(encode(3.4028234663852886e38)).toBe(infinity);
    expect(encode(Number.NaN)).toBe(nan);
  });

  it('is monotonic', () => {
    const f32 = fc.nat(0x7f7fffff).map(fromBits);
    fc.assert(
      fc.property(f32, f32, (a, b) => {
        expect(encode(Math.min(a, b))).toBeLessThanOrEqual(encode(Math.max(a, b)));
      }),
    );
  });
});

it('f16 keeps 65,519.996 and loses 65,520', () => {
  expect(f32ToF16(65519.99609375)).toBe(0x7bff);
  expect(f32ToF16(65520)).toBe(0x7c00);
  expect(roundToF16(65504)).toBe(MAX_F16);
  expect(roundToF16(2 ** -25)).toBe(0);
  expect(roundToF16(2 ** -24)).toBe(MIN_F16);
});

it('roundHalfEven rounds to the nearest integer, ties to even', () => {
  const table = [
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [-0.5, 0],
    [-1.5, -2],
    [-2.5, -2],
    [126.49999237060547, 126],
    [0.49999997, 0],
    [-127.5, -128],
  ] as const;
  for (const [value, rounded] of table) expect(roundHalfEven(value) + 0).toBe(rounded);
});

it.each(['f16', 'bf16'] as const)('decodeRows agrees with the conversion on all 65,536 codes of %s', (dtype) => {
  const payload = new Uint8Array(Uint16Array.from(ALL).buffer);
  const decoded = new Float32Array(65536);
  const encoding = createEncoding(dtype, [65536]);
  decodeRows({ name: 'x', encoding, shape: [65536], payload, scales: new Uint8Array(0) }, 0, 1, decoded);
  const convert = dtype === 'f16' ? f16ToF32 : bf16ToF32;
  expect(ALL.filter((bits) => !Object.is(decoded[bits], convert(bits)))).toEqual([]);
});
