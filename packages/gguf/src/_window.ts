/**
 * The header as a stream: a window that slides over the file and reads ahead in growing pieces, so that a small
 * header costs one small read, a vocabulary a few, and memory holds one piece and not the whole header.
 *
 * Parsers ask `lacks(window, n)` and only then `await fill(window, n)`: an await for each of 150,000 strings would
 * cost more than parsing them.
 */
import {
  type ByteCursor,
  type ByteSource,
  coreError,
  createCursor,
  cursorOffset,
  type ReadOptions,
  readBytes,
  remainingBytes,
} from '@mirust/core';
import { ggufError } from './errors.ts';

/** The first read: holds the header of a model with a small vocabulary whole. */
const FIRST_PIECE_BYTES = 2 ** 17;

/** Reads double up to this: larger ones no longer save time and only cost memory. */
const MAX_PIECE_BYTES = 2 ** 22;

/** The window. The cursor is replaced, not moved, when it is filled. */
export interface HeaderWindow {
  readonly source: ByteSource;
  readonly maxHeaderBytes: number;
  readonly readOptions: ReadOptions;
  /** One for all strings: making a decoder costs more than decoding a token. */
  readonly decoder: TextDecoder;
  cursor: ByteCursor;
  nextPieceBytes: number;
}

/** An empty window at the start of the source. */
export function createWindow(source: ByteSource, maxHeaderBytes: number, readOptions: ReadOptions): HeaderWindow {
  return {
    source,
    maxHeaderBytes,
    readOptions,
    decoder: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }),
    cursor: createCursor(new Uint8Array(0)),
    nextPieceBytes: FIRST_PIECE_BYTES,
  };
}

/** Bytes of the file behind the position: what a count in the header can at most stand for. */
export function bytesLeft(window: HeaderWindow): number {
  return window.source.byteLength - cursorOffset(window.cursor);
}

/** Whether the window must be filled before `byteLength` bytes can be read. */
export function lacks(window: HeaderWindow, byteLength: number): boolean {
  return remainingBytes(window.cursor) < byteLength;
}

/** Throws `TRUNCATED` or `GGUF_HEADER_TOO_LARGE` unless the header may have this many more bytes. */
export function requireInHeader(window: HeaderWindow, byteLength: number | bigint, what: string): void {
  const offset = cursorOffset(window.cursor);
  const left = bytesLeft(window);
  if (byteLength > left) {
    throw coreError('TRUNCATED', `${what} needs ${byteLength} bytes, ${left} are left`, {
      offset,
      expected: byteLength,
      actual: left,
    });
  }
  if (byteLength > window.maxHeaderBytes - offset) {
    throw ggufError('GGUF_HEADER_TOO_LARGE', `${what} passes the first ${window.maxHeaderBytes} bytes of the file`, {
      offset,
      limit: window.maxHeaderBytes,
    });
  }
}

/** Reads on until `byteLength` bytes are in the window. Throws as {@link requireInHeader} and as the source does. */
export async function fill(window: HeaderWindow, byteLength: number, what: string): Promise<void> {
  requireInHeader(window, byteLength, what);
  const start = cursorOffset(window.cursor);
  const kept = remainingBytes(window.cursor);
  const readable = Math.min(window.source.byteLength, window.maxHeaderBytes) - start - kept;
  const piece = Math.max(byteLength - kept, Math.min(window.nextPieceBytes, readable));
  const bytes = new Uint8Array(kept + piece);
  bytes.set(readBytes(window.cursor, kept, what));
  await window.source.readInto(start + kept, bytes.subarray(kept), window.readOptions);
  window.cursor = createCursor(bytes, start);
  window.nextPieceBytes = Math.min(2 * window.nextPieceBytes, MAX_PIECE_BYTES);
}

/** Reads `byteLength` bytes past the window into new memory: for long number arrays, which need no second copy. */
export async function readDirect(
  window: HeaderWindow,
  byteLength: number,
  what: string,
): Promise<Uint8Array<ArrayBuffer>> {
  requireInHeader(window, byteLength, what);
  const start = cursorOffset(window.cursor);
  const kept = Math.min(remainingBytes(window.cursor), byteLength);
  const target = new Uint8Array(byteLength);
  target.set(readBytes(window.cursor, kept, what));
  if (kept < byteLength) {
    await window.source.readInto(start + kept, target.subarray(kept), window.readOptions);
    window.cursor = createCursor(new Uint8Array(0), start + byteLength);
  }
  return target;
}
