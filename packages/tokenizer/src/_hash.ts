/**
 * Seeds of the hash tables. A table over text or pairs of a file could be slowed down by a file whose keys all meet in
 * one slot; with a multiplier that the file cannot know they do not. Only the time of a look-up depends on a seed.
 */

/** A random odd 32-bit multiplier. */
export function randomMultiplier(): number {
  return (Math.random() * 2 ** 32) | 1;
}

/** The number of slots for `count` keys: a power of two, at most half of them taken, so that runs of taken ones are short. */
export function slotCount(count: number): number {
  let slots = 16;
  while (slots < count * 2) slots *= 2;
  return slots;
}

/** Spreads the high bits of a product into the low ones, which choose the slot. */
export function mix(hash: number): number {
  const folded = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (folded ^ (folded >>> 13)) >>> 0;
}
