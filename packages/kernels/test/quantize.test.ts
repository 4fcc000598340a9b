/** Activations to 8 bits: codes, scales and offsets are exact, and lie where the dots read them. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { activationRoom, BLOCK, paddedColumns, quantize, quantizeRows, readTile } from './_activations.ts';
import { describeBuilds, type Workbench } from './_builds.ts';
import { differences, gaussian, uniform } from './_values.ts';

/** Compares every form of every token with the definition. */
function check(bench: Workbench, input: Float32Array, columns: number): void {
  const tokens = input.length / columns;
  const address = quantizeRows(bench.clear(), input, columns);
  for (let t = 0; t < tokens; t++) {
    const expected = quantize(input.subarray(t * columns, (t + 1) * columns));
    const tile = readTile(bench, address, columns, tokens, t);
    const { codes, scales } = expected;
    expect(differences(tile.codes, codes)).toEqual([]);
    expect(differences(tile.scales, scales)).toEqual([]);
    if (tile.words !== undefined) expect(differences(tile.words, codes)).toEqual([]);
    if (tile.planes !== undefined) {
      const [positive, negative] = tile.planes;
      expect(
        differences(
          positive,
          codes.map((q) => Math.max(q, 0)),
        ),
      ).toEqual([]);
      expect(
        differences(
          negative,
          codes.map((q) => Math.max(-q, 0)),
        ),
      ).toEqual([]);
    }
    const offsets = Array.from(scales, (_, block) => {
      return codes.subarray(block * BLOCK, (block + 1) * BLOCK).reduce((sum, q) => sum - 8 * q, 0);
    });
    expect(differences(tile.offsets, offsets)).toEqual([]);
  }
}

/** Values of one block whose codes are known by hand. */
const HAND = [127, 0.5, 1.5, 2.5, -0.5, -1.5, -126.49999, -127];

describeBuilds('quantizeRows', (bench) => {
  it('counted by hand: ties to even, the extreme is 127', () => {
    const address = quantizeRows(bench.clear(), Float32Array.from(HAND), HAND.length);
    const { codes, scales, offsets } = readTile(bench, address, HAND.length, 1, 0);
    expect([...codes.subarray(0, 8)]).toEqual([127, 0, 2, 2, 0, -2, -126, -127]);
    expect(codes.subarray(8).every((q) => q === 0)).toBe(true);
    expect([...scales]).toEqual([1]);
    expect([...offsets]).toEqual([-8 * (127 + 4 - 2 - 126 - 127)]);
  });

  it('1 to 9 tokens of any length', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.oneof(fc.integer({ min: 1, max: 200 }), fc.constantFrom(31, 32, 33, 64, 96)),
        fc.nat(),
        (tokens, columns, seed) => check(bench, gaussian(tokens * columns, seed, 3), columns),
      ),
      { numRuns: 60 },
    );
  });

  it('any f32 bits: denormal numbers, extremes, infinities, NaN', () => {
    const next = uniform(9);
    const bits = Uint32Array.from({ length: 9 * 160 }, () => next() * 2 ** 32);
    check(bench, new Float32Array(bits.buffer), 160);
    // Blocks of one magnitude each, from the smallest to the largest.
    const sizes = Array.from({ length: 277 }, (_, i) => 2 ** (i - 149));
    const rows = sizes.flatMap((size) => Array.from({ length: BLOCK }, () => (next() - 0.5) * 2 * size));
    check(bench, Float32Array.from(rows), BLOCK);
  });

  it('where 1 / scale is no number any more, codes are 0', () => {
    // 2^-128 · 127: the largest block whose inverse scale is infinite, and the next one.
    const limit = 127 * 2 ** -128;
    for (const value of [0, -0, 1e-45, limit, limit * (1 + 2 ** -14)]) {
      check(bench, Float32Array.of(value, -value / 2), 2);
    }
    const address = quantizeRows(bench.clear(), Float32Array.of(limit), 1);
    expect(readTile(bench, address, 1, 1, 0).codes[0]).toBe(0);
  });

  it('the largest f32 has a scale', () => {
    const largest = (2 - 2 ** -23) * 2 ** 127;
    check(bench, Float32Array.of(largest, -largest, largest / 2, 1), 4);
  });

  it('a block with an infinity or a NaN has no scale, its neighbours have theirs', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (const at of [0, 31, 33, 95, 96]) {
        const input = gaussian(3 * 97, 4);
        input[97 + at] = bad;
        check(bench, input, 97);
        const address = quantizeRows(bench.clear(), input, 97);
        const { scales, codes } = readTile(bench, address, 97, 3, 1);
        const block = Math.floor(at / BLOCK);
        // What a product with such a block is: a number times 0 or NaN.
        expect(0 * (scales[block] as number)).toBeNaN();
        expect(codes.every((q) => q >= -127)).toBe(true);
        expect([...scales].filter(Number.isFinite)).toHaveLength(3);
      }
    }
  });

  it('threads that share out blocks give the same bytes', () => {
    for (const tokens of [1, 3, 5, 8]) {
      const columns = 231;
      const blocks = paddedColumns(columns) / BLOCK;
      const input = gaussian(tokens * columns, tokens);
      const whole = quantizeRows(bench.clear(), input, columns);
      const shared = activationRoom(bench, columns, tokens);
      const at = bench.put(input);
      const scratch = bench.room(128);
      for (const [first, end] of [
        [5, blocks],
        [0, 1],
        [1, 5],
      ] as const) {
        bench.kernels.quantizeRows(at, columns, tokens, shared, first, end, scratch);
      }
      for (let t = 0; t < tokens; t++) {
        expect(readTile(bench, shared, columns, tokens, t)).toEqual(readTile(bench, whole, columns, tokens, t));
      }
    }
  });
});
