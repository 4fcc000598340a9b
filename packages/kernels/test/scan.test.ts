/** Scans by the kernels: what the definition finds in the decoded values, for every type and whatever bytes. */
import { createEncoding, encodedSize, type TensorEncoding } from '@mirust/core';
import {
  decodeRows,
  describeScan,
  type EncodedTile,
  type MatrixShape,
  SCAN_NUMBERS,
  scanValues,
  startScan,
} from '@mirust/quant';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EncodeBench, type Scanned } from './_encode.ts';
import { randomBytes } from './_values.ts';
import { PANEL_TYPES, ROW_TYPES, randomMatrix } from './_weights.ts';

const bench = await EncodeBench.create();

/** Adds 0, which makes 0 of -0: which of the two is the least of both is nobody's business. */
function plain(found: Float64Array): number[] {
  return [...found].map((value) => value + 0);
}

/** Bounds of all values and magnitudes of the rows, by the codecs. */
function expected(
  rows: EncodedTile & { readonly encoding: TensorEncoding },
  shape: MatrixShape,
  first: number,
): readonly [number[], number[]] {
  const values = new Float32Array(shape[0] * shape[1]);
  decodeRows({ name: 'w', shape, ...rows }, 0, shape[0], values);
  const found = new Float64Array(SCAN_NUMBERS);
  startScan(found);
  scanValues(values, first, found);
  const magnitudes = Array.from({ length: shape[0] }, (_, row) => {
    const own = values.subarray(row * shape[1], (row + 1) * shape[1]).filter((value) => Number.isFinite(value));
    return own.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  });
  return [plain(found), magnitudes];
}

function actual({ found, magnitudes }: Scanned): readonly [number[], number[]] {
  return [plain(found), [...magnitudes]];
}

describe('scanRows', () => {
  it.each([...PANEL_TYPES, ...ROW_TYPES])('$name (kind $kind): any matrix', (type) => {
    fc.assert(
      fc.property(
        fc.record({
          rows: fc.integer({ min: 1, max: 19 }),
          blocks: fc.integer({ min: 1, max: type.blockElements > 32 ? 3 : type.blockElements > 1 ? 9 : 200 }),
          seed: fc.nat(),
        }),
        ({ rows, blocks, seed }) => {
          const tensor = randomMatrix(type, rows, blocks * type.blockElements, seed, type.blockElements);
          const shape: MatrixShape = [rows, blocks * type.blockElements];
          expect(actual(bench.scan(tensor, shape, 8, 1000))).toEqual(expected(tensor, shape, 1000));
        },
      ),
      { numRuns: 20 },
    );
  });

  it.each(ROW_TYPES.filter(({ dtype }) => dtype !== 'q8' && dtype !== 'q4'))(
    '$name: any bytes, so NaN and infinities too',
    ({ dtype, blockElements }) => {
      let bad = 0;
      for (let seed = 1; seed <= 20; seed++) {
        const shape: MatrixShape = [16, blockElements * (blockElements > 1 ? 2 : 37)];
        const encoding = createEncoding(dtype, shape);
        const payload = randomBytes(encodedSize(encoding, shape).payloadBytes, seed);
        const rows = { payload, scales: new Uint8Array(0), encoding };
        const scanned = bench.scan(rows, shape, 1 + (seed % 5), 2 ** 40);
        expect(actual(scanned)).toEqual(expected(rows, shape, 2 ** 40));
        bad += describeScan(scanned.found).nonFiniteCount;
      }
      expect(bad).toBeGreaterThan(0);
    },
  );

  it('knows the place of the only bad value, wherever it is', () => {
    const shape: MatrixShape = [3, 21];
    for (let index = 0; index < 63; index++) {
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        const values = new Float32Array(63).fill(0.5);
        values[index] = value;
        const rows = { payload: new Uint8Array(values.buffer), scales: new Uint8Array(0) };
        const { found, magnitudes } = bench.scan({ ...rows, encoding: createEncoding('f32', shape) }, shape, 2, 0);
        expect(describeScan(found)).toEqual({ nonFiniteCount: 1, firstNonFinite: index, least: 0.5, greatest: 0.5 });
        expect([...magnitudes]).toEqual([0.5, 0.5, 0.5]);
      }
    }
  });

  it('finds no bounds where nothing is finite', () => {
    const { found, magnitudes } = bench.scan(
      {
        payload: new Uint8Array(Float32Array.of(Number.NaN).buffer),
        scales: new Uint8Array(0),
        encoding: createEncoding('f32', [1, 1]),
      },
      [1, 1],
      1,
      7,
    );
    const bounds = { least: Number.POSITIVE_INFINITY, greatest: Number.NEGATIVE_INFINITY };
    expect(describeScan(found)).toEqual({ nonFiniteCount: 1, firstNonFinite: 7, ...bounds });
    expect([...magnitudes]).toEqual([0]);
  });
});
