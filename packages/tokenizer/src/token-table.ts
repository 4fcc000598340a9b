/** Building and reading the table of token bytes. */
import type { TokenTable } from './model.ts';

/** How many tokens the table has. */
export function tokenCount(table: TokenTable): number {
  return table.offsets.length - 1;
}

/** How many bytes token `id` has; 0 where it has no text. */
export function tokenByteLength(table: TokenTable, id: number): number {
  return (table.offsets[id + 1] ?? 0) - (table.offsets[id] ?? 0);
}

/** The bytes of token `id`, as a view of the table. Throws RangeError for an id outside of it. */
export function tokenView(table: TokenTable, id: number): Uint8Array {
  const from = table.offsets[id];
  const to = table.offsets[id + 1];
  if (from === undefined || to === undefined) {
    throw new RangeError(`token id ${id} is outside the vocabulary of ${tokenCount(table)}`);
  }
  return table.bytes.subarray(from, to);
}

/** The text of token `id`; U+FFFD for what is no UTF-8. Throws RangeError for an id outside the table. */
export function tokenText(table: TokenTable, id: number): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(tokenView(table, id));
}

/** Collects tokens in the order of their ids. */
export interface TokenTableBuilder {
  addBytes(bytes: ArrayLike<number>): void;
  /** Adds text as UTF-8. */
  addText(text: string): void;
  finish(): TokenTable;
}

/** A builder for `count` tokens. The room for bytes grows as they come, at most twice what they need. */
export function createTokenTableBuilder(count: number): TokenTableBuilder {
  const offsets = new Uint32Array(count + 1);
  const encoder = new TextEncoder();
  let bytes = new Uint8Array(Math.max(64, count * 8));
  let added = 0;
  let end = 0;
  const reserve = (byteLength: number): void => {
    if (end + byteLength <= bytes.length) return;
    const larger = new Uint8Array(Math.max(bytes.length * 2, end + byteLength));
    larger.set(bytes);
    bytes = larger;
  };
  const close = (byteLength: number): void => {
    if (added >= count) throw new RangeError(`the table was announced with ${count} tokens`);
    end += byteLength;
    added += 1;
    offsets[added] = end;
  };
  return {
    addBytes(source) {
      reserve(source.length);
      bytes.set(source, end);
      close(source.length);
    },
    addText(text) {
      // A UTF-16 unit takes at most three bytes of UTF-8.
      reserve(text.length * 3);
      close(encoder.encodeInto(text, bytes.subarray(end)).written);
    },
    finish() {
      if (added !== count) throw new RangeError(`the table was announced with ${count} tokens, ${added} came`);
      return { offsets, bytes: bytes.slice(0, end) };
    },
  };
}

/** Whether token `output` is `left` and `right`, one behind the other. All three ids must be inside the table. */
export function isConcatenation(table: TokenTable, left: number, right: number, output: number): boolean {
  const { offsets, bytes } = table;
  const start = offsets[output] ?? 0;
  const leftStart = offsets[left] ?? 0;
  const rightStart = offsets[right] ?? 0;
  const leftLength = (offsets[left + 1] ?? 0) - leftStart;
  const rightLength = (offsets[right + 1] ?? 0) - rightStart;
  if ((offsets[output + 1] ?? 0) - start !== leftLength + rightLength) return false;
  for (let i = 0; i < leftLength; i++) if (bytes[start + i] !== bytes[leftStart + i]) return false;
  const middle = start + leftLength;
  for (let i = 0; i < rightLength; i++) if (bytes[middle + i] !== bytes[rightStart + i]) return false;
  return true;
}
