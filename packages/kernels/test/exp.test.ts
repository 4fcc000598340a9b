/** e^x against f64. */
import { expect, it } from 'vitest';
import { describeBuilds } from './_builds.ts';
import { uniform } from './_values.ts';

/** Distance from a value to the next f32 of larger magnitude. */
function ulp(value: number): number {
  return 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(value)))) - 23);
}

describeBuilds('exp1', ({ kernels }) => {
  function worst(values: Iterable<number>): number {
    let largest = 0;
    for (const value of values) {
      const x = Math.fround(value);
      const exact = Math.exp(x);
      largest = Math.max(largest, Math.abs(kernels.exp1(x) - exact) / ulp(exact));
    }
    return largest;
  }

  it('is within 2 units in the last place from -87 to 88', () => {
    const next = uniform(1);
    const anywhere = Array.from({ length: 200_000 }, () => -87 + 175 * next());
    const nearZero = Array.from({ length: 50_000 }, () => (next() - 0.5) * 2 ** (-24 * next()));
    // Where the integer part of x / ln 2 changes.
    const edges = Array.from({ length: 250 }, (_, n) => (n - 125 + 0.5) * Math.LN2).flatMap((edge) => {
      return [-2, -1, 0, 1, 2].map((step) => edge + step * ulp(edge));
    });
    const found = worst([...anywhere, ...nearZero, ...edges.filter((x) => x >= -87 && x <= 88), -87, 88]);
    expect(found).toBeLessThan(2);
    // Too good is a failure too: rounding alone costs half a unit.
    expect(found).toBeGreaterThan(0.5);
  });

  it('is exact where that can be', () => {
    expect(kernels.exp1(0)).toBe(1);
    expect(kernels.exp1(-0)).toBe(1);
  });

  it('is 0 below -87, for a masked score too, and does not grow beyond 88', () => {
    for (const x of [-87.00001, -88, -1e3, -3.4e38, Number.NEGATIVE_INFINITY]) expect(kernels.exp1(x)).toBe(0);
    for (const x of [88.00001, 1e3, Number.POSITIVE_INFINITY]) expect(kernels.exp1(x)).toBe(kernels.exp1(88));
  });
});
