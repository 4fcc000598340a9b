/**
 * Reading little-endian values one after the other, with bounds checked before every read. A cursor is plain data;
 * the readers are free functions. Every error names the absolute byte offset in the file.
 */
import { toSafeNumber } from './checked.ts';
import { coreError } from './errors.ts';

/** A position in a run of bytes that starts at `baseOffset` of the file. */
export interface ByteCursor {
  readonly view: DataView;
  /** Position inside `view`, moved forward by every read. */
  position: number;
  /** Where `view` starts in the file: only used to report absolute offsets. */
  readonly baseOffset: number;
}

/** A cursor at the start of `bytes`, which lie at `baseOffset` of their file. */
export function createCursor(bytes: Uint8Array, baseOffset = 0): ByteCursor {
  return { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), position: 0, baseOffset };
}

/** The absolute offset in the file of the next byte. */
export function cursorOffset(cursor: ByteCursor): number {
  return cursor.baseOffset + cursor.position;
}

/** How many bytes are left. */
export function remainingBytes(cursor: ByteCursor): number {
  return cursor.view.byteLength - cursor.position;
}

/** Throws `TRUNCATED` unless `byteLength` more bytes are there. */
export function requireBytes(cursor: ByteCursor, byteLength: number, what: string): void {
  if (byteLength > remainingBytes(cursor)) {
    throw coreError('TRUNCATED', `${what} needs ${byteLength} bytes, ${remainingBytes(cursor)} are left`, {
      offset: cursorOffset(cursor),
      expected: byteLength,
      actual: remainingBytes(cursor),
    });
  }
}

function advance(cursor: ByteCursor, byteLength: number, what: string): number {
  requireBytes(cursor, byteLength, what);
  const at = cursor.position;
  cursor.position = at + byteLength;
  return at;
}

export function readU8(cursor: ByteCursor, what: string): number {
  return cursor.view.getUint8(advance(cursor, 1, what));
}

export function readI8(cursor: ByteCursor, what: string): number {
  return cursor.view.getInt8(advance(cursor, 1, what));
}

export function readU16(cursor: ByteCursor, what: string): number {
  return cursor.view.getUint16(advance(cursor, 2, what), true);
}

export function readI16(cursor: ByteCursor, what: string): number {
  return cursor.view.getInt16(advance(cursor, 2, what), true);
}

export function readU32(cursor: ByteCursor, what: string): number {
  return cursor.view.getUint32(advance(cursor, 4, what), true);
}

export function readI32(cursor: ByteCursor, what: string): number {
  return cursor.view.getInt32(advance(cursor, 4, what), true);
}

export function readF32(cursor: ByteCursor, what: string): number {
  return cursor.view.getFloat32(advance(cursor, 4, what), true);
}

export function readF64(cursor: ByteCursor, what: string): number {
  return cursor.view.getFloat64(advance(cursor, 8, what), true);
}

export function readI64(cursor: ByteCursor, what: string): bigint {
  return cursor.view.getBigInt64(advance(cursor, 8, what), true);
}

export function readU64(cursor: ByteCursor, what: string): bigint {
  return cursor.view.getBigUint64(advance(cursor, 8, what), true);
}

/** A u64 as a number; throws `OVERFLOW` above 2^53 - 1. */
export function readSafeU64(cursor: ByteCursor, what: string): number {
  const offset = cursorOffset(cursor);
  return toSafeNumber(readU64(cursor, what), what, { offset });
}

/** A view (not a copy) of the next `byteLength` bytes. */
export function readBytes(cursor: ByteCursor, byteLength: number, what: string): Uint8Array {
  const at = advance(cursor, byteLength, what);
  return new Uint8Array(cursor.view.buffer, cursor.view.byteOffset + at, byteLength);
}

/** The next `byteLength` bytes as strict UTF-8; throws `INVALID_UTF8`. */
export function readUtf8(cursor: ByteCursor, byteLength: number, what: string): string {
  const offset = cursorOffset(cursor);
  return decodeUtf8(readBytes(cursor, byteLength, what), what, offset);
}

/** Strict UTF-8 to text, a byte-order mark kept as it is; throws `INVALID_UTF8` naming `offset`. */
export function decodeUtf8(bytes: Uint8Array, what: string, offset = 0): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw coreError('INVALID_UTF8', `${what} is not valid UTF-8`, { offset, cause });
  }
}
