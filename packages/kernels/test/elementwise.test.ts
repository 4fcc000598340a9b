/** The small operations of the table against f64, by any number of threads. */
import { decodeRows } from '@mirust/quant';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { table } from '../src/index.ts';
import { describeBuilds } from './_builds.ts';
import { execute, type RunOptions } from './_program.ts';
import { differences, gaussian, uniform } from './_values.ts';
import { place, ROW_TYPES, randomMatrix } from './_weights.ts';

/** How far a value is from what f64 gives, in units of f32's relative rounding error 2^-24. */
function worst(actual: Float32Array, expected: ArrayLike<number>, magnitude: ArrayLike<number> = expected): number {
  let largest = 0;
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => {
    const error = Math.abs(value - (expected[i] as number));
    if (error === 0) return;
    const unit = Math.max(2 ** -24 * Math.abs(magnitude[i] as number), 2 ** -150);
    largest = Math.max(largest, Number.isNaN(error) ? Number.POSITIVE_INFINITY : error / unit);
  });
  return largest;
}

const runs = fc.record({
  tokens: fc.integer({ min: 1, max: 5 }),
  columns: fc.oneof(fc.integer({ min: 1, max: 140 }), fc.constantFrom(31, 32, 33, 64, 128, 256)),
  threads: fc.integer({ min: 1, max: 4 }),
  seed: fc.nat(),
});

