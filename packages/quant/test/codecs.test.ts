import { createEncoding, type ScaleType, type TensorEncoding } from '@mirust/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkScales,
  decodeRows,
  type EncodedTile,
  encodedTile,
  measureTile,
  type StoredTensor,
} from '../src/index.ts';
import { floatsFromBase64, fromBase64, gaussian, readOracle, toBits } from './_values.ts';

interface Golden {
  readonly dtype: 'q8' | 'q4';
  readonly blockSize: number;
  readonly scaleType: ScaleType;
  readonly rowElements: number;
  readonly input: string;
  readonly payload: string;
  readonly scales: string;
}

const PLACE = { tensor: 'layers.0.wq.weight', firstRow: 0 } as const;

const ENCODINGS: readonly { name: string; encoding: TensorEncoding; row: number }[] = [
  { name: 'f32', encoding: createEncoding('f32', [1, 48]), row: 48 },
  { name: 'f16', encoding: createEncoding('f16', [1, 48]), row: 48 },
  { name: 'bf16', encoding: createEncoding('bf16', [1, 48]), row: 48 },
  { name: 'q8', encoding: createEncoding('q8', [1, 43]), row: 43 },
  { name: 'q8 with f16 scales', encoding: createEncoding('q8', [1, 43], { scaleType: 'f16' }), row: 43 },
  { name: 'q4/32', encoding: createEncoding('q4', [1, 64]), row: 64 },
  { name: 'q4/32 with f16 scales', encoding: createEncoding('q4', [1, 64], { scaleType: 'f16' }), row: 64 },
  { name: 'q4/6', encoding: createEncoding('q4', [1, 36], { blockSize: 6 }), row: 36 },
];

function stored(encoding: TensorEncoding, row: number, tile: EncodedTile, rows: number): StoredTensor {
  return { name: PLACE.tensor, encoding, shape: [rows, row], ...tile };
}

/** Encodes, then decodes. */
function roundTrip(encoding: TensorEncoding, row: number, values: Float32Array): Float32Array {
  const rows = values.length / row;
  const decoded = new Float32Array(values.length);
  decodeRows(stored(encoding, row, encodedTile(encoding, row, values, PLACE), rows), 0, rows, decoded);
  return decoded;
}

describe('golden bytes, computed in float32 by an implementation of its own', () => {
  it.each(readOracle('quant-golden.json') as Golden[])('$dtype/$blockSize, $scaleType scales', (golden) => {
    const { dtype, blockSize, scaleType, rowElements } = golden;
    const encoding = createEncoding(dtype, [1, rowElements], { blockSize, scaleType });
    const input = floatsFromBase64(golden.input);
    const tile = encodedTile(encoding, rowElements, input, PLACE);
    expect(tile.scales).toEqual(fromBase64(golden.scales));
    expect(tile.payload).toEqual(fromBase64(golden.payload));
    const rows = input.length / rowElements;
    const decoded = new Float32Array(input.length);
    const tensor = stored(encoding, rowElements, tile, rows);
    decodeRows(tensor, 0, rows, decoded);
    checkScales(tensor);
    // Throws where a value passes its bound, also at the ends of the range.
    measureTile(encoding, rowElements, { original: input, decoded, scales: tile.scales }, PLACE);
    expect(decoded.every(Number.isFinite)).toBe(true);
  });
});

describe('codes, one by one', () => {
  it('q8: every code decodes to code · scale and encodes back', () => {
    const codes = Int8Array.from({ length: 255 }, (_, index) => index - 127);
    const scales = [1, 0.1, 1 / 3, 3e-5, 1e-36, 2.5e36].map(Math.fround);
    for (const scale of scales) {
      // A scale that a row has: 127 of it is a largest magnitude.
      const amax = Math.fround(127 * scale);
      const actual = Math.fround(amax / 127);
      const values = Float32Array.from(codes, (code) => code * actual);
      const encoding = createEncoding('q8', [255]);
      const tile = encodedTile(encoding, 255, values, PLACE);
      expect(new Int8Array(tile.payload.buffer)).toEqual(codes);
      expect(new Float32Array(tile.scales.buffer)).toEqual(Float32Array.of(actual));
      expect(roundTrip(encoding, 255, values)).toEqual(values);
    }
  });

  it('q8: the unused code -128 still decodes', () => {
    const scales = new Uint8Array(Float32Array.of(0.5).buffer);
    const encoding = createEncoding('q8', [1]);
    const target = new Float32Array(1);
    decodeRows({ name: 'x', encoding, shape: [1], payload: Uint8Array.of(0x80), scales }, 0, 1, target);
    expect(target[0]).toBe(-64);
  });

  it('q4: every byte is two signed nibbles, the low one first', () => {
    const encoding = createEncoding('q4', [512], { blockSize: 512 });
    const payload = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    const scales = new Uint8Array(Float32Array.of(0.25).buffer);
    const decoded = new Float32Array(512);
    decodeRows({ name: 'x', encoding, shape: [512], payload, scales }, 0, 1, decoded);
    const signed = (nibble: number): number => (nibble < 8 ? nibble : nibble - 16) * 0.25;
    payload.forEach((byte) => {
      expect([decoded[byte * 2], decoded[byte * 2 + 1]]).toEqual([signed(byte % 16), signed(Math.floor(byte / 16))]);
    });
    // A block with both extremes has its scale among the candidates: amax / 8.
    const again = encodedTile(encoding, 512, decoded, PLACE);
    expect(again).toEqual({ payload, scales });
  });
});

