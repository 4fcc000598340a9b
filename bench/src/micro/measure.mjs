/**
 * Timing on a shared, noisy machine: every pair of subject and peer runs alternately, several rounds, and the medians
 * are compared. A ratio of one run means something; a number of another day does not.
 */
import { median } from '../median.mjs';

/** Seconds that one call takes. */
async function seconds(run) {
  const start = performance.now();
  await run();
  return (performance.now() - start) / 1000;
}

/**
 * Rates of a subject and, where there is one, of its peer.
 * `amount` of `unit` is done by one call of either.
 */
export async function compare({ name, unit, amount, subject, peer, peerName }, rounds) {
  // One call of each beforehand: compilation is not what is measured.
  await subject();
  await peer?.();
  const ours = [];
  const theirs = [];
  for (let round = 0; round < rounds; round++) {
    ours.push(await seconds(subject));
    if (peer !== undefined) theirs.push(await seconds(peer));
  }
  const rate = (times) => amount / median(times);
  return {
    name,
    node: process.version,
    threads: 1,
    unit,
    ours: rate(ours),
    ...(peer === undefined ? {} : { peerName, peer: rate(theirs), ratio: rate(ours) / rate(theirs) }),
  };
}
