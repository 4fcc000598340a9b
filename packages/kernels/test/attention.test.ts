/** Attention over every type of cache against f64: decode in segments, prefill in blocks of rows, windows in a ring. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { table } from '../src/index.ts';
import { describeBuilds, type Workbench } from './_builds.ts';
import { appendOperation, CACHE_KINDS, type CacheShape, createCache, throughCache } from './_cache.ts';
import { execute, type Operation, type RunOptions } from './_program.ts';
import { differences, gaussian, uniform } from './_values.ts';

/** Positions that one segment covers: see `assembly/attention.ts`. */
const SEGMENT = 256;

/** One layer's attention over a history. */
interface Case extends CacheShape {
  /** Query heads per key/value head. */
  readonly group: number;
  /** Positions a token may look back, itself included; 0: all. */
  readonly window: number;
  /** Positions in the cache before the chunk begins. */
  readonly start: number;
  /** Tokens of the chunk. */
  readonly tokens: number;
  readonly seed: number;
}

/** f32 [positions, heads · headDim] each; queries of the chunk alone. */
interface Inputs {
  readonly keys: Float32Array;
  readonly values: Float32Array;
  readonly queries: Float32Array;
}

/** Drawing the values anew for every case would take longer than attention and its oracle. A prime number of them. */
const POOL = gaussian(65_521, 1);

function some(count: number, seed: number): Float32Array {
  const values = new Float32Array(count);
  let from = (seed * 9973) % POOL.length;
  for (let at = 0; at < count; from = 0) {
    const part = POOL.subarray(from, from + count - at);
    values.set(part, at);
    at += part.length;
  }
  return values;
}

function inputsOf({ headDim, kvHeads, group, start, tokens, seed }: Case): Inputs {
  const count = (start + tokens) * kvHeads * headDim;
  return {
    keys: some(count, seed),
    values: some(count, seed + 1),
    queries: some(tokens * kvHeads * group * headDim, seed + 2).map((q) => 2 * q),
  };
}

/** Runs a chunk, cut into runs of the given lengths: f32 [tokens, heads · headDim]. */
function attend(
  bench: Workbench,
  item: Case,
  { keys, values, queries }: Inputs,
  lengths: readonly number[],
  options: Omit<RunOptions, 'tokens'> = {},
): Float32Array {
  const { kind, headDim, kvHeads, capacity, group, window, start, tokens } = item;
  const cache = createCache(bench.clear(), item);
  const key = bench.put(keys);
  const value = bench.put(values);
  const query = bench.put(queries);
  const output = bench.room(queries.byteLength + 16, 4);
  const segments = window === 0 ? Math.ceil((start + tokens) / SEGMENT) : Math.ceil(window / SEGMENT) + 1;
  const padded = Math.ceil(headDim / 4) * 4;
  const partialBytes = kvHeads * segments * group * (padded + 4) * 4;
  const partials = bench.room(partialBytes + 16);
  const workspaceBytes = Math.ceil(bench.kernels.attentionWorkspaceBytes(padded) / 64) * 64;
  const rowBytes = kvHeads * headDim * 4;
  if (start > 0) execute(bench, [appendOperation(cache, key, value)], { tokens: start, workspaceBytes });
  let t = 0;
  for (const length of lengths) {
    const at = (start + t) * rowBytes;
    const q = t * group * rowBytes;
    const shape = [kind, headDim, kvHeads, group, capacity, window];
    const places = [cache.keys, cache.keyScales, cache.values, cache.valueScales];
    const fields = [query + q, output + q, partials, segments, ...shape, ...places];
    const scale = 1 / Math.sqrt(headDim);
    const operations: Operation[] = [
      appendOperation(cache, key + at, value + at),
      { kind: table.ATTENTION, fields, scale },
      { kind: table.ATTENTION_MERGE, fields, scale },
    ];
    execute(bench, operations, { ...options, tokens: length, position: start + t, workspaceBytes });
    t += length;
  }
  expect(t).toBe(tokens);
  expect(bench.isUntouched(output + queries.byteLength, 16)).toBe(true);
  expect(bench.isUntouched(partials + partialBytes, 16)).toBe(true);
  return bench.floats(output, queries.length);
}

