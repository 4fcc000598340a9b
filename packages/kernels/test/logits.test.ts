/** The index of the highest logit. */
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
