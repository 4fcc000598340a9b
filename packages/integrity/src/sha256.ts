/** SHA-256 of bytes, of bytes in pieces, and of a whole source. */
import { type ByteSource, checkRange, createReadMemory, type LentFile, readRange } from '@mirust/core';
import { callerDigester, type Digester, type DigestStream } from './digester.ts';

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

/** How to pass over a file. */
export interface PassOptions extends ProgressOptions {
  /**
   * Memory of pieces that are read and visited at the same time, each of `PASS_BYTES` or as long as the range. Default:
   * one piece, so that the next one is read when `visit` is done.
   */
  readonly pieces?: readonly Uint8Array[];
}

/**
 * Calls `visit` with every piece of a range of a source: the one loop of every pass over a file. Visits begin in order;
 * the memory of a piece is reused when its visit's promise is settled, so `visit` must be done with it then. Throws what
 * the first piece throws that fails, when nothing is being read or visited any more.
 */
export async function forEachPiece(
  source: ByteSource,
  range: { readonly offset: number; readonly byteLength: number },
  visit: (bytes: Uint8Array, offset: number) => void | Promise<void>,
  options: PassOptions = {},
): Promise<void> {
  const { signal, onProgress } = options;
  const read = signal === undefined ? {} : { signal };
  const { offset: start, byteLength } = range;
  checkRange(source, start, byteLength);
  const pieces = options.pieces ?? [createReadMemory(Math.min(PASS_BYTES, byteLength))];
  const failures: { readonly offset: number; readonly error: unknown }[] = [];
  let next = start;
  let doneBytes = 0;
  /** Fulfilled once the visit of the last piece that was taken has begun, or never will. */
  let begun: Promise<unknown> = Promise.resolve();

  async function visitInTurn(piece: Uint8Array, offset: number): Promise<void> {
    const before = begun;
    const reading = source.readInto(offset, piece, read);
    let visiting: Promise<void> | undefined;
    const beginning = Promise.allSettled([before, reading]).then(([, { status }]) => {
      if (status === 'fulfilled' && failures.length === 0) visiting = (async () => visit(piece, offset))();
    });
    begun = beginning;
    await reading;
    await beginning;
    await visiting;
  }

  async function lane(memory: Uint8Array): Promise<void> {
    while (next < start + byteLength && failures.length === 0) {
      const offset = next;
      const piece = memory.subarray(0, Math.min(PASS_BYTES, start + byteLength - offset));
      next += piece.byteLength;
      try {
        signal?.throwIfAborted();
        await visitInTurn(piece, offset);
        doneBytes += piece.byteLength;
        onProgress?.(doneBytes, byteLength);
      } catch (error) {
        failures.push({ offset, error });
      }
    }
  }

  await Promise.all(pieces.map(lane));
  const [first] = failures.sort((a, b) => a.offset - b.offset);
  if (first !== undefined) throw first.error;
}

/** How to hash a source. */
export interface HashOptions extends ProgressOptions {
  /** Default: the caller's thread. */
  readonly digester?: Digester | undefined;
}

/** SHA-256 of everything in a source, in constant memory. Throws as the source does. */
export async function sha256Source(source: ByteSource, options: HashOptions = {}): Promise<Uint8Array> {
  const { digester = callerDigester, ...progress } = options;
  const stream = digester.stream();
  const file = stream.updateFromFile === undefined ? undefined : source.lendFile?.();
  if (file !== undefined) await updateFromFile(stream, source, file, progress);
  else {
    const range = { offset: 0, byteLength: source.byteLength };
    const pieces = allocatePieces(digester, range.byteLength);
    await forEachPiece(source, range, (bytes) => stream.update(bytes), { ...progress, pieces });
  }
  return stream.digest();
}

/** Memory for a pass over so many bytes that keeps a digester busy. */
export function allocatePieces(digester: Digester, byteLength: number): Uint8Array[] {
  const pieceBytes = Math.min(PASS_BYTES, byteLength);
  const count = Math.min(digester.ahead, Math.max(1, Math.ceil(byteLength / PASS_BYTES)));
  return Array.from({ length: count }, () => digester.allocate(pieceBytes));
}

/** Bytes that a thread reads and hashes for one message: few messages, and an abort is noticed soon. */
const FILE_RANGE_BYTES = 4 * 2 ** 20;

/** Appends all of an open file, which its threads read. */
async function updateFromFile(
  stream: DigestStream,
  source: ByteSource,
  file: LentFile,
  { signal, onProgress }: ProgressOptions,
): Promise<void> {
  /** The range at work, and the one that waits. */
  const tasks: Promise<unknown>[] = [];
  try {
    for (let offset = 0; offset < source.byteLength; offset += FILE_RANGE_BYTES) {
      signal?.throwIfAborted();
      const end = Math.min(offset + FILE_RANGE_BYTES, source.byteLength);
      const range = { descriptor: file.descriptor, offset, byteLength: end - offset };
      const task = stream.updateFromFile?.(range).then(
        () => onProgress?.(end, source.byteLength),
        // The source knows how to say what is wrong.
        async (error) => {
          await readRange(source, offset, range.byteLength);
          throw error;
        },
      );
      // What fails while an earlier one is waited for is seen when its turn comes.
      task?.catch(() => {});
      tasks.push(task ?? Promise.resolve());
      if (tasks.length > 1) await tasks.shift();
    }
    await Promise.all(tasks);
    await file.checkUnchanged();
  } finally {
    await Promise.allSettled(tasks);
    file.giveBack();
  }
}