describe('rules at the edges', () => {
  const encodeRow = (dtype: 'q8' | 'q4', values: number[], scaleType: ScaleType = 'f32'): EncodedTile =>
    encodedTile(
      createEncoding(dtype, [values.length], { blockSize: values.length, scaleType }),
      values.length,
      Float32Array.from(values),
      PLACE,
    );
  const scaleOf = (tile: EncodedTile): number | undefined => new Float32Array(tile.scales.buffer)[0];

  it.each(['q8', 'q4'] as const)('%s: zeros of either sign have scale 1 and codes 0', (dtype) => {
    const tile = encodeRow(dtype, [0, -0, 0, -0]);
    expect(scaleOf(tile)).toBe(1);
    expect(tile.payload.every((byte) => byte === 0)).toBe(true);
  });

  it.each(['q8', 'q4'] as const)('%s: too small to invert the scale counts as zero', (dtype) => {
    const tile = encodeRow(dtype, [2 ** -149, -(2 ** -130), 0, 1e-38]);
    expect(scaleOf(tile)).toBe(1);
    expect(tile.payload.every((byte) => byte === 0)).toBe(true);
  });

  it('q8: rounds half-way values to even and never uses -128', () => {
    const tile = encodeRow('q8', [127, 0.5, 1.5, -0.5, -2.5, -127]);
    expect(scaleOf(tile)).toBe(1);
    expect([...new Int8Array(tile.payload.buffer)]).toEqual([127, 0, 2, 0, -2, -127]);
  });

  it('q8: the largest f32 stays finite', () => {
    const max = (2 - 2 ** -23) * 2 ** 127;
    for (const amax of [max, (2 - 2 ** -22) * 2 ** 127]) {
      const scale = scaleOf(encodeRow('q8', [amax, -amax, 0])) ?? 0;
      expect(Number.isFinite(Math.fround(127 * scale))).toBe(true);
      expect(toBits(Math.fround(amax / 127)) - toBits(scale)).toBe(amax === max ? 1 : 0);
    }
  });

  it('q4: an extreme below zero takes code -8', () => {
    const tile = encodeRow('q4', [-8, 1, 2, 3, -4, -5, 6, 7]);
    expect(scaleOf(tile)).toBe(1);
    expect([...tile.payload]).toEqual([0x18, 0x32, 0xbc, 0x76]);
  });

  it('q4: the earlier of equal candidates wins', () => {
    // Alone in its block, -56 is exact as -7 · 8 and as -8 · 7. The divisor 7 comes before 8.
    for (const value of [56, -56]) expect(scaleOf(encodeRow('q4', [value, 0, 0, 0]))).toBe(8);
  });

  it('f16 scales: never zero, and never so small that the largest value is lost', () => {
    for (const amax of [1e-8, 1e-7, 1e-6, 5e-6, 1e-5, 1e-4]) {
      const values = Float32Array.from([amax, -amax / 3, amax / 9, 0]);
      for (const encoding of [
        createEncoding('q8', [4], { scaleType: 'f16' }),
        createEncoding('q4', [4], { scaleType: 'f16', blockSize: 4 }),
      ]) {
        const tile = encodedTile(encoding, 4, values, PLACE);
        const tensor = stored(encoding, 4, tile, 1);
        checkScales(tensor);
        const decoded = new Float32Array(4);
        decodeRows(tensor, 0, 1, decoded);
        measureTile(encoding, 4, { original: values, decoded, scales: tile.scales }, PLACE);
        if (amax > 1e-7) expect(Math.abs((decoded[0] as number) - amax)).toBeLessThan(amax / 4);
      }
    }
  });

  it.each([
    ['q8', 127 * 65520],
    ['q4', 8.5 * 65520],
  ] as const)('f16 scales: %s refuses what they cannot hold', (dtype, amax) => {
    const fits = encodeRow(dtype, [amax * 0.99, 0], 'f16');
    expect(fits.scales.byteLength).toBe(2);
    expect(() =>
      encodedTile(
        createEncoding(dtype, [2], { blockSize: 2, scaleType: 'f16' }),
        2,
        Float32Array.from([1, 1, 0, -amax]),
        { tensor: 'w\u001b', firstRow: 5 },
      ),
    ).toThrow(
      expect.objectContaining({
        code: 'QUANT_RANGE',
        context: expect.objectContaining({ tensor: 'w\\u{1b}', element: 12 }),
      }),
    );
  });
});