/** Every vector as it comes back from the cache. */
function cached({ kind, headDim }: Case, source: Float32Array): Float32Array {
  const vectors = new Float32Array(source.length);
  for (let at = 0; at < source.length; at += headDim) {
    vectors.set(throughCache(kind, source.slice(at, at + headDim)), at);
  }
  return vectors;
}

/** The largest deviation from f64, in units of what rounding to f32 may cost. */
function deviation(actual: Float32Array, item: Case, inputs: Inputs): number {
  const { headDim, kvHeads, group, window, start } = item;
  const keys = cached(item, inputs.keys);
  const values = cached(item, inputs.values);
  const scale = Math.fround(1 / Math.sqrt(headDim));
  const heads = kvHeads * group;
  let largest = 0;
  for (let row = 0; row * headDim < actual.length; row++) {
    const position = start + Math.floor(row / heads);
    const kvHead = Math.floor((row % heads) / group);
    const query = inputs.queries.subarray(row * headDim, (row + 1) * headDim);
    const first = window === 0 ? 0 : Math.max(0, position - window + 1);
    const weights = new Float64Array(position - first + 1);
    /** What the scores' terms amount to: their rounding moves a weight by as much. */
    let terms = 0;
    for (let i = 0; i < weights.length; i++) {
      const at = ((first + i) * kvHeads + kvHead) * headDim;
      let score = 0;
      let magnitude = 0;
      for (let d = 0; d < headDim; d++) {
        const term = (query[d] as number) * (keys[at + d] as number) * scale;
        score += term;
        magnitude += Math.abs(term);
      }
      weights[i] = score;
      terms = Math.max(terms, magnitude);
    }
    const maximum = weights.reduce((a, b) => Math.max(a, b));
    const total = weights.reduce((sum, score, i) => {
      weights[i] = Math.exp(score - maximum);
      return sum + (weights[i] as number);
    }, 0);
    // Of a score: a lane has headDim / 4 products and sums, then come two sums and the scale. Both sums over positions
    // run in order, a segment after the other. The rest: exponentials, the shrinking of sums, the merge, the quotient.
    const steps = 2 * terms * (headDim / 2 + 4) + 2 * Math.min(SEGMENT, weights.length) + 32;
    for (let d = 0; d < headDim; d++) {
      let sum = 0;
      let magnitude = 0;
      for (let i = 0; i < weights.length; i++) {
        const term =
          ((weights[i] as number) / total) * (values[((first + i) * kvHeads + kvHead) * headDim + d] as number);
        sum += term;
        magnitude += Math.abs(term);
      }
      const error = Math.abs((actual[row * headDim + d] as number) - sum);
      if (error !== 0) largest = Math.max(largest, error / (2 ** -24 * steps * magnitude));
      if (Number.isNaN(error)) return Number.POSITIVE_INFINITY;
    }
  }
  return largest;
}

const HEAD_DIMS = [2, 6, 8, 16, 64, 80, 128, 256] as const;

/** Positions of a token around the edges of tiles and segments. */
const positions = fc.oneof(
  fc.constantFrom(0, 1, 30, 31, 32, 33, 63, 64, 254, 255, 256, 257, 511, 512, 513),
  fc.nat(300),
);

/** A cut of `tokens` into runs. */
function lengthsOf(tokens: number, seed: number): number[] {
  const next = uniform(seed);
  const lengths: number[] = [];
  for (let left = tokens; left > 0; left -= lengths.at(-1) as number) lengths.push(1 + Math.floor(next() * left));
  return lengths;
}

/** Cases with little to compute and all that can go wrong. */
function cases(headDim: number, tokens: fc.Arbitrary<number>): fc.Arbitrary<Case> {
  return fc
    .record({
      kind: fc.constantFrom(...CACHE_KINDS.map(([, kind]) => kind)),
      kvHeads: fc.integer({ min: 1, max: 3 }),
      group: fc.constantFrom(1, 2, 3, 4, 5, 6, 7, 8, 20),
      start: positions,
      window: fc.oneof(fc.constant(0), fc.constantFrom(1, 31, 32, 33, 255, 256, 257), fc.integer({ min: 1, max: 300 })),
      spare: fc.nat(20),
      tokens,
      seed: fc.nat(),
    })
    .map(({ spare, ...item }) => {
      // A ring holds what the first token of a chunk sees when all tokens of the chunk have been appended.
      const capacity = item.window === 0 ? item.start + item.tokens + spare : item.window + item.tokens - 1 + spare;
      return { ...item, headDim, capacity };
    });
}

