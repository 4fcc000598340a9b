import { createEncoding, type TensorEncoding } from '@mirust/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createErrorStatistics,
  decodeRows,
  type ErrorStatistics,
  encodedTile,
  measureTile,
  type TileStatistics,
} from '../src/index.ts';
import { gaussian } from './_values.ts';

/** Converts and measures the rows from `firstRow` to `endRow`. */
function measured(
  encoding: TensorEncoding,
  row: number,
  values: Float32Array,
  firstRow: number,
  endRow: number,
): TileStatistics {
  const original = values.subarray(firstRow * row, endRow * row);
  const place = { tensor: 'w', firstRow };
  const tile = encodedTile(encoding, row, original, place);
  const decoded = new Float32Array(original.length);
  decodeRows({ name: 'w', encoding, shape: [endRow - firstRow, row], ...tile }, 0, endRow - firstRow, decoded);
  return measureTile(encoding, row, { original, decoded, scales: tile.scales }, place);
}

function statisticsOf(encoding: TensorEncoding, row: number, values: Float32Array): ErrorStatistics {
  const rows = values.length / row;
  const collector = createErrorStatistics([rows, row]);
  collector.add(measured(encoding, row, values, 0, rows));
  return collector.finish();
}

/**
 * What each type costs on Gaussian values, rows of 1,024. Windows on both sides: a result that is too good means that
 * something else was measured. q8: a step is amax/127 and its error step/√12; the largest of 1,024 values lies at 3.45
 * deviations (RMS), which gives 0.78 %. q4: 7.56, 8.64 and 9.53 % for blocks of 16, 32 and 64, simulated with numpy.
 */
const WINDOWS = [
  { dtype: 'f32', options: {}, relativeRms: [0, 0], share: [0, 0] },
  { dtype: 'f16', options: {}, relativeRms: [0.00018, 0.00022], share: [0.99, 1] },
  { dtype: 'bf16', options: {}, relativeRms: [0.00145, 0.00175], share: [0.99, 1] },
  { dtype: 'q8', options: {}, relativeRms: [0.0076, 0.0079], share: [0.999, 1] },
  { dtype: 'q8', options: { scaleType: 'f16' }, relativeRms: [0.0076, 0.0079], share: [0.999, 1] },
  { dtype: 'q4', options: {}, relativeRms: [0.0855, 0.0875], share: [0.999, 1] },
  { dtype: 'q4', options: { scaleType: 'f16' }, relativeRms: [0.0855, 0.0875], share: [0.999, 1] },
  { dtype: 'q4', options: { blockSize: 64 }, relativeRms: [0.094, 0.0965], share: [0.999, 1] },
  { dtype: 'q4', options: { blockSize: 16 }, relativeRms: [0.074, 0.077], share: [0.999, 1] },
] as const;

describe('errors on Gaussian values', () => {
  const row = 1024;
  const values = gaussian(200 * row, 7, 0.02);

  it.each(WINDOWS)('$dtype $options', ({ dtype, options, relativeRms, share }) => {
    const encoding = createEncoding(dtype, [200, row], options);
    const statistics = statisticsOf(encoding, row, values);
    expect(statistics.count).toBe(values.length);
    expect(statistics.relativeRmsError).toBeGreaterThanOrEqual(relativeRms[0]);
    expect(statistics.relativeRmsError).toBeLessThanOrEqual(relativeRms[1]);
    expect(statistics.largestBoundShare).toBeGreaterThanOrEqual(share[0]);
    expect(statistics.largestBoundShare).toBeLessThanOrEqual(share[1]);
    expect(statistics.rmsError / statistics.relativeRmsError / 0.02 || 1).toBeCloseTo(1, 1);
    // Small errors without direction: cos ≈ 1 - ε²/2.
    const expectedLoss = statistics.relativeRmsError ** 2 / 2;
    expect(1 - statistics.cosine).toBeGreaterThanOrEqual(expectedLoss * 0.9 - 1e-12);
    expect(1 - statistics.cosine).toBeLessThanOrEqual(expectedLoss * 1.1 + 1e-12);
    if (dtype === 'q4') expect(statistics.clampedCount).toBeGreaterThan(0);
    else expect(statistics.clampedCount).toBe(0);
  });
});

describe('the digits do not depend on the tiles', () => {
  it.each(['f16', 'q8', 'q4'] as const)('%s', (dtype) => {
    const row = 64;
    const rows = 40;
    const values = gaussian(rows * row, 11);
    const encoding = createEncoding(dtype, [rows, row]);
    const whole = statisticsOf(encoding, row, values);
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: rows - 1 }), { maxLength: 12 });
    fc.assert(
      fc.property(cuts, fc.infiniteStream(fc.nat()), (inner, order) => {
        const bounds = [0, ...inner.sort((a, b) => a - b), rows];
        const tiles = bounds
          .slice(1)
          .map((end, index) => measured(encoding, row, values, bounds[index] as number, end));
        const shuffled = tiles.map((tile) => ({ tile, key: order.next().value as number }));
        const collector = createErrorStatistics([rows, row]);
        for (const { tile } of shuffled.sort((a, b) => a.key - b.key)) collector.add(structuredClone(tile));
        expect(collector.finish()).toEqual(whole);
      }),
    );
  });
});