describe('values that cannot be stored', () => {
  it.each(ENCODINGS)('$name: NaN and infinities are named by tensor and element', ({ encoding, row }) => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (const index of [0, row - 1, 2 * row - 3]) {
        const rows = gaussian(2 * row, 1);
        rows[index] = value;
        expect(() => encodedTile(encoding, row, rows, { tensor: 'output.weight', firstRow: 7 })).toThrow(
          expect.objectContaining({
            code: 'QUANT_NOT_FINITE',
            class: 'contract',
            context: expect.objectContaining({
              tensor: 'output.weight',
              element: 7 * row + index,
              actual: String(value),
            }),
          }),
        );
      }
    }
  });

  it.each([
    ['f16', 65520],
    ['f16', -1e30],
    ['bf16', 3.4e38],
  ] as const)('%s: %d is beyond its range, never a silent infinity', (dtype, value) => {
    const rows = Float32Array.of(1, 2, 3, value);
    expect(() => encodedTile(createEncoding(dtype, [4]), 4, rows, PLACE)).toThrow(
      expect.objectContaining({ code: 'QUANT_RANGE', context: expect.objectContaining({ element: 3 }) }),
    );
  });

  it('types without an encoder are refused by name', () => {
    expect(() => encodedTile(createEncoding('Q4_0', [32]), 32, new Float32Array(32), PLACE)).toThrow(
      expect.objectContaining({ code: 'QUANT_DTYPE', context: expect.objectContaining({ actual: 'Q4_0' }) }),
    );
  });

  it('a row that does not divide into blocks is refused', () => {
    expect(() => encodedTile(createEncoding('q4', [172]), 172, new Float32Array(172), PLACE)).toThrow(
      expect.objectContaining({ code: 'BLOCK_MISMATCH' }),
    );
  });
});

describe.each(ENCODINGS)('$name', ({ encoding, row }) => {
  const rows = 23;
  const values = gaussian(rows * row, 42, 0.05);
  const whole = encodedTile(encoding, row, values, PLACE);

  it('gives the same bytes for tiles of any size', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: rows - 1 }), { maxLength: 6 }), (cuts) => {
        const bounds = [0, ...cuts.sort((a, b) => a - b), rows];
        const tiles = bounds.slice(1).map((end, index) => {
          const firstRow = bounds[index] as number;
          return encodedTile(encoding, row, values.slice(firstRow * row, end * row), { tensor: 'w', firstRow });
        });
        const joined = (part: 'payload' | 'scales'): Uint8Array =>
          Uint8Array.from(Buffer.concat(tiles.map((tile) => tile[part])));
        expect(joined('payload')).toEqual(whole.payload);
        expect(joined('scales')).toEqual(whole.scales);
      }),
    );
  });

  it('decodes any run of rows like the whole', () => {
    const tensor = stored(encoding, row, whole, rows);
    const all = new Float32Array(rows * row);
    decodeRows(tensor, 0, rows, all);
    fc.assert(
      fc.property(fc.nat(rows), fc.nat(rows), (a, b) => {
        const [first, end] = [Math.min(a, b), Math.max(a, b)];
        const tile = new Float32Array((end - first) * row);
        decodeRows(tensor, first, end - first, tile);
        expect(tile).toEqual(all.slice(first * row, end * row));
      }),
    );
  });

  it('reads bytes at any alignment', () => {
    const shifted = (bytes: Uint8Array): Uint8Array => {
      const view = new Uint8Array(bytes.byteLength + 1).subarray(1);
      view.set(bytes);
      return view;
    };
    const tensor = stored(encoding, row, whole, rows);
    const [plain, moved] = [new Float32Array(row), new Float32Array(row)];
    decodeRows(tensor, 5, 1, plain);
    decodeRows({ ...tensor, payload: shifted(whole.payload), scales: shifted(whole.scales) }, 5, 1, moved);
    expect(moved).toEqual(plain);
  });

  it('refuses rows and targets that do not fit', () => {
    const tensor = stored(encoding, row, whole, rows);
    expect(() => decodeRows(tensor, 0, 2, new Float32Array(row))).toThrow(RangeError);
    expect(() => decodeRows(tensor, rows, 1, new Float32Array(row))).toThrow(RangeError);
    expect(() => decodeRows(tensor, -1, 1, new Float32Array(row))).toThrow(RangeError);
    expect(() => decodeRows(tensor, 0.5, 1, new Float32Array(row))).toThrow(RangeError);
    expect(() => encodedTile(encoding, row, new Float32Array(row + 1), PLACE)).toThrow(RangeError);
  });
});

