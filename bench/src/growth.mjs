/** What a series of readings of memory says, one reading a round. */
import { median } from './median.mjs';

/**
 * `{ first, median, last, perRound }`: `perRound` is how fast the readings grow, the median of the last third against the
 * median of the second one. The first third does not count, because engine and allocator still settle; medians, because a
 * collection that came late is no growth.
 */
export function summarizeGrowth(readings) {
  const third = Math.floor(readings.length / 3);
  const second = median(readings.slice(third, 2 * third));
  const last = median(readings.slice(2 * third, 3 * third));
  return {
    first: readings[0],
    median: median(readings),
    last: readings.at(-1),
    perRound: third === 0 ? undefined : (last - second) / third,
  };
}
