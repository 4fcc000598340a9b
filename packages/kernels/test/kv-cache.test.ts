/** What a cache holds after appending, byte for byte, and what it leaves alone. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { table } from '../src/index.ts';
import { describeBuilds, type Workbench } from './_builds.ts';
import {
  appendOperation,
  CACHE_KINDS,
  type CacheShape,
  cachedHalf,
  createCache,
  quantizeVector,
  valueBytes,
} from './_cache.ts';
import { execute } from './_program.ts';
import { gaussian, uniform } from './_values.ts';

/** The bytes of a cache, and of its scales, after `source` f32 [tokens, kvHeads · headDim] went in. */
function expected(
  shape: CacheShape,
  source: Float32Array,
  position: number,
): { payload: Uint8Array; scales: Uint8Array } {
  const { kind, headDim, kvHeads, capacity } = shape;
  const payload = new Uint8Array(kvHeads * capacity * headDim * valueBytes(kind)).fill(0xff);
  const scales = new Uint8Array(kvHeads * capacity * 4).fill(0xff);
  for (let i = 0; i * headDim < source.length; i++) {
    const vector = source.slice(i * headDim, (i + 1) * headDim);
    const slot = (i % kvHeads) * capacity + ((position + Math.floor(i / kvHeads)) % capacity);
    const at = slot * headDim * valueBytes(kind);
    if (kind === table.KV_F32) payload.set(new Uint8Array(vector.buffer), at);
    else if (kind === table.KV_F16) payload.set(new Uint8Array(Uint16Array.from(vector, cachedHalf).buffer), at);
    else {
      const { codes, scale } = quantizeVector(vector);
      payload.set(new Uint8Array(codes.buffer), at);
      scales.set(new Uint8Array(Float32Array.of(scale).buffer), slot * 4);
    }
  }
  return { payload, scales };
}

/** Appends keys and values and compares all four regions. */
function check(
  bench: Workbench,
  shape: CacheShape,
  keys: Float32Array,
  values: Float32Array,
  run: { readonly position: number; readonly threads: number; readonly seed: number },
): void {
  const tokens = keys.length / (shape.kvHeads * shape.headDim);
  const cache = createCache(bench.clear(), shape);
  execute(bench, [appendOperation(cache, bench.put(keys, 4), bench.put(values, 4))], { ...run, tokens });
  for (const [source, payload, scales] of [
    [keys, cache.keys, cache.keyScales],
    [values, cache.values, cache.valueScales],
  ] as const) {
    const wanted = expected(shape, source, run.position);
    expect(Buffer.compare(bench.bytes(payload, wanted.payload.length), wanted.payload)).toBe(0);
    expect(Buffer.compare(bench.bytes(scales, wanted.scales.length), wanted.scales)).toBe(0);
  }
}

describeBuilds('KV_APPEND', (bench) => {
  describe.each(CACHE_KINDS)('%s', (_, kind) => {
    it('puts every vector into the slot of its position, whichever threads do it', () => {
      fc.assert(
        fc.property(
          fc.record({
            headDim: fc.constantFrom(2, 6, 8, 16, 64, 80),
            kvHeads: fc.integer({ min: 1, max: 5 }),
            capacity: fc.integer({ min: 1, max: 9 }),
          }),
          fc.integer({ min: 1, max: 9 }),
          fc.record({ position: fc.nat(40), threads: fc.integer({ min: 1, max: 4 }), seed: fc.nat() }),
          ({ headDim, kvHeads, capacity }, tokens, run) => {
            // The last tokens of a chunk that is longer than the ring stay.
            const count = tokens * kvHeads * headDim;
            check(
              bench,
              { kind, headDim, kvHeads, capacity },
              gaussian(count, run.seed),
              gaussian(count, run.seed ^ 1),
              run,
            );
          },
        ),
        { numRuns: 60 },
      );
    });

    it('takes vectors of zeros, of extremes, and of what is no number', () => {
      const shape = { kind, headDim: 6, kvHeads: 1, capacity: 16 };
      const next = uniform(7);
      const rows = [
        [0, -0, 0, 0, 0, 0],
        [1e-45, 0, -1e-45, 0, 0, 0],
        [3e-39, -2e-39, 1e-39, 0, 0, 0],
        [1e-36, -2e-37, 0, 0, 0, 3e-37],
        [65504, 65520, -1e6, 3.4e38, -3.4e38, 1],
        [127, 63.5, 0.5, 1.5, -0.5, -127],
        Array.from({ length: 6 }, () => 6e-8 * (next() - 0.5)),
      ];
      const keys = Float32Array.from(rows.flat());
      check(bench, shape, keys, keys.toReversed(), { position: 0, threads: 1, seed: 1 });
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        const values = Float32Array.of(1, 2, bad, 4, 5, 6);
        check(bench, shape, values, values, { position: 3, threads: 2, seed: 1 });
      }
    });
  });
});
