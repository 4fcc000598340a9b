/** Finds the merge of a pair of ids: a hash table with open addressing over the merges. */
import { mix, randomMultiplier, slotCount } from './_hash.ts';

/** See the module comment. */
export interface PairIndex {
  /** The rank of the merge of `left` and `right`, or -1. */
  find(left: number, right: number): number;
}

/** Indexes merges (shape [count × 3]); `onDuplicate` is told of a pair that occurs again (it may throw). */
export function createPairIndex(merges: Uint32Array, onDuplicate: (first: number, second: number) => void): PairIndex {
  const count = merges.length / 3;
  const mask = slotCount(count) - 1;
  /** Shape [slots]: rank + 1, or 0 for a free slot. */
  const slots = new Int32Array(mask + 1);
  const leftMultiplier = randomMultiplier();
  const rightMultiplier = randomMultiplier();

  const locate = (left: number, right: number): number => {
    let slot = mix(Math.imul(left + 1, leftMultiplier) + Math.imul(right + 1, rightMultiplier)) & mask;
    for (;;) {
      const rank = (slots[slot] ?? 0) - 1;
      if (rank < 0 || (merges[rank * 3] === left && merges[rank * 3 + 1] === right)) return slot;
      slot = (slot + 1) & mask;
    }
  };

  for (let rank = 0; rank < count; rank++) {
    const slot = locate(merges[rank * 3] ?? 0, merges[rank * 3 + 1] ?? 0);
    const other = (slots[slot] ?? 0) - 1;
    if (other >= 0) onDuplicate(other, rank);
    else slots[slot] = rank + 1;
  }
  return { find: (left, right) => (slots[locate(left, right)] ?? 0) - 1 };
}
