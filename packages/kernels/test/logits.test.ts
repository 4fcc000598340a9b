/** The indices of the highest logits. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeBuilds, type Workbench } from './_builds.ts';

function argmax(bench: Workbench, logits: readonly number[]): number {
  const address = bench.clear().put(Float32Array.from(logits), 4);
  // Whatever lies behind the logits must not win.
  bench.put(Float32Array.of(...Array(8).fill(Number.MAX_VALUE)), 4);
  return bench.kernels.argmax(address, logits.length);
}

/** The definition: the first that no other one exceeds; -1 where there is no number. */
function expected(logits: readonly number[]): number {
  let best = -1;
  logits.forEach((value, index) => {
    if (!Number.isNaN(value) && (best < 0 || value > (logits[best] as number))) best = index;
  });
  return best;
}

const { NaN: none, NEGATIVE_INFINITY: low, POSITIVE_INFINITY: high } = Number;

describeBuilds('argmax', (bench) => {
  it('any logits, many of them equal or NaN', () => {
    const logit = fc.oneof(fc.constantFrom(none, low, high, 0, -0, 1, -1), fc.float({ noDefaultInfinity: true }));
    fc.assert(
      fc.property(fc.array(logit, { maxLength: 70 }), (logits) => {
        expect(argmax(bench, logits)).toBe(expected(logits));
      }),
      { numRuns: 500 },
    );
  });

  it.each([1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 260, 1000])('the highest of %i anywhere', (count) => {
    for (const at of new Set([0, 1, count >> 1, count - 2, count - 1])) {
      if (at < 0 || at >= count) continue;
      const logits = Array.from({ length: count }, (_, i) => (i === at ? -1 : i % 3 === 0 ? none : -2));
      expect(argmax(bench, logits)).toBe(at);
    }
  });

  it('equals: the lowest index; no numbers: -1', () => {
    expect(argmax(bench, [0, 3, 1, 3, 3, 2, 3, 3, 3, 3])).toBe(1);
    expect(argmax(bench, [-0, 0])).toBe(0);
    expect(argmax(bench, Array(19).fill(low))).toBe(0);
    expect(argmax(bench, Array(19).fill(none))).toBe(-1);
    expect(argmax(bench, [...Array(9).fill(none), low])).toBe(9);
    expect(argmax(bench, [])).toBe(-1);
  });
});

describeBuilds('topK', (bench) => {
  /** Sorted: the heap's own order is nobody's business. */
  function topK(logits: readonly number[], k: number): number[] {
    const address = bench.clear().put(Float32Array.from(logits), 4);
    const heap = bench.put(new Uint32Array(k), 4);
    const found = bench.kernels.topK(address, logits.length, k, heap);
    return [...new Uint32Array(bench.bytes(heap, found * 4).slice().buffer)].sort((a, b) => a - b);
  }

  it('any logits, many of them equal or NaN', () => {
    const logit = fc.oneof(fc.constantFrom(none, low, high, 0, -0, 1, -1), fc.float({ noDefaultInfinity: true }));
    fc.assert(
      fc.property(fc.array(logit, { maxLength: 70 }), fc.integer({ min: 1, max: 80 }), (logits, k) => {
        const numbers = logits.flatMap((value, index) => (Number.isNaN(value) ? [] : [{ value, index }]));
        const best = numbers.sort((a, b) => b.value - a.value || a.index - b.index).slice(0, k);
        expect(topK(logits, k)).toEqual(best.map(({ index }) => index).sort((a, b) => a - b));
      }),
      { numRuns: 500 },
    );
  });

  it('rising, falling and equal logits of a whole vocabulary', () => {
    const count = 5000;
    const rising = Array.from({ length: count }, (_, i) => i);
    expect(topK(rising, 3)).toEqual([4997, 4998, 4999]);
    expect(topK([...rising].reverse(), 3)).toEqual([0, 1, 2]);
    expect(topK(Array(count).fill(7), 1024)).toEqual(rising.slice(0, 1024));
    expect(topK(Array(count).fill(none), 5)).toEqual([]);
  });
});
