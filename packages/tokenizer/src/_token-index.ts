/** Finds the id of a run of bytes: a hash table with open addressing over the token table, without a string per token. */
import { mix, randomMultiplier, slotCount } from './_hash.ts';
import type { TokenTable } from './model.ts';
import { tokenByteLength, tokenCount } from './token-table.ts';

/** See the module comment. */
export interface TokenIndex {
  /** The id of `bytes[from .. to]`, or -1. Takes time in proportion to `to - from`. */
  find(bytes: Uint8Array, from: number, to: number): number;
  /** The longest token of the index, in bytes; a longer run is not worth a look. */
  readonly maxTokenBytes: number;
}

/**
 * Indexes the tokens that `includes` accepts; tokens without bytes are left out. Where two have the same bytes,
 * `onDuplicate` is told (it may throw) and the lower id counts.
 */
export function createTokenIndex(
  table: TokenTable,
  includes: (id: number) => boolean,
  onDuplicate: (first: number, second: number) => void,
): TokenIndex {
  const { offsets, bytes: tokenBytes } = table;
  const count = tokenCount(table);
  const mask = slotCount(count) - 1;
  /** Shape [slots]: id + 1, or 0 for a free slot. */
  const slots = new Int32Array(mask + 1);
  const multiplier = randomMultiplier();
  let maxTokenBytes = 0;

  /** The slot where the bytes are, or the free one where they would go. */
  const locate = (bytes: Uint8Array, from: number, to: number): number => {
    let hash = to - from;
    for (let i = from; i < to; i++) hash = Math.imul(hash, multiplier) + (bytes[i] ?? 0) + 1;
    let slot = mix(hash) & mask;
    for (;;) {
      const id = (slots[slot] ?? 0) - 1;
      if (id < 0) return slot;
      const start = offsets[id] ?? 0;
      if ((offsets[id + 1] ?? 0) - start === to - from) {
        let i = from;
        while (i < to && bytes[i] === tokenBytes[start + i - from]) i += 1;
        if (i === to) return slot;
      }
      slot = (slot + 1) & mask;
    }
  };

  for (let id = 0; id < count; id++) {
    const byteLength = tokenByteLength(table, id);
    if (byteLength === 0 || !includes(id)) continue;
    const slot = locate(tokenBytes, offsets[id] ?? 0, offsets[id + 1] ?? 0);
    const other = (slots[slot] ?? 0) - 1;
    if (other >= 0) {
      onDuplicate(other, id);
      continue;
    }
    slots[slot] = id + 1;
    if (byteLength > maxTokenBytes) maxTokenBytes = byteLength;
  }
  return {
    maxTokenBytes,
    find: (bytes, from, to) => (to - from > maxTokenBytes ? -1 : (slots[locate(bytes, from, to)] ?? 0) - 1),
  };
}
