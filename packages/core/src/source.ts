/**
 * Where bytes come from. A source is a length and a ranged read; readers know nothing else, so the same reader
 * serves memory, a Blob, a disk and a server. Reading never changes the source: it may be shared.
 */
import { coreError } from './errors.ts';

/** Options of one read. */
export interface ReadOptions {
  readonly signal?: AbortSignal;
}

/** A readable run of bytes of known length. */
export interface ByteSource {
  /** For messages: a file name, a URL, `memory`. */
  readonly name: string;
  readonly byteLength: number;
  /**
   * Fills `target` with the bytes from `offset` on. Throws `TRUNCATED` where the range passes the end, `SOURCE_READ`
   * where the medium fails, and the signal's reason once it is aborted.
   */
  readInto(offset: number, target: Uint8Array, options?: ReadOptions): Promise<void>;
  /**
   * Lends the open file to threads, which read it by its descriptor from the source's offset 0 on; absent where the source
   * is not one open file. Throws Error after `close`, which waits for what is lent.
   */
  lendFile?(): LentFile;
  /** Gives back what the source holds (a file handle). Further reads fail. */
  close(): Promise<void>;
}

/**
 * An open file in the hands of threads of this process. What `readInto` checks by itself they leave to their owner, who
 * calls `checkUnchanged` when they are done.
 */
export interface LentFile {
  readonly descriptor: number;
  /** Throws `SOURCE_CHANGED` unless the file is the one that was opened. */
  checkUnchanged(): Promise<void>;
  /** The descriptor is not used any more. Once. */
  giveBack(): void;
}

/** Reads a range into new memory. The range is checked before anything is allocated. Throws as `readInto` does. */
export async function readRange(
  source: ByteSource,
  offset: number,
  byteLength: number,
  options?: ReadOptions,
): Promise<Uint8Array> {
  checkRange(source, offset, byteLength);
  const target = new Uint8Array(byteLength);
  await source.readInto(offset, target, options);
  return target;
}

/** Throws `TRUNCATED` unless the range lies inside the source; RangeError for negative or fractional values. */
export function checkRange(source: ByteSource, offset: number, byteLength: number): void {
  if (!Number.isSafeInteger(offset) || offset < 0 || !Number.isSafeInteger(byteLength) || byteLength < 0) {
    throw new RangeError(`offset and byteLength must be non-negative safe integers, got ${offset} and ${byteLength}`);
  }
  if (byteLength > source.byteLength - offset) {
    throw coreError('TRUNCATED', `${byteLength} bytes at ${offset} pass the end of ${source.name}`, {
      offset,
      expected: byteLength,
      actual: Math.max(0, source.byteLength - offset),
    });
  }
}

/** A source over bytes in memory. The bytes are not copied: do not change them while the source is in use. */
export function memorySource(bytes: Uint8Array, name = 'memory'): ByteSource {
  const source: ByteSource = {
    name,
    byteLength: bytes.byteLength,
    async readInto(offset, target, options) {
      options?.signal?.throwIfAborted();
      checkRange(source, offset, target.byteLength);
      target.set(bytes.subarray(offset, offset + target.byteLength));
    },
    async close() {},
  };
  return source;
}

/** The part of the Blob interface that a source needs; a browser's File and Node's Blob both have it. */
export interface BlobLike {
  readonly size: number;
  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> };
}

/** A source over a Blob or a File. */
export function blobSource(blob: BlobLike, name = 'blob'): ByteSource {
  const source: ByteSource = {
    name,
    byteLength: blob.size,
    async readInto(offset, target, options) {
      options?.signal?.throwIfAborted();
      checkRange(source, offset, target.byteLength);
      let bytes: ArrayBuffer;
      try {
        bytes = await blob.slice(offset, offset + target.byteLength).arrayBuffer();
      } catch (cause) {
        throw coreError('SOURCE_READ', `reading ${name} failed`, { offset, cause });
      }
      options?.signal?.throwIfAborted();
      if (bytes.byteLength !== target.byteLength) {
        throw coreError('SOURCE_CHANGED', `${name} gave ${bytes.byteLength} bytes instead of ${target.byteLength}`, {
          offset,
        });
      }
      target.set(new Uint8Array(bytes));
    },
    async close() {},
  };
  return source;
}

/** A window of another source, with offsets that start at 0. Closing it leaves the other one open. */
export function sliceSource(
  source: ByteSource,
  offset: number,
  byteLength: number,
  name: string = source.name,
): ByteSource {
  checkRange(source, offset, byteLength);
  const slice: ByteSource = {
    name,
    byteLength,
    async readInto(position, target, options) {
      checkRange(slice, position, target.byteLength);
      await source.readInto(offset + position, target, options);
    },
    async close() {},
  };
  return slice;
}
