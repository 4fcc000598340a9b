/** Finds the id of a run of bytes: a hash table over the token table, without a string per token. */
import { createSlots, mix, NUMBER_BITS, NUMBER_MASK, randomMultiplier } from './_hash.ts';
import type { TokenTable } from './model.ts';
import { tokenCount } from './token-table.ts';

/** See the module comment. */
export interface TokenIndex {
  /** The id of `bytes[from .. to]`, or -1. Takes time in proportion to `to - from`. */
  find(bytes: Uint8Array, from: number, to: number): number;
  /** The longest token of the index, in bytes; a longer run is not worth a look. */
  readonly maxTokenBytes: number;
}

/**
 * Indexes the tokens of some types: bit `t` of `typeBits` is set where type `t` counts. Tokens without bytes are left
 * out. `onDuplicate` is told of two that have the same bytes, and must throw.
 */
export function createTokenIndex(
  table: TokenTable,
  types: Uint8Array,
  typeBits: number,
  onDuplicate: (first: number, second: number) => never,
): TokenIndex {
  const { offsets, bytes: tokenBytes } = table;
  const count = tokenCount(table);
  const slots = createSlots(count);
  const mask = slots.length - 1;
  const multiplier = randomMultiplier();
  let maxTokenBytes = 0;

  /** The slot of the bytes: `hash` is theirs. It is free where no token has them. */
  const locate = (hash: number, bytes: Uint8Array, from: number, to: number): number => {
    const tag = hash >>> NUMBER_BITS;
    let slot = hash & mask;
    for (;;) {
      const entry = slots[slot] ?? 0;
      if (entry === 0) return slot;
      if (entry >>> NUMBER_BITS === tag) {
        const id = (entry & NUMBER_MASK) - 1;
        const start = offsets[id] ?? 0;
        if ((offsets[id + 1] ?? 0) - start === to - from) {
          let i = from;
          while (i < to && bytes[i] === tokenBytes[start + i - from]) i += 1;
          if (i === to) return slot;
        }
      }
      slot = (slot + 1) & mask;
    }
  };

  let end = offsets[0] ?? 0;
  for (let id = 0; id < count; id++) {
    const start = end;
    end = offsets[id + 1] ?? 0;
    if (end === start || ((typeBits >>> (types[id] ?? 0)) & 1) === 0) continue;
    const hash = hashBytes(tokenBytes, start, end, multiplier);
    const slot = locate(hash, tokenBytes, start, end);
    const other = slots[slot] ?? 0;
    if (other !== 0) onDuplicate((other & NUMBER_MASK) - 1, id);
    slots[slot] = ((hash >>> NUMBER_BITS) << NUMBER_BITS) | (id + 1);
    if (end - start > maxTokenBytes) maxTokenBytes = end - start;
  }
  return {
    maxTokenBytes,
    find(bytes, from, to) {
      if (to - from > maxTokenBytes) return -1;
      const slot = locate(hashBytes(bytes, from, to, multiplier), bytes, from, to);
      return ((slots[slot] ?? 0) & NUMBER_MASK) - 1;
    },
  };
}

function hashBytes(bytes: Uint8Array, from: number, to: number, multiplier: number): number {
  let hash = to - from;
  for (let i = from; i < to; i++) hash = (Math.imul(hash, multiplier) + (bytes[i] ?? 0) + 1) | 0;
  return mix(hash);
}
