/** Finds the merge of a pair of ids: a hash table over the merges. */
import { createSlots, mix, NUMBER_BITS, NUMBER_MASK, randomMultiplier } from './_hash.ts';

/** See the module comment. */
export interface PairIndex {
  /** The rank of the merge of `left` and `right`, or -1. */
  find(left: number, right: number): number;
}

/** Indexes merges (shape [count × 3]). `onDuplicate` is told of a pair that occurs twice, and must throw. */
export function createPairIndex(merges: Uint32Array, onDuplicate: (first: number, second: number) => never): PairIndex {
  const count = merges.length / 3;
  const slots = createSlots(count);
  const mask = slots.length - 1;
  const leftMultiplier = randomMultiplier();
  const rightMultiplier = randomMultiplier();

  /** The slot of the pair: `hash` is its. It is free where no merge has the pair. */
  const locate = (hash: number, left: number, right: number): number => {
    const tag = hash >>> NUMBER_BITS;
    let slot = hash & mask;
    for (;;) {
      const entry = slots[slot] ?? 0;
      if (entry === 0) return slot;
      if (entry >>> NUMBER_BITS === tag) {
        const at = ((entry & NUMBER_MASK) - 1) * 3;
        if (merges[at] === left && merges[at + 1] === right) return slot;
      }
      slot = (slot + 1) & mask;
    }
  };
  const hashPair = (left: number, right: number): number =>
    mix((Math.imul(left + 1, leftMultiplier) + Math.imul(right + 1, rightMultiplier)) | 0);

  for (let rank = 0; rank < count; rank++) {
    const left = merges[rank * 3] ?? 0;
    const right = merges[rank * 3 + 1] ?? 0;
    const hash = hashPair(left, right);
    const slot = locate(hash, left, right);
    const other = slots[slot] ?? 0;
    if (other !== 0) onDuplicate((other & NUMBER_MASK) - 1, rank);
    slots[slot] = ((hash >>> NUMBER_BITS) << NUMBER_BITS) | (rank + 1);
  }
  return {
    find: (left, right) => ((slots[locate(hashPair(left, right), left, right)] ?? 0) & NUMBER_MASK) - 1,
  };
}
