/**
 * Metadata values that stay bytes of the file until somebody asks for them. A header that is refused for its last row then
 * costs no more memory than it has bytes; most values are never asked for.
 */
import type { GgufArray, GgufValue } from './value.ts';

/** A text. `bytes` must be UTF-8. */
export function lazyText(bytes: Uint8Array, offset: number): GgufValue {
  let text: string | undefined;
  return {
    type: 'string',
    get value() {
      text ??= newDecoder().decode(bytes);
      return text;
    },
    offset,
  };
}

/**
 * An array of texts. Each run holds whole records: the length of a text as u64, then the text, which must be UTF-8.
 */
export function lazyTexts(runs: readonly Uint8Array[], offset: number): GgufArray {
  let left = runs;
  let texts: string[] | undefined;
  return {
    type: 'array',
    elementType: 'string',
    get values() {
      if (texts === undefined) {
        texts = decodeRecords(left);
        left = [];
      }
      return texts;
    },
    offset,
  };
}

/** An array of booleans, each a byte of 0 or 1. */
export function lazyBooleans(bytes: Uint8Array, offset: number): GgufArray {
  let values: boolean[] | undefined;
  return {
    type: 'array',
    elementType: 'bool',
    get values() {
      values ??= Array.from(bytes, (byte) => byte === 1);
      return values;
    },
    offset,
  };
}

function decodeRecords(runs: readonly Uint8Array[]): string[] {
  const decoder = newDecoder();
  const texts: string[] = [];
  for (const run of runs) {
    const view = new DataView(run.buffer, run.byteOffset, run.byteLength);
    for (let at = 0; at < run.byteLength; ) {
      const start = at + 8;
      at = start + Number(view.getBigUint64(at, true));
      texts.push(decoder.decode(run.subarray(start, at)));
    }
  }
  return texts;
}

function newDecoder(): TextDecoder {
  return new TextDecoder('utf-8', { ignoreBOM: true });
}
