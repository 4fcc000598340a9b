/**
 * Reads all data of a chunk tree into memory, straight to its place, every chunk verified: how weights are loaded.
 *
 * ```
 *                            reads                        hashes
 * file, shared memory        the threads of the pool      the same thread, while the bytes are in its cache
 * server, shared memory      the source, ahead            the threads of the pool
 * no pool, or not yet        the source, ahead            the caller's thread, or what its platform hashes with
 * ```
 * "Ahead": several runs of chunks are under way at the same time, so that one is read while another is hashed. Nothing is
 * copied and nothing is held besides the target.
 *
 * Why threads that hash also read: 1.1 GB from the page cache into fresh memory, two Zen 3 cores of a virtual machine,
 * Linux 6.18, Node 20, best and worst of three.
 * ```
 * SHA-256 alone, two threads, bytes in memory                           0.40 – 0.43 s
 * reading alone, by one thread, by two                    1.08 – 1.20 , 0.55 – 0.66 s    1 or 4 MiB at a time: the same
 * two threads that read and hash                                        0.94 – 1.04 s
 * two threads that hash, one or two reads ahead of them   1.32 – 1.62 , 1.13 – 1.20 s
 * one thread that hashes, one read ahead of it                          1.28 – 1.36 s
 * ```
 * Reading is a copy of 0.2 s; the rest is the first touch of 269,000 pages, which no way of reading avoids.
 */
import { type ByteSource, createActivityClock, type LentFile, yieldToEventLoop } from '@mirust/core';
import { type ChunkRun, createChunkRuns } from './_chunk-runs.ts';
import { CHUNK_BYTES, type ChunkTree, checkChunkDigest, chunkCount } from './chunk-tree.ts';
import { type DigestPool, isShared } from './digest-pool.ts';
import { sameBytes } from './hex.ts';
import { type ProgressOptions, SHA256_BYTES, sha256 } from './sha256.ts';

/** What is read, and where to. */
export interface VerifiedRead {
  readonly tree: ChunkTree;
  readonly source: ByteSource;
  /** Where the data of the tree begins in the source. */
  readonly offset: number;
  /** As long as the data. */
  readonly target: Uint8Array;
}

/** How to read. */
export interface VerifiedReadOptions extends ProgressOptions {
  /** Takes the work over from the caller's thread as soon as its threads run, where `target` is shared memory. */
  readonly pool?: DigestPool | undefined;
  /** What lies in a range of the data, for messages: the names of tensors. */
  readonly contents?: (offset: number, byteLength: number) => string;
  /** Sees every chunk once its digest is right, in any order: rules of a format. What it throws ends the reading. */
  readonly check?: (bytes: Uint8Array, offset: number) => void;
}

/** Where the time went, summed over the threads that worked side by side. */
export interface VerifiedReadTimes {
  /** Reading, and waiting for it. */
  readonly readMilliseconds: number;
  /** Digests and checks. */
  readonly verifyMilliseconds: number;
}

/** Runs under way at the same time: one is hashed, the rest are on their way. */
const RUNS_AHEAD = 4;
/**
 * Chunks of a run: a request to a server costs a round trip, and a message to a thread takes time from the threads that
 * hash (1.1 GB on two cores: 6 % more of it with a message for every chunk). More would make an abort wait.
 */
const CHUNKS_PER_RUN = 4;

/**
 * Fills `target`. Throws `CHUNK_DIGEST` for the first chunk that differs, what the source and `check` throw, the signal's
 * reason, and RangeError for a target of another length. When it throws, nothing is read any more, and every byte of
 * `target` is verified, zero, or as it was.
 */
