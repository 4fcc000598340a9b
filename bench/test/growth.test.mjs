import { describe, expect, it } from 'vitest';
import { summarizeGrowth } from '../src/growth.mjs';

const series = (count, at) => Array.from({ length: count }, (_, round) => at(round));

describe('growth of memory', () => {
  it('is none where readings settle after a warm-up, even with one that sticks out', () => {
    const readings = series(90, (round) => Math.min(round, 20) + 100);
    readings[75] = 10_000;
    expect(summarizeGrowth(readings)).toEqual({ first: 100, median: 120, last: 120, perRound: 0 });
  });

  it('is what is left behind in every round, whatever the noise', () => {
    const readings = series(300, (round) => 1000 + 7 * round + ((round * 37) % 11));
    expect(summarizeGrowth(readings).perRound).toBeCloseTo(7, 1);
  });

  it('cannot be told of one or two readings', () => {
    expect(summarizeGrowth([5, 9]).perRound).toBeUndefined();
  });
});
