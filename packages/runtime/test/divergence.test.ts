/** Kullback-Leibler divergence of two distributions given as logits. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { klDivergence } from '../src/index.ts';

const logits = fc.array(fc.float({ min: -30, max: 30, noNaN: true }), { minLength: 5, maxLength: 5 });

describe('klDivergence', () => {
  it('is what the definition gives', () => {
    // p = (1/2, 1/2), q = (1/4, 3/4): 1/2 ln 2 + 1/2 ln (2/3)
    const p = Float32Array.of(0, 0);
    const q = Float32Array.of(0, Math.log(3));
    expect(klDivergence(p, q)).toBeCloseTo(0.5 * Math.log(2) + 0.5 * Math.log(2 / 3), 6);
    expect(klDivergence(q, p)).toBeCloseTo(0.25 * Math.log(0.5) + 0.75 * Math.log(1.5), 6);
  });

  it('is 0 for the same distribution, never less, and blind to a shift of the logits', () => {
    fc.assert(
      fc.property(logits, logits, fc.integer({ min: -8, max: 8 }), (a, b, shift) => {
        const [p, q] = [Float32Array.from(a), Float32Array.from(b)];
        const divergence = klDivergence(p, q);
        expect(klDivergence(p, p)).toBeCloseTo(0, 12);
        expect(divergence).toBeGreaterThan(-1e-9);
        const moved = q.map((logit) => logit + shift);
        expect(Math.abs(klDivergence(p, moved) - divergence)).toBeLessThan(1e-4);
      }),
    );
  });

  it('takes what the reference never says for nothing', () => {
    const p = Float32Array.of(0, Number.NEGATIVE_INFINITY);
    expect(klDivergence(p, Float32Array.of(0, Number.NEGATIVE_INFINITY))).toBe(0);
    expect(klDivergence(p, Float32Array.of(0, 0))).toBeCloseTo(Math.log(2), 6);
    expect(klDivergence(Float32Array.of(0, 0), p)).toBe(Number.POSITIVE_INFINITY);
  });
});