describeBuilds('small operations', (bench) => {
  /** Runs one operation that turns `input` into as many f32 as `output` has room for. */
  function output(
    kind: number,
    fields: readonly number[],
    at: number,
    count: number,
    options: RunOptions,
  ): Float32Array {
    execute(bench, [{ kind, fields }], options);
    expect(bench.isUntouched(at + count * 4, 16)).toBe(true);
    return bench.floats(at, count);
  }

  function room(count: number): number {
    return bench.room(count * 4 + 16, 4);
  }

  describe.each(ROW_TYPES.filter(({ blockElements }) => blockElements <= 32))('RMS_NORM by $name', (type) => {
    it('divides by the root of the mean square, times the decoded weight', () => {
      fc.assert(
        fc.property(runs, ({ tokens, columns: any, threads, seed }) => {
          const columns = Math.ceil(any / type.blockElements) * type.blockElements;
          const tensor = randomMatrix(type, 1, columns, seed, columns);
          const weight = new Float32Array(columns);
          decodeRows(tensor, 0, 1, weight);
          const input = gaussian(tokens * columns, seed ^ 1, 30);
          const epsilon = 1e-5;
          const norm = (threads: number): Float32Array => {
            const { weight, rowBytes, scales, block } = place(bench.clear(), tensor);
            const at = room(input.length);
            const fields = [bench.put(input), type.kind, weight, rowBytes, at, columns, 0, 0, scales, block];
            const options = { tokens, threads, seed, workspaceBytes: Math.ceil(columns / 16) * 64 };
            execute(bench, [{ kind: table.RMS_NORM, fields, epsilon }], options);
            return bench.floats(at, input.length);
          };
          const expected = Array.from(input, (value, i) => {
            const start = i - (i % columns);
            const squares = input.subarray(start, start + columns).reduce((sum, x) => sum + x * x, 0);
            return (value / Math.sqrt(squares / columns + epsilon)) * (weight[i % columns] as number);
          });
          const actual = norm(1);
          // The factor, and two products.
          expect(worst(actual, expected)).toBeLessThan(3.01);
          expect(differences(norm(threads), actual)).toEqual([]);
        }),
        { numRuns: 12 },
      );
    });
  });

  it('RMS_NORM does not overflow where a sum of squares does in f32, and epsilon keeps zeros at zero', () => {
    const input = Float32Array.of(1e30, -1e30, 1e30, 0, 0, 0);
    const at = room(6);
    const weight = bench.put(Float32Array.of(1, 2, 3));
    const fields = [bench.put(input), table.KIND_F32, weight, 12, at, 3];
    execute(bench, [{ kind: table.RMS_NORM, fields, epsilon: 1e-6 }], { tokens: 2 });
    expect([...bench.floats(at, 6)]).toEqual([1, -2, 3, 0, 0, 0]);
  });

  it('ROPE_ANGLES: cosine and sine of position · frequency, far from 0 too', () => {
    fc.assert(
      fc.property(runs, fc.integer({ min: 1, max: 40 }), fc.nat({ max: 131_072 }), (run, pairs, position) => {
        const { tokens, threads, seed } = run;
        const frequencies = Float64Array.from({ length: pairs }, (_, i) => 10_000 ** (-i / pairs));
        const count = tokens * pairs * 2;
        bench.clear();
        const at = room(count);
        const fields = [bench.put(frequencies), pairs, at];
        const actual = output(table.ROPE_ANGLES, fields, at, count, { tokens, position, threads, seed });
        const expected = Array.from({ length: count }, (_, i) => {
          const angle = (position + Math.floor(i / (2 * pairs))) * (frequencies[(i >> 1) % pairs] as number);
          return (i & 1) === 0 ? Math.cos(angle) : Math.sin(angle);
        });
        expect(worst(actual, expected)).toBeLessThan(1.01);
      }),
      { numRuns: 30 },
    );
  });

  it('ROPE turns pairs of neighbours, in place', () => {
    fc.assert(
      fc.property(
        runs,
        fc.constantFrom(2, 4, 6, 8, 16, 64, 80),
        fc.integer({ min: 1, max: 5 }),
        ({ tokens, threads, seed }, headDim, heads) => {
          const columns = heads * headDim;
          const input = gaussian(tokens * columns, seed);
          const next = uniform(seed);
          const turns = Array.from({ length: (tokens * headDim) / 2 }, () => next() * 7);
          const angles = Float32Array.from(turns.flatMap((turn) => [Math.cos(turn), Math.sin(turn)]));
          const turned = (threads: number): Float32Array => {
            const at = bench.clear().put(input);
            bench.room(16, 4);
            const fields = [at, columns, bench.put(angles), headDim];
            return output(table.ROPE, fields, at, input.length, { tokens, threads, seed });
          };
          const expected: number[] = [];
          const magnitude: number[] = [];
          for (let i = 0; i < input.length; i += 2) {
            const angle = Math.floor(i / columns) * headDim + ((i % columns) % headDim);
            const [cos = 0, sin = 0] = angles.subarray(angle, angle + 2);
            const [x = 0, y = 0] = input.subarray(i, i + 2);
            expected.push(x * cos - y * sin, y * cos + x * sin);
            magnitude.push(Math.abs(x * cos) + Math.abs(y * sin), Math.abs(y * cos) + Math.abs(x * sin));
          }
          const actual = turned(1);
          expect(worst(actual, expected, magnitude)).toBeLessThan(2.01);
          expect(differences(turned(threads), actual)).toEqual([]);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('SWIGLU: gate · sigmoid(gate) · up, also where the gate is large', () => {
    fc.assert(
      fc.property(runs, fc.constantFrom(1, 10, 60), ({ tokens, columns, threads, seed }, deviation) => {
        const gate = gaussian(tokens * columns, seed, deviation);
        const up = gaussian(tokens * columns, seed ^ 1);
        const product = (threads: number, inPlace: boolean): Float32Array => {
          const g = bench.clear().put(gate, 4);
          bench.room(16, 4);
          const u = bench.put(up, 4);
          const at = inPlace ? g : room(gate.length);
          return output(table.SWIGLU, [g, u, at, columns], at, gate.length, { tokens, threads, seed });
        };
        const actual = product(1, false);
        // Beyond e^88 a sigmoid is no longer computed, but below 2^-126 · |gate|.
        const expected = Array.from(gate, (g, i) => (g / (1 + Math.exp(-Math.max(g, -88)))) * (up[i] as number));
        // The exponential's 2 units in the last place (4 of these), a sum, a quotient, a product.
        expect(worst(actual, expected)).toBeLessThan(7.01);
        expect(differences(product(threads, true), actual)).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it('SWIGLU gives NaN for NaN', () => {
    const gate = bench.clear().put(Float32Array.of(Number.NaN, 1, 1, 1, Number.NaN));
    const up = bench.put(Float32Array.of(1, Number.NaN, 0, 1, 1));
    const at = room(5);
    execute(bench, [{ kind: table.SWIGLU, fields: [gate, up, at, 5] }], { tokens: 1 });
    expect([...bench.floats(at, 5)].map(Number.isNaN)).toEqual([true, true, false, false, true]);
  });

  it('ADD is exactly the f32 sum', () => {
    fc.assert(
      fc.property(runs, ({ tokens, columns, threads, seed }) => {
        const a = gaussian(tokens * columns, seed);
        const b = gaussian(tokens * columns, seed ^ 1, 1000);
        const at = bench.clear().put(a, 4);
        bench.room(16, 4);
        const fields = [at, bench.put(b, 4), columns];
        const actual = output(table.ADD, fields, at, a.length, { tokens, threads, seed });
        expect(
          differences(
            actual,
            a.map((value, i) => value + (b[i] as number)),
          ),
        ).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  it('SELECT_ROWS takes the last rows, those that ask for logits', () => {
    fc.assert(
      fc.property(runs, fc.nat(), ({ tokens, columns, threads, seed }, any) => {
        const logitsRows = any % (tokens + 1);
        const input = gaussian(tokens * columns, seed);
        const from = bench.clear().put(input, 4);
        const at = room(tokens * columns);
        const operation = { kind: table.SELECT_ROWS, fields: [from, at, columns], flags: table.LOGITS_ROWS };
        execute(bench, [operation], { tokens, logitsRows, threads, seed });
        const count = logitsRows * columns;
        expect(differences(bench.floats(at, count), input.slice(input.length - count))).toEqual([]);
        expect(bench.isUntouched(at + count * 4, 16)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});
