/** Interleaved matrices × quantized activations: exact integer dots, float sums within their rounding. */
import { decodeRows, type StoredTensor } from '@mirust/quant';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOCK, paddedColumns, quantize, quantizeRows } from './_activations.ts';
import { describeBuilds, type Workbench } from './_builds.ts';
import { differences, gaussian } from './_values.ts';
import { constantScales, PANEL_TYPES, randomMatrix, type StorageType } from './_weights.ts';

/** A slice of panels, as a thread has it. */
type Slice = readonly [firstPanel: number, endPanel: number];

/** The product of a matrix and activations f32 [tokens, columns], slice after slice: f32 [tokens, rows]. */
function multiply(
  bench: Workbench,
  { kind }: StorageType,
  { shape, payload }: StoredTensor,
  input: Float32Array,
  slices: readonly Slice[] = [[0, Math.ceil((shape[0] ?? 0) / 8)]],
): Float32Array {
  const [rows = 0, columns = 0] = shape;
  const tokens = input.length / columns;
  const padded = paddedColumns(columns);
  const codes = quantizeRows(bench.clear(), input, columns);
  const weight = bench.put(payload);
  const workspaceBytes = bench.kernels.matmulWorkspaceBytes(padded);
  const workspace = bench.room(workspaceBytes + 16);
  const output = bench.room(tokens * rows * 4 + 16, 4);
  for (const [first, end] of slices) {
    bench.kernels.matmulPanels(kind, weight, rows, padded, codes, tokens, output, first, end, workspace);
  }
  expect(bench.isUntouched(workspace + workspaceBytes, 16)).toBe(true);
  expect(bench.isUntouched(output + tokens * rows * 4, 16)).toBe(true);
  return bench.floats(output, tokens * rows);
}

/**
 * The largest deviation from f64, in units of what the rounding of the sums may cost: every block adds one product and
 * one sum, each wrong by at most 2^-24 of what was summed so far, and so does the scale of a row.
 */
function deviation(actual: Float32Array, tensor: StoredTensor, input: Float32Array): number {
  const [rows = 0, columns = 0] = tensor.shape;
  const weights = new Float32Array(rows * columns);
  decodeRows(tensor, 0, rows, weights);
  let largest = 0;
  for (let t = 0; t * rows < actual.length; t++) {
    const { codes, scales } = quantize(input.subarray(t * columns, (t + 1) * columns));
    for (let row = 0; row < rows; row++) {
      let sum = 0;
      let magnitude = 0;
      for (let block = 0; block < scales.length; block++) {
        let dot = 0;
        for (let c = block * BLOCK; c < Math.min(columns, (block + 1) * BLOCK); c++) {
          dot += (codes[c] as number) * (scales[block] as number) * (weights[row * columns + c] as number);
        }
        sum += dot;
        magnitude += Math.abs(dot);
      }
      const unit = 2 ** -24 * (2 * scales.length + 2) * magnitude;
      const error = Math.abs((actual[t * rows + row] as number) - sum);
      largest = Math.max(largest, error === 0 ? 0 : error / unit);
    }
  }
  return largest;
}

/** Splits [0, end) at the given places. */
function slicesOf(end: number, cuts: readonly number[]): Slice[] {
  const edges = [0, ...cuts.map((cut) => cut % (end + 1)).sort((a, b) => a - b), end];
  return edges.slice(1).map((edge, i) => [edges[i] as number, edge] as const);
}

