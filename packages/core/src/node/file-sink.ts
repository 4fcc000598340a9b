/**
 * A file that appears whole or not at all. It is written under a temporary name in the same directory, flushed to
 * the disk, and renamed: whoever opens the final name sees the old file or the complete new one, also after a crash.
 */
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { coreError } from '../errors.ts';
import { type ByteSink, checkSinkRange } from '../sink.ts';
import { sanitizeText } from '../text.ts';
import { sinkFailure } from './_system-error.ts';
import { forgetTemporary, registerTemporary, temporaryPath } from './_temporaries.ts';

/** Bytes per system call: an abort is noticed in between, and no platform's limit of 2^31 is near. */
const MAX_WRITE_BYTES = 16 * 2 ** 20;

/**
 * Bytes after which the disk is set to work on what was written so far, beside the writes that follow. Left alone, a
 * system keeps them in memory, and all of them wait for `commit`.
 */
const FLUSH_BYTES = 16 * 2 ** 20;

/** Options of {@link atomicFileSink}. */
export interface FileSinkOptions {
  /** Makes `write`, `read` and `commit` throw its reason once it is aborted; the owner still calls `abort`. */
  readonly signal?: AbortSignal;
  /** Permissions of the new file, before the process's mask; default those of any file. Systems without them ignore it. */
  readonly mode?: number;
}

/**
 * Makes a sink of `byteLength` bytes that becomes the file `path` when it is committed; an existing file is replaced,
 * a symbolic link keeps pointing to it. Writes may overlap in time; `commit` must come after all of them. Throws
 * RangeError for a length that is not a non-negative safe integer, `SINK_WRITE` where the file cannot be made or
 * `path` is a directory or a device, `SINK_NO_SPACE`.
 */
export async function atomicFileSink(
  path: string,
  byteLength: number,
  options: FileSinkOptions = {},
): Promise<ByteSink> {
  if (!Number.isSafeInteger(byteLength) || byteLength < 0) {
    throw new RangeError(`byteLength must be a non-negative safe integer, got ${byteLength}`);
  }
  options.signal?.throwIfAborted();
  const finalPath = await checkTarget(path);
  const temporary = temporaryPath(finalPath);
  const name = sanitizeText(path);
  registerTemporary(temporary);
  let handle: FileHandle | undefined;
  try {
    handle = await open(temporary, 'wx+', options.mode);
    await handle.truncate(byteLength);
  } catch (error) {
    await discard(handle, temporary);
    throw sinkFailure(error, path);
  }
  const file = handle;
  let state: 'open' | 'committed' | 'aborted' = 'open';
  let unflushedBytes = 0;
  let flushing: Promise<void> | undefined;
  /** What a flush failed with: a system says so once, so it would be lost on the one of `commit`. */
  let flushError: unknown;

  function flushBehind(writtenBytes: number): void {
    unflushedBytes += writtenBytes;
    if (unflushedBytes < FLUSH_BYTES || flushing !== undefined || state !== 'open') return;
    unflushedBytes = 0;
    flushing = file
      .datasync()
      .catch((error) => {
        flushError ??= error;
      })
      .finally(() => {
        flushing = undefined;
      });
  }

  function checkOpen(): void {
    if (state !== 'open') throw new Error(`the sink ${name} is ${state}`);
    options.signal?.throwIfAborted();
  }

  const sink: ByteSink = {
    name,
    byteLength,
    async write(offset, bytes) {
      checkOpen();
      checkSinkRange(sink, offset, bytes.byteLength);
      try {
        if (flushError !== undefined) throw flushError;
        for (let done = 0; done < bytes.byteLength; ) {
          const length = Math.min(bytes.byteLength - done, MAX_WRITE_BYTES);
          const { bytesWritten } = await file.write(bytes, done, length, offset + done);
          if (bytesWritten === 0) throw coreError('SINK_WRITE', `${name} takes no more bytes`, { offset });
          done += bytesWritten;
          checkOpen();
        }
      } catch (error) {
        throw sinkFailure(error, path, { offset });
      }
      flushBehind(bytes.byteLength);
    },
    async read(offset, target) {
      checkOpen();
      checkSinkRange(sink, offset, target.byteLength);
      try {
        for (let done = 0; done < target.byteLength; ) {
          const length = Math.min(target.byteLength - done, MAX_WRITE_BYTES);
          const { bytesRead } = await file.read(target, done, length, offset + done);
          if (bytesRead === 0) throw coreError('SINK_WRITE', `${name} was cut short while it was written`, { offset });
          done += bytesRead;
          checkOpen();
        }
      } catch (error) {
        throw sinkFailure(error, path, { offset });
      }
    },
    async commit() {
      if (state === 'committed') return;
      checkOpen();
      try {
        await flushing;
        if (flushError !== undefined) throw flushError;
        await file.sync();
        await file.close();
        await rename(temporary, finalPath);
      } catch (error) {
        await sink.abort();
        throw sinkFailure(error, path);
      }
      state = 'committed';
      forgetTemporary(temporary);
      await syncDirectory(dirname(finalPath));
    },
    async abort() {
      if (state !== 'open') return;
      state = 'aborted';
      await flushing;
      await discard(file, temporary);
    },
  };
  return sink;
}

/** Writes a whole small file atomically. Throws as {@link atomicFileSink} does; leaves nothing behind when it does. */
export async function writeFileAtomic(path: string, bytes: Uint8Array, options: FileSinkOptions = {}): Promise<void> {
  const sink = await atomicFileSink(path, bytes.byteLength, options);
  try {
    await sink.write(0, bytes);
    await sink.commit();
  } finally {
    await sink.abort();
  }
}

/** The path that the rename will replace: links followed, and nothing that is not a file replaced (`/dev/null`). */
async function checkTarget(path: string): Promise<string> {
  try {
    const finalPath = await realpath(path);
    if (!(await stat(finalPath)).isFile()) {
      throw coreError('SINK_WRITE', `${sanitizeText(path)} exists and is not a file`);
    }
    return finalPath;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return path;
    throw sinkFailure(error, path);
  }
}

async function discard(handle: FileHandle | undefined, temporary: string): Promise<void> {
  // A handle that `commit` already closed closes again without a complaint worth passing on: the file must go.
  await handle?.close().catch(() => {});
  try {
    await rm(temporary, { force: true });
  } catch (error) {
    throw sinkFailure(error, temporary);
  }
  forgetTemporary(temporary);
}

/** Makes the rename itself durable. Some platforms cannot open directories; the file's bytes are safe without it. */
async function syncDirectory(directory: string): Promise<void> {
  try {
    const handle = await open(directory, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch {
    // See above.
  }
}