/**
 * Two blocks of eight values over a wide range of magnitudes. The first value of each is near 2^exponent, so that no
 * scale falls below the normal range.
 */
const anyRow = (least: number, most: number): fc.Arbitrary<Float32Array> =>
  fc
    .tuple(
      fc.integer({ min: least, max: most }),
      fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 16, maxLength: 16 }),
    )
    .map(([exponent, values]) =>
      Float32Array.from(values, (value, index) => (value + (index % 8 === 0 ? Math.sign(value) : 0)) * 2 ** exponent),
    )
    .filter((values) => values[0] !== 0 && values[8] !== 0);

describe('what was decoded encodes to the same again', () => {
  it.each(['f32', 'f16', 'bf16'] as const)('%s: the same bytes', (dtype) => {
    const encoding = createEncoding(dtype, [16]);
    fc.assert(
      fc.property(anyRow(dtype === 'f16' ? -30 : -140, dtype === 'f16' ? 14 : 126), (values) => {
        const first = encodedTile(encoding, 16, values, PLACE);
        expect(encodedTile(encoding, 16, roundTrip(encoding, 16, values), PLACE)).toEqual(first);
      }),
    );
  });

  it.each([
    ['f32', -110, 126],
    ['f16', -6, 20],
  ] as const)('q8 with %s scales: the same bytes', (scaleType, least, most) => {
    const encoding = createEncoding('q8', [16], { scaleType });
    fc.assert(
      fc.property(anyRow(least, most), (values) => {
        const first = encodedTile(encoding, 16, values, PLACE);
        expect(encodedTile(encoding, 16, roundTrip(encoding, 16, values), PLACE)).toEqual(first);
      }),
      { numRuns: 1000 },
    );
  });

  it('q4 with f16 scales: the same values', () => {
    const encoding = createEncoding('q4', [16], { blockSize: 8, scaleType: 'f16' });
    fc.assert(
      fc.property(anyRow(-9, 15), (values) => {
        const once = roundTrip(encoding, 16, values);
        expect(roundTrip(encoding, 16, once)).toEqual(once);
      }),
      { numRuns: 1000 },
    );
  });

  it('q4 with f32 scales: the same values but for the last two bits, which 7 · (amax / 7) may lose', () => {
    const encoding = createEncoding('q4', [16], { blockSize: 8 });
    fc.assert(
      fc.property(anyRow(-100, 120), (values) => {
        const once = roundTrip(encoding, 16, values);
        const twice = roundTrip(encoding, 16, once);
        const moved = once.filter(
          (value, index) => Math.abs((twice[index] as number) - value) > Math.abs(value) * 2 ** -22,
        );
        expect(moved).toEqual(new Float32Array(0));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('scales of a file', () => {
  it.each([0, -1, -0, Number.NaN, Number.POSITIVE_INFINITY])('%d is refused', (bad) => {
    const scales = new Uint8Array(Float32Array.of(1, 2 ** -149, bad, 1).buffer);
    const encoding = createEncoding('q8', [4, 8]);
    const tensor = { name: 'w', encoding, shape: [4, 8], payload: new Uint8Array(32), scales };
    expect(() => checkScales(tensor)).toThrow(
      expect.objectContaining({
        code: 'QUANT_SCALE',
        class: 'structure',
        context: expect.objectContaining({ tensor: 'w', element: 16 }),
      }),
    );
    checkScales({ ...tensor, scales: scales.subarray(0, 8) });
  });

  it.each([0x0000, 0x8001, 0x7c00, 0x7e00])('f16 %d is refused', (bits) => {
    const encoding = createEncoding('q4', [1, 4], { blockSize: 2, scaleType: 'f16' });
    const scales = new Uint8Array(Uint16Array.of(0x3c00, bits).buffer);
    expect(() => checkScales({ name: 'w', encoding, shape: [1, 4], payload: new Uint8Array(2), scales })).toThrow(
      expect.objectContaining({ code: 'QUANT_SCALE', context: expect.objectContaining({ element: 2 }) }),
    );
  });
});
