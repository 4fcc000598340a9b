/**
 * Medians of raw samples. A sample is what one process said, with the member it ran and the bandwidth of its minute.
 */
import { median } from './median.mjs';
import { memberId } from './members.mjs';

/** Samples by member, without those that failed. */
export function groupSamples(samples) {
  const groups = new Map();
  for (const sample of samples) {
    if (sample.answer.error !== undefined) continue;
    const id = memberId(sample.member);
    groups.set(id, [...(groups.get(id) ?? []), sample]);
  }
  return groups;
}

/** Tokens per second of one process, by metric. Seconds are of single tokens; a browser gives rates instead. */
const RATES = {
  prefill: ({ prefill }) => median(prefill),
  decode: ({ decode }) => (Array.isArray(decode) ? median(decode) : tokenRate(decode[16])),
  decodeFar: ({ decode }) => tokenRate(decode[2048]),
};

function tokenRate(seconds) {
  return seconds === undefined || seconds.length === 0 ? undefined : 1 / median(seconds);
}

/** The median over a member's processes of a metric of {@link RATES}, or of what a function gives for a sample. */
export function medianOf(group, metric) {
  if (group === undefined) return undefined;
  const read = typeof metric === 'function' ? metric : (sample) => rateOf(sample, metric);
  return median(group.map(read).filter((value) => value !== undefined));
}

/** One process's rate by a metric of {@link RATES}; undefined where it did not measure that. */
export function rateOf({ answer }, metric) {
  return RATES[metric](answer);
}
