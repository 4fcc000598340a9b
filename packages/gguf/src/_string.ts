/** Length-prefixed strings: a u64 byte count, then UTF-8 without a terminator. */
import { coreError, cursorOffset, readBytes, readU64 } from '@mirust/core';
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
  if (lacks(window, 8)) await fill(window, 8, what);
  const byteLength = readStringLength(window, limit, what);
  if (lacks(window, byteLength)) await fill(window, byteLength, what);
  return decodeString(window, byteLength, what);
}

/** Reads `count` strings, a number that the caller has checked against the bytes left. */
export async function readStrings(
  window: HeaderWindow,
  count: number,
  limit: StringLimit,
  what: string,
): Promise<string[]> {
  const values: string[] = [];
  for (let index = 0; index < count; index++) {
    if (lacks(window, 8)) await fill(window, 8, what);
    const byteLength = readStringLength(window, limit, what);
    if (lacks(window, byteLength)) await fill(window, byteLength, what);
    values.push(decodeString(window, byteLength, what));
  }
  return values;
}

/** The length, checked as a bigint against the file and the limit: nothing is allocated from it before. */
function readStringLength(window: HeaderWindow, limit: StringLimit, what: string): number {
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

function decodeString(window: HeaderWindow, byteLength: number, what: string): string {
  const offset = cursorOffset(window.cursor);
  const bytes = readBytes(window.cursor, byteLength, what);
  try {
    return window.decoder.decode(bytes);
  } catch (cause) {
    throw coreError('INVALID_UTF8', `${what} is not valid UTF-8`, { offset, cause });
  }
}
