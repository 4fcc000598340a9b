/**
 * The common part of the two hash tables: open addressing, linear probing, at most half of the slots taken.
 *
 * A table over text or pairs of a file could be slowed down by a file whose keys all meet in one slot; with a
 * multiplier that the file cannot know they do not. Only the time of a look-up depends on a seed.
 *
 * A slot is one i32: 1 + the key's number in the low bits, the hash's top bits above. A probe that meets another key is
 * told so by those bits nearly always, without a look at the key itself, which lies anywhere in memory.
 */

/** Bits of a slot for the key's number; numbers must stay below 2^22 - 1, which the limits see to. */
export const NUMBER_BITS = 22;

/** Masks the key's number out of a slot. */
export const NUMBER_MASK: number = 2 ** NUMBER_BITS - 1;

/** A random odd 32-bit multiplier. */
export function randomMultiplier(): number {
  return (Math.random() * 2 ** 32) | 1;
}

/**
 * Free slots for `count` keys: a power of two. A free slot is 0. Signed, because unsigned values above 2^31 are objects
 * to the engine until it has optimised the code, and loading is over by then.
 */
export function createSlots(count: number): Int32Array {
  let slots = 16;
  while (slots < count * 2) slots *= 2;
  return new Int32Array(slots);
}

/** Spreads a product's bits: the low ones choose the slot, the top ones are kept in it. As a signed 32-bit integer. */
export function mix(hash: number): number {
  const folded = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return folded ^ (folded >>> 13);
}
