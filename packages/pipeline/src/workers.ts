/** Threads for conversions: started early, because they take a while, and used by one conversion after the other. */
import { startThreadPool, type ThreadPool } from '@mirust/core';
import type { Digester } from '@mirust/integrity';
import { physicalCores } from '@mirust/kernels/encode';
import { startWorkThread } from '#platform';
import { createThreadDigester } from './_thread-digester.ts';
import type { WorkAnswer, WorkTask } from './work-task.ts';

/** Threads at work. Whoever starts them closes them; closing ends what they do. */
export interface Workers extends ThreadPool<WorkTask, WorkAnswer> {
  /** Digests on these threads. */
  readonly digester: Digester;
}

/** Bytes of a source below which it is converted before a second thread is at work. */
const SMALL_SOURCE_BYTES = 32 * 2 ** 20;

/**
 * Threads that a conversion uses unless it is told otherwise: as many as there are cores that compute for themselves, and
 * one, the caller's own, for a source of so few bytes.
 */
export function defaultThreads(sourceBytes: number): number {
  return sourceBytes < SMALL_SOURCE_BYTES ? 1 : physicalCores();
}

/**
 * Starts threads; undefined for one, which is the caller's own, and where the platform has none: then a conversion runs
 * on the caller's thread. Throws RangeError for a count that is not a positive integer.
 */
export function startWorkers(threadCount: number): Workers | undefined {
  if (threadCount === 1) return undefined;
  const pool = startThreadPool({ threadCount, purpose: 'of the conversion', start: startWorkThread });
  return pool && { ...pool, digester: createThreadDigester(pool) };
}
