/**
 * Threads that take the SHA-256 of pieces of shared memory: one thread hashes one or two gigabytes a second, less than a
 * disk reads. A thread also reads a piece from an open file, straight to its place, where it is asked to.
 */
import { type Ledger, startThreadPool, type ThreadPool } from '@mirust/core';
import { startDigestThread } from '#platform';
import type { DigestResult, DigestTask } from './digest-task.ts';

/** A pool. Whoever starts it closes it: until then it keeps a process alive. Calls may overlap. */
export interface DigestPool extends Omit<ThreadPool<DigestTask, DigestResult>, 'run'> {
  /**
   * Takes a digest; tasks begin in order, as threads are free. Throws TypeError for memory that is not shared, and Error
   * where the bytes could not be read, the threads have failed, or the pool is closed. How far the reading got is not
   * known then, but it is over.
   */
  digest(task: DigestTask): Promise<DigestResult>;
}

/** At 4 MiB a task and 1 GB/s a thread: while the caller's thread is busy for 100 ms, threads do not wait for it. */
const TASKS_PER_THREAD = 24;

/**
 * Starts a pool; a ledger gets its threads. Undefined where the platform needs none: it hashes beside the thread that asks
 * by itself.
 */
export function startDigestPool(threadCount: number, ledger?: Ledger): DigestPool | undefined {
  const pool = startThreadPool({
    threadCount,
    ledger,
    purpose: 'that takes digests',
    tasksPerThread: TASKS_PER_THREAD,
    start: startDigestThread,
  });
  if (pool === undefined) return undefined;
  const { run, ...rest } = pool;
  return {
    ...rest,
    async digest(task) {
      if (!isShared(task.bytes)) throw new TypeError('threads take digests of shared memory alone');
      return run(task);
    },
  };
}

/** Whether threads see the same bytes. */
export function isShared(bytes: Uint8Array): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && bytes.buffer instanceof SharedArrayBuffer;
}