describe('a codec that is wrong is found out', () => {
  const row = 32;
  const values = gaussian(4 * row, 3);

  it.each([
    ['f32', 0],
    ['f16', 2 ** -10],
    ['bf16', 2 ** -7],
    ['q8', 0.6],
    ['q4', 0.6],
  ] as const)('%s: one value a little beyond its bound', (dtype, error) => {
    const encoding = createEncoding(dtype, [4, row]);
    const place = { tensor: 'w', firstRow: 9 };
    const tile = encodedTile(encoding, row, values, place);
    const decoded = new Float32Array(values.length);
    decodeRows({ name: 'w', encoding, shape: [4, row], ...tile }, 0, 4, decoded);
    measureTile(encoding, row, { original: values, decoded, scales: tile.scales }, place);
    const isScaled = dtype === 'q8' || dtype === 'q4';
    const scale = isScaled ? (new Float32Array(tile.scales.buffer)[2] as number) : 1;
    const original = values[2 * row + 5] as number;
    decoded[2 * row + 5] = isScaled ? original + error * scale : original * (1 + error) + (dtype === 'f32' ? 1e-6 : 0);
    const measure = (): unknown =>
      measureTile(encoding, row, { original: values, decoded, scales: tile.scales }, place);
    expect(measure).toThrow(/internal error: element 357 of w/);
    decoded[2 * row + 5] = Number.NaN;
    expect(measure).toThrow(/internal error: element 357/);
  });

  it('q4: a clamped value must decode to the outermost code', () => {
    const encoding = createEncoding('q4', [2], { blockSize: 2 });
    const scales = new Uint8Array(Float32Array.of(1).buffer);
    const measure = (x: number, y: number): TileStatistics =>
      measureTile(
        encoding,
        2,
        { original: Float32Array.of(x, 0), decoded: Float32Array.of(y, 0), scales },
        { tensor: 'w', firstRow: 0 },
      );
    for (const [x, y] of [
      [8, 7],
      [-9, -8],
      [7.4, 7],
    ] as const) {
      measure(x, y);
    }
    for (const [x, y] of [
      [8, 6],
      [-9, -7],
      [7.4, 6],
      [9, -8],
    ] as const) {
      expect(() => measure(x, y)).toThrow('internal error');
    }
  });

  it('a wrong length is an argument error', () => {
    const encoding = createEncoding('f32', [1, 4]);
    const scales = new Uint8Array(0);
    const place = { tensor: 'w', firstRow: 0 };
    const four = new Float32Array(4);
    expect(() => measureTile(encoding, 4, { original: four, decoded: new Float32Array(8), scales }, place)).toThrow(
      RangeError,
    );
    expect(() => measureTile(encoding, 3, { original: four, decoded: four, scales }, place)).toThrow(RangeError);
  });
});

describe('collecting', () => {
  const encoding = createEncoding('q8', [6, 8]);
  const values = gaussian(48, 5);

  it('wants every row once', () => {
    const collector = createErrorStatistics([6, 8]);
    expect(() => collector.finish()).toThrow(/row 0/);
    collector.add(measured(encoding, 8, values, 0, 2));
    expect(() => collector.add(measured(encoding, 8, values, 1, 3))).toThrow(RangeError);
    collector.add(measured(encoding, 8, values, 3, 6));
    expect(() => collector.finish()).toThrow(/row 2/);
    expect(() => collector.add({ ...measured(encoding, 8, values, 0, 2), firstRow: 5 })).toThrow(RangeError);
    collector.add(measured(encoding, 8, values, 2, 3));
    expect(collector.finish().count).toBe(48);
  });

  it('zeros cost nothing', () => {
    const statistics = statisticsOf(encoding, 8, new Float32Array(48));
    expect(statistics).toEqual({
      count: 48,
      maxAbsoluteError: 0,
      rmsError: 0,
      relativeRmsError: 0,
      cosine: 1,
      largestBoundShare: 0,
      clampedCount: 0,
    });
  });

  it('values too small for their type count as lost, not as equal', () => {
    const tiny = createEncoding('f16', [1, 2]);
    const statistics = statisticsOf(tiny, 2, Float32Array.of(1e-9, -1e-9));
    expect(statistics.relativeRmsError).toBe(1);
    expect(statistics.cosine).toBe(0);
  });
});
