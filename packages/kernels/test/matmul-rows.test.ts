/** Row-major matrices of every type × f32 activations. */
import { decodeRows, type StoredTensor } from '@mirust/quant';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeBuilds, type Workbench } from './_builds.ts';
import { differences, gaussian } from './_values.ts';
import { place, ROW_TYPES, randomMatrix, type StorageType } from './_weights.ts';

/** The product of a matrix and activations f32 [tokens, columns], in slices of rows: f32 [tokens, rows]. */
function multiply(
  bench: Workbench,
  { kind }: StorageType,
  tensor: StoredTensor,
  input: Float32Array,
  edges: readonly number[] = [0, tensor.shape[0] ?? 0],
): Float32Array {
  const [rows = 0, columns = 0] = tensor.shape;
  const tokens = input.length / columns;
  const { weight, rowBytes, scales, block } = place(bench.clear(), tensor);
  const x = bench.put(input);
  const workspace = bench.room(columns * 4 + 16);
  const output = bench.room(tokens * rows * 4 + 16, 4);
  edges.slice(1).forEach((end, i) => {
    const first = edges[i] as number;
    const { matmulRows } = bench.kernels;
    matmulRows(kind, weight, rows, columns, rowBytes, scales, block, x, tokens, output, first, end, workspace);
  });
  expect(bench.isUntouched(workspace + columns * 4, 16)).toBe(true);
  expect(bench.isUntouched(output + tokens * rows * 4, 16)).toBe(true);
  return bench.floats(output, tokens * rows);
}

/**
 * The largest deviation from f64, in units of what rounding may cost. A sum runs in 16 lanes, which are then added in 4
 * steps, and up to 15 last values one by one; every step but a fused one rounds a product and a sum.
 */
function deviation(actual: Float32Array, tensor: StoredTensor, input: Float32Array): number {
  const [rows = 0, columns = 0] = tensor.shape;
  const weights = new Float32Array(rows * columns);
  decodeRows(tensor, 0, rows, weights);
  const steps = 2 * Math.floor(columns / 16) + 4 + 2 * (columns % 16);
  let largest = 0;
  actual.forEach((value, index) => {
    const x = Math.floor(index / rows) * columns;
    const w = (index % rows) * columns;
    let sum = 0;
    let magnitude = 0;
    for (let c = 0; c < columns; c++) {
      const term = (weights[w + c] as number) * (input[x + c] as number);
      sum += term;
      magnitude += Math.abs(term);
    }
    const error = Math.abs(value - sum);
    largest = Math.max(largest, error === 0 ? 0 : error / (2 ** -24 * steps * magnitude));
  });
  return largest;
}

/** Row lengths of a type: as given where rows need not be whole blocks. */
function columnsOf({ blockElements, dtype }: StorageType): readonly number[] {
  if (blockElements > 2) return [blockElements, 3 * blockElements];
  return [1, 6, 16, 17, 64, 172].map((columns) => (dtype === 'q4' ? columns + (columns % 2) : columns));
}

describeBuilds('matmulRows', (bench) => {
  describe.each(ROW_TYPES)('$name', (type) => {
    const matrices = fc
      .record({
        rows: fc.integer({ min: 1, max: 12 }),
        columns: fc.constantFrom(...columnsOf(type)),
        tokens: fc.integer({ min: 1, max: 7 }),
        seed: fc.nat(),
      })
      .map(({ rows, columns, tokens, seed }) => {
        // Blocks of q4 of which a row is one or two.
        const blockSize = columns % 4 === 0 ? columns / 2 : columns;
        return {
          tensor: randomMatrix(type, rows, columns, seed, type.dtype === 'q4' ? blockSize : 32),
          input: gaussian(tokens * columns, seed ^ 1),
        };
      });

    it('is the product of decoded rows, to the rounding of its sums', () => {
      fc.assert(
        fc.property(matrices, ({ tensor, input }) => {
          expect(deviation(multiply(bench, type, tensor, input), tensor, input)).toBeLessThanOrEqual(1);
        }),
        { numRuns: 25 },
      );
    });

    it('gives a token in a chunk, and a row in any slice, the bits that it has alone', () => {
      fc.assert(
        fc.property(matrices, fc.nat(), ({ tensor, input }, cut) => {
          const [rows = 0, columns = 0] = tensor.shape;
          const chunk = multiply(bench, type, tensor, input, [0, cut % (rows + 1), rows]);
          for (let t = 0; t * columns < input.length; t++) {
            const alone = multiply(bench, type, tensor, input.slice(t * columns, (t + 1) * columns));
            expect(differences(chunk.subarray(t * rows, (t + 1) * rows), alone)).toEqual([]);
          }
        }),
        { numRuns: 15 },
      );
    });
  });
});
