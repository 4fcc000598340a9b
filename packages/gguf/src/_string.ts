/** Length-prefixed strings: a u64 byte count, then UTF-8 without a terminator. */
import { coreError, cursorOffset, firstInvalidUtf8, readBytes, readU64 } from '@mirust/core';
import { fill, type HeaderWindow, lacks, requireInHeader } from './_window.ts';
import { type GgufErrorCode, ggufError } from './errors.ts';

/** How long a string may be, and the code of one that is not. */
export interface StringLimit {
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly code: GgufErrorCode;
}

/** Reads one string. `what` names it in errors. */
export async function readString(window: HeaderWindow, limit: StringLimit, what: string): Promise<string> {
  const bytes = await readStringBytes(window, limit, what);
  return window.decoder.decode(bytes);
}

/** Reads one string and leaves it undecoded: a view of the window's bytes, which are UTF-8. */
export async function readStringBytes(window: HeaderWindow, limit: StringLimit, what: string): Promise<Uint8Array> {
  if (lacks(window, 8)) await fill(window, 8, what);
  const byteLength = readStringLength(window, limit, what);
  if (lacks(window, byteLength)) await fill(window, byteLength, what);
  const offset = cursorOffset(window.cursor);
  const bytes = readBytes(window.cursor, byteLength, what);
  if (firstInvalidUtf8(bytes) >= 0) throw invalidUtf8(what, offset);
  return bytes;
}

/**
 * Reads `count` strings, a number that the caller has checked against the bytes left. They stay records, each its length
 * and its text, in runs of the window's bytes.
 */
export async function readStringRecords(
  window: HeaderWindow,
  count: number,
  limit: StringLimit,
  what: string,
): Promise<Uint8Array[]> {
  const runs: Uint8Array[] = [];
  let bytes = windowBytes(window);
  let start = window.cursor.position;
  const closeRun = (): void => {
    if (window.cursor.position > start) runs.push(bytes.subarray(start, window.cursor.position));
  };
  const refill = async (byteLength: number): Promise<void> => {
    closeRun();
    await fill(window, byteLength, what);
    bytes = windowBytes(window);
    start = window.cursor.position;
  };
  for (let index = 0; index < count; index++) {
    if (lacks(window, 8)) await refill(8);
    const recordOffset = window.cursor.position;
    const byteLength = readStringLength(window, limit, what);
    if (lacks(window, byteLength)) {
      // Back to the length: a record lies in one run.
      window.cursor.position = recordOffset;
      await refill(8 + byteLength);
      window.cursor.position += 8;
    }
    const { cursor } = window;
    const end = cursor.position + byteLength;
    if (firstInvalidUtf8(bytes, cursor.position, end) >= 0) throw invalidUtf8(what, cursorOffset(cursor));
    cursor.position = end;
  }
  closeRun();
  return runs;
}

function windowBytes({ cursor: { view } }: HeaderWindow): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** The length, checked as a bigint against the file and the limit: nothing is allocated from it before. */
function readStringLength(window: HeaderWindow, limit: StringLimit, what: string): number {
  const { view, position } = window.cursor;
  // Of a million strings, hardly one is out of the ordinary.
  const low = view.getUint32(position, true);
  const isUsual = low >= limit.minBytes && low <= limit.maxBytes && low <= view.byteLength - position - 8;
  if (isUsual && view.getUint32(position + 4, true) === 0) {
    window.cursor.position += 8;
    return low;
  }
  const offset = cursorOffset(window.cursor);
  const length = readU64(window.cursor, what);
  requireInHeader(window, length, what);
  if (length < limit.minBytes || length > limit.maxBytes) {
    throw ggufError(limit.code, `${what} has ${length} bytes`, {
      offset,
      actual: length,
      expected: `${limit.minBytes} to ${limit.maxBytes} bytes`,
      limit: limit.maxBytes,
    });
  }
  return Number(length);
}

function invalidUtf8(what: string, offset: number): Error {
  return coreError('INVALID_UTF8', `${what} is not valid UTF-8`, { offset });
}