export async function readVerified(read: VerifiedRead, options: VerifiedReadOptions = {}): Promise<VerifiedReadTimes> {
  const { tree, source, offset, target } = read;
  const { signal, onProgress, contents, check } = options;
  if (target.byteLength !== tree.byteLength) {
    throw new RangeError(`the data has ${tree.byteLength} bytes, the target ${target.byteLength}`);
  }
  signal?.throwIfAborted();
  const context = contents === undefined ? { baseOffset: offset } : { baseOffset: offset, contents };
  const pool = isShared(target) ? options.pool : undefined;
  const clock = createActivityClock(['verify', 'read']);
  const threadTimes = { read: 0, verify: 0 };
  const runs = createChunkRuns({
    count: chunkCount(tree.byteLength),
    chunksPerRun: CHUNKS_PER_RUN,
    shared: pool !== undefined,
    signal,
  });
  let doneBytes = 0;

  const bytesOf = ({ first, end }: ChunkRun): Uint8Array => target.subarray(first * CHUNK_BYTES, end * CHUNK_BYTES);

  function accept(chunk: number, digest: Uint8Array): void {
    const bytes = bytesOf({ first: chunk, end: chunk + 1 });
    checkChunkDigest(tree, chunk, digest, context);
    check?.(bytes, chunk * CHUNK_BYTES);
    doneBytes += bytes.byteLength;
    onProgress?.(doneBytes, tree.byteLength);
  }

  async function readRun(run: ChunkRun, hash: (bytes: Uint8Array) => Promise<Uint8Array>): Promise<void> {
    const at = offset + run.first * CHUNK_BYTES;
    await clock.during('read', () => source.readInto(at, bytesOf(run), signal === undefined ? {} : { signal }));
    for (let chunk = run.first; chunk < run.end; chunk++) {
      signal?.throwIfAborted();
      const bytes = bytesOf({ first: chunk, end: chunk + 1 });
      await clock.during('verify', async () => accept(chunk, await hash(bytes)));
    }
    // A source in memory never waits, and an abort has to come through.
    await yieldToEventLoop();
  }

  async function readByThread(run: ChunkRun, pool: DigestPool, { descriptor }: LentFile): Promise<void> {
    const file = { descriptor, offset: offset + run.first * CHUNK_BYTES };
    const task = { bytes: bytesOf(run), pieceBytes: CHUNK_BYTES, file, claim: runs.claimOf(run) };
    const result = await pool.digest(task).catch(() => undefined);
    if (runs.isWithdrawn(run)) return;
    threadTimes.read += result?.readMilliseconds ?? 0;
    threadTimes.verify += result?.digestMilliseconds ?? 0;
    const leaves = tree.leaves.subarray(run.first * SHA256_BYTES, run.end * SHA256_BYTES);
    // What a thread cannot vouch for is read once more by the source, which knows what to say: the file was cut, replaced …
    if (result === undefined || !sameBytes(result.digest, leaves)) return readRun(run, sha256);
    await clock.during('verify', () => {
      for (let chunk = run.first, at = 0; chunk < run.end; chunk++, at += SHA256_BYTES) {
        accept(chunk, result.digest.subarray(at, at + SHA256_BYTES));
      }
    });
  }

  /** Lanes side by side. What was not verified when a run fails is not handed out. */
  function lanes(count: number, work: (run: ChunkRun) => Promise<void>, goesOn?: () => boolean): Promise<unknown> {
    const clear = (run: ChunkRun): unknown => bytesOf(run).fill(0);
    return Promise.all(Array.from({ length: count }, () => runs.lane(work, clear, goesOn)));
  }

  const file = pool === undefined ? undefined : source.lendFile?.();
  // What threads have begun they finish: a run each.
  const withdraw = (): void => runs.withdrawFrom(0);
  signal?.addEventListener('abort', withdraw);
  try {
    let isTakenOver = false;
    let byThreads: Promise<unknown> | undefined;
    void pool?.started.then((started) => {
      isTakenOver = started;
      if (!started) return;
      const hash = (bytes: Uint8Array): Promise<Uint8Array> =>
        pool.digest({ bytes }).then(
          ({ digest }) => digest,
          () => sha256(bytes),
        );
      const tasks = pool.tasksPerThread * pool.threadCount;
      byThreads =
        file === undefined
          ? lanes(Math.max(RUNS_AHEAD, 2 * pool.threadCount), (run) => readRun(run, hash))
          : lanes(tasks, (run) => readByThread(run, pool, file));
    });
    // Threads that run already are told so before the first run is taken.
    await Promise.resolve();
    const byCaller = (run: ChunkRun): Promise<void> => readRun(run, sha256);
    await lanes(RUNS_AHEAD, byCaller, () => !isTakenOver);
    await byThreads;
    runs.throwFailure();
    await file?.checkUnchanged();
  } finally {
    signal?.removeEventListener('abort', withdraw);
    file?.giveBack();
  }
  return {
    readMilliseconds: threadTimes.read + clock.milliseconds('read'),
    verifyMilliseconds: threadTimes.verify + clock.milliseconds('verify'),
  };
}