describeBuilds('attention', (bench) => {
  describe.each(HEAD_DIMS)('head_dim %i', (headDim) => {
    const numRuns = headDim > 64 ? 8 : 20;

    it('decode is softmax(q · k / √d) · v', () => {
      fc.assert(
        fc.property(cases(headDim, fc.constant(1)), fc.integer({ min: 1, max: 4 }), (item, threads) => {
          const inputs = inputsOf(item);
          const alone = attend(bench, item, inputs, [1]);
          expect(deviation(alone, item, inputs)).toBeLessThanOrEqual(1);
          expect(differences(attend(bench, item, inputs, [1], { threads, seed: item.seed }), alone)).toEqual([]);
        }),
        { numRuns },
      );
    });

    it('prefill gives a token the bits that it has alone, whatever the chunks and threads', () => {
      fc.assert(
        fc.property(cases(headDim, fc.integer({ min: 2, max: 9 })), fc.integer({ min: 1, max: 4 }), (item, threads) => {
          const inputs = inputsOf(item);
          const alone = attend(bench, item, inputs, Array(item.tokens).fill(1));
          expect(differences(attend(bench, item, inputs, [item.tokens], { threads }), alone)).toEqual([]);
          const cut = attend(bench, item, inputs, lengthsOf(item.tokens, item.seed), { threads, seed: item.seed });
          expect(differences(cut, alone)).toEqual([]);
        }),
        { numRuns },
      );
    });
  });

  it.each(CACHE_KINDS)('a prompt longer than a segment in one chunk, over %s', (_, kind) => {
    const shape = { kind, headDim: 16, kvHeads: 2, group: 3 };
    for (const [window, capacity] of [
      [0, 300],
      [40, 339],
    ] as const) {
      const item = { ...shape, window, capacity, start: 0, tokens: 300, seed: 11 };
      const inputs = inputsOf(item);
      const whole = attend(bench, item, inputs, [300], { threads: 3 });
      expect(deviation(whole, item, inputs)).toBeLessThanOrEqual(1);
      expect(differences(attend(bench, item, inputs, Array(300).fill(1)), whole)).toEqual([]);
    }
  });

  it('scores that differ by hundreds do not overflow', () => {
    const item = {
      kind: table.KV_F32,
      headDim: 8,
      kvHeads: 1,
      group: 2,
      window: 0,
      capacity: 70,
      start: 66,
      tokens: 2,
      seed: 5,
    };
    const { keys, values, queries } = inputsOf(item);
    const inputs = { keys: keys.map((k) => k * 40), values, queries: queries.map((q) => q * 40) };
    const actual = attend(bench, item, inputs, [2]);
    expect(deviation(actual, item, inputs)).toBeLessThanOrEqual(1);
    expect(differences(attend(bench, item, inputs, [1, 1]), actual)).toEqual([]);
  });

  it.each([8, 6])('a NaN in a query or a key is NaN in the rows that see it alone: head_dim %i', (headDim) => {
    const shape = { kind: table.KV_F32, headDim, kvHeads: 2, group: 2 };
    const item = { ...shape, window: 0, capacity: 40, start: 33, tokens: 1, seed: 6 };
    const inputs = inputsOf(item);
    const clean = attend(bench, item, inputs, [1]);
    // The first value of the second query head: behind the last one of the first head.
    const queries = inputs.queries.slice().fill(Number.NaN, headDim, headDim + 1);
    let expected = clean.slice().fill(Number.NaN, headDim, 2 * headDim);
    expect(differences(attend(bench, item, { ...inputs, queries }, [1]), expected)).toEqual([]);
    // The same of position 32 and the second key/value head, which query heads 2 and 3 share.
    const at = (32 * 2 + 1) * headDim;
    const keys = inputs.keys.slice().fill(Number.NaN, at, at + 1);
    expected = clean.slice().fill(Number.NaN, 2 * headDim, 4 * headDim);
    expect(differences(attend(bench, item, { ...inputs, keys }, [1]), expected)).toEqual([]);
  });
});