describeBuilds('matmulPanels', (bench) => {
  describe.each(PANEL_TYPES)('$name', (type) => {
    const matrices = fc
      .record({
        rows: fc.integer({ min: 1, max: 43 }),
        columns: fc.integer({ min: 1, max: 200 }),
        tokens: fc.integer({ min: 1, max: 9 }),
        seed: fc.nat(),
      })
      .map(({ rows, columns, tokens, seed }) => {
        // Only rows of q8 need not be whole blocks.
        const length = type.dtype === 'q8' ? columns : paddedColumns(columns);
        return { tensor: randomMatrix(type, rows, length, seed), input: gaussian(tokens * length, seed ^ 1) };
      });

    it('is the product of codes and scales, to the rounding of its sums', () => {
      fc.assert(
        fc.property(matrices, ({ tensor, input }) => {
          expect(deviation(multiply(bench, type, tensor, input), tensor, input)).toBeLessThanOrEqual(1);
        }),
        { numRuns: 25 },
      );
    });

    it('gives a token in a chunk, and a row in any slice, the bits that it has alone', () => {
      fc.assert(
        fc.property(matrices, fc.array(fc.nat(), { maxLength: 3 }), ({ tensor, input }, cuts) => {
          const [rows = 0, columns = 0] = tensor.shape;
          const chunk = multiply(bench, type, tensor, input, slicesOf(Math.ceil(rows / 8), cuts));
          for (let t = 0; t * columns < input.length; t++) {
            const alone = multiply(bench, type, tensor, input.slice(t * columns, (t + 1) * columns));
            expect(differences(chunk.subarray(t * rows, (t + 1) * rows), alone)).toEqual([]);
          }
        }),
        { numRuns: 25 },
      );
    });

    it('has exact integer dots, whatever the codes: extremes too', () => {
      // With all scales 1 the float sums are integers below 2^24 and exact.
      const columns = 1024;
      const rows = 11;
      const lowest = type.dtype === 'q8' || type.dtype === 'Q8_0' ? -128 : -8;
      const highest = -lowest - 1;
      const patterns: ((row: number, column: number) => number)[] = [
        () => lowest,
        () => highest,
        (_, c) => (c % 2 === 0 ? lowest : highest),
        (r, c) => ((r * 31 + c * 57) % (2 * -lowest)) + lowest,
        (r) => (r % 3) - 1,
      ];
      for (const pattern of patterns) {
        const codes = Int8Array.from({ length: rows * columns }, (_, i) =>
          pattern(Math.floor(i / columns), i % columns),
        );
        const tensor = constantScales(type, rows, columns, codes);
        for (const activation of [() => 127, () => -127, (c: number) => (c % 2 === 0 ? 127 : -127)]) {
          // The largest of every block is 127, so that its scale is 1.
          const input = Float32Array.from({ length: 2 * columns }, (_, i) => {
            return i < columns || i % BLOCK === 0 ? activation(i) : ((i * 37) % 255) - 127;
          });
          const expected = Array.from({ length: 2 * rows }, (_, i) => {
            const at = Math.floor(i / rows) * columns;
            let sum = 0;
            for (let c = 0; c < columns; c++) {
              sum += (input[at + c] as number) * (codes[(i % rows) * columns + c] as number);
            }
            return sum;
          });
          expect(differences(multiply(bench, type, tensor, input), expected)).toEqual([]);
          const alone = multiply(bench, type, tensor, input.slice(columns));
          expect(differences(alone, expected.slice(rows))).toEqual([]);
        }
      }
    });

    it('is NaN for a token with an infinity or a NaN, and for no other', () => {
      const tensor = randomMatrix(type, 13, 96, 3);
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        for (const tokens of [1, 3, 6]) {
          const input = gaussian(tokens * 96, 5);
          const clean = multiply(bench, type, tensor, input);
          for (const t of [0, tokens - 1]) {
            const spoilt = input.slice();
            spoilt[t * 96 + 40] = bad;
            const expected = clean.slice();
            expected.fill(Number.NaN, t * 13, (t + 1) * 13);
            expect(differences(multiply(bench, type, tensor, spoilt), expected)).toEqual([]);
          }
        }
      }
    });

    it('is 0 for activations of 0', () => {
      const tensor = randomMatrix(type, 9, 64, 8);
      for (const tokens of [1, 2]) {
        expect([...multiply(bench, type, tensor, new Float32Array(tokens * 64))]).toEqual(Array(tokens * 9).fill(0));
      }
    });
  });
});
