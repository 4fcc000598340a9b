/** A file on disk as a source. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { coreError } from '../errors.ts';
import { type ByteSource, checkRange } from '../source.ts';
import { sanitizeText } from '../text.ts';
import { sourceFailure } from './_system-error.ts';

/** Bytes per system call: an abort is noticed in between, and no platform's limit of 2^31 is near. */
const MAX_READ_BYTES = 16 * 2 ** 20;

/** What a change of the file changes too. Writing within one tick of the clock (4 ms on ext4) can go unseen. */
interface FileState {
  readonly byteLength: bigint;
  readonly modifiedNs: bigint;
  /** 0 once the name is gone: the file was removed, or another one was renamed over it. */
  readonly linkCount: bigint;
}

/**
 * Opens a file. Any part of it may be read at the same time as any other. Throws `SOURCE_NOT_FOUND`, and
 * `SOURCE_READ` for a directory, a pipe or a device and where permission is missing. Reads throw `SOURCE_CHANGED`
 * once the file is shorter, written to, removed or replaced, and Error after `close`.
 */
export async function fileSource(path: string): Promise<ByteSource> {
  let handle: FileHandle;
  try {
    // Without O_NONBLOCK (absent on Windows), opening a pipe that nobody writes to would wait for ever.
    handle = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    throw sourceFailure(error, path);
  }
  let opened: FileState;
  let byteLength: number;
  try {
    opened = await fileState(handle, path);
    byteLength = Number(opened.byteLength);
  } catch (error) {
    await handle.close();
    throw sourceFailure(error, path);
  }
  const name = sanitizeText(path);
  let closed = false;
  let lent = 0;
  let onLastReturn: (() => void) | undefined;

  /** Throws `SOURCE_CHANGED` unless the file is as it was. Called after the bytes are there: a check before proves less. */
  async function checkUnchanged(offset: number): Promise<void> {
    const now = await fileState(handle, path);
    if (now.byteLength !== opened.byteLength) {
      throw coreError('SOURCE_CHANGED', `${name} has ${now.byteLength} bytes now and had ${byteLength}`, {
        offset,
        expected: byteLength,
        actual: now.byteLength,
      });
    }
    if (now.linkCount === 0n && opened.linkCount > 0n) {
      throw coreError('SOURCE_CHANGED', `${name} was removed or replaced while it was read`, { offset });
    }
    if (now.modifiedNs !== opened.modifiedNs) {
      throw coreError('SOURCE_CHANGED', `${name} was written to while it was read`, { offset });
    }
  }

  const source: ByteSource = {
    name,
    byteLength,
    async readInto(offset, target, options) {
      if (closed) throw new Error(`the source ${name} is closed`);
      options?.signal?.throwIfAborted();
      checkRange(source, offset, target.byteLength);
      try {
        let done = 0;
        while (done < target.byteLength) {
          const wanted = Math.min(target.byteLength - done, MAX_READ_BYTES);
          const { bytesRead } = await handle.read(target, done, wanted, offset + done);
          options?.signal?.throwIfAborted();
          if (bytesRead === 0) break;
          done += bytesRead;
        }
        await checkUnchanged(offset);
        if (done < target.byteLength) {
          throw coreError('SOURCE_READ', `${name} ended at byte ${offset + done}`, { offset: offset + done });
        }
      } catch (error) {
        throw sourceFailure(error, path, { offset });
      }
    },
    lendFile() {
      if (closed) throw new Error(`the source ${name} is closed`);
      lent++;
      return {
        descriptor: handle.fd,
        checkUnchanged: () => checkUnchanged(0),
        giveBack() {
          lent--;
          if (lent === 0) onLastReturn?.();
        },
      };
    },
    async close() {
      if (closed) return;
      closed = true;
      // The number of a closed descriptor is given to the next file that is opened: no thread may read it then.
      if (lent > 0) await new Promise<void>((resolve) => (onLastReturn = resolve));
      await handle.close();
    },
  };
  return source;
}

async function fileState(handle: FileHandle, path: string): Promise<FileState> {
  const stat = await handle.stat({ bigint: true });
  if (!stat.isFile()) {
    const problem = stat.isDirectory() ? 'is a directory, not a file' : 'is not a regular file';
    throw coreError('SOURCE_READ', `${sanitizeText(path)} ${problem}`, {
      remedy: 'Name a file; a checkpoint directory is opened by the command, not as one file.',
    });
  }
  return { byteLength: stat.size, modifiedNs: stat.mtimeNs, linkCount: stat.nlink };
}
