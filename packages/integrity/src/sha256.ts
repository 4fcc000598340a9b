/** SHA-256 of bytes, of bytes in pieces, and of a whole source. */
import { type ByteSource, checkRange } from '@mirust/core';
import { createSha256 } from '#platform';

export { createSha256, sha256 } from '#platform';
export type { Sha256 } from './platform/contract.ts';

/** Bytes of a SHA-256 digest. */
export const SHA256_BYTES = 32;

/** Progress of a pass over a file. Called once per piece. */
export interface ProgressOptions {
  readonly signal?: AbortSignal;
  /** Bytes done so far, of all bytes. */
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
}

/** Bytes read at a time by passes over a file: large enough for a disk, small beside any model. */
export const PASS_BYTES: number = 2 ** 20;

/**
 * Calls `visit` with every piece of a range of a source, in order: the one loop of every pass over a file. The memory
 * of a piece is reused for the next one, so `visit` must be done with it when its promise is settled.
 */
export async function forEachPiece(
  source: ByteSource,
  range: { readonly offset: number; readonly byteLength: number },
  visit: (bytes: Uint8Array, offset: number) => void | Promise<void>,
  options: ProgressOptions = {},
): Promise<void> {
  const { signal, onProgress } = options;
  const read = signal === undefined ? {} : { signal };
  const end = range.offset + range.byteLength;
  checkRange(source, range.offset, range.byteLength);
  const memory = new Uint8Array(Math.min(PASS_BYTES, range.byteLength));
  for (let offset = range.offset; offset < end; offset += PASS_BYTES) {
    const piece = memory.subarray(0, Math.min(PASS_BYTES, end - offset));
    signal?.throwIfAborted();
    await source.readInto(offset, piece, read);
    await visit(piece, offset);
    onProgress?.(offset + piece.byteLength - range.offset, range.byteLength);
  }
}

/** SHA-256 of everything in a source, in constant memory. Throws as the source does. */
export async function sha256Source(source: ByteSource, options: ProgressOptions = {}): Promise<Uint8Array> {
  const hash = createSha256();
  await forEachPiece(source, { offset: 0, byteLength: source.byteLength }, (bytes) => hash.update(bytes), options);
  return hash.digest();
}
