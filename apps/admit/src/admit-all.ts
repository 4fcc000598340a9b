/**
 * Admits many models. Few are looked at one by one, with digests on all threads; of many, every thread has files of its own.
 * Either way no more than one file per thread is open, and the reports come in the order of the paths.
 */
import type { AdmissionReport } from '@mirust/admission';
import { withProgress } from '@mirust/cli';
import { startThreadPool, type ThreadPool } from '@mirust/core';
import { startWorkerThread } from '@mirust/core/node';
import { defaultThreads } from '@mirust/pipeline';
import { type AdmissionSettings, admitPath } from './admit-path.ts';
import { fileBytes, startHashing } from './with-digester.ts';

/** Files from which threads of their own are worth their start. */
const MANY_FILES = 16;

/** Threads that have files of their own: each holds tiles and a heap, and disks have an end. */
const MAX_FILE_THREADS = 16;

/** The reports, as they are done. `threads`: as many as the user asked for, if they did. */
export async function* admitAll(
  paths: readonly string[],
  settings: AdmissionSettings,
  threads: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<AdmissionReport, void> {
  const count = threads ?? defaultThreads(paths.length < MANY_FILES ? largestFile(paths) : Number.POSITIVE_INFINITY);
  // Models that are run take the memory of the machine, one at a time.
  const isParallel = count > 1 && paths.length >= MANY_FILES && settings.policy?.behaviour === undefined;
  if (isParallel) yield* admitInThreads(paths, settings, Math.min(count, MAX_FILE_THREADS), signal);
  else yield* admitInTurn(paths, settings, count, signal);
}

async function* admitInTurn(
  paths: readonly string[],
  settings: AdmissionSettings,
  threads: number,
  signal: AbortSignal,
): AsyncGenerator<AdmissionReport, void> {
  const { digester, close } = await startHashing(threads);
  try {
    for (const path of paths) {
      yield await withProgress('verifying', (onProgress) =>
        admitPath(path, settings, { signal, digester, onProgress }),
      );
    }
  } finally {
    await close();
  }
}

async function* admitInThreads(
  paths: readonly string[],
  settings: AdmissionSettings,
  threadCount: number,
  signal: AbortSignal,
): AsyncGenerator<AdmissionReport, void> {
  const pool = startPool(threadCount, settings);
  const close = (): void => void pool?.close();
  signal.addEventListener('abort', close, { once: true });
  try {
    // A platform that starts no thread has the caller's.
    const run = (await pool?.started) === true ? pool?.run : undefined;
    if (run === undefined) return yield* admitInTurn(paths, settings, 1, signal);
    const reports = paths.map((path) => run(path));
    // The first failure is thrown below; others must not end the process meanwhile.
    for (const report of reports) report.catch(() => {});
    for (const report of reports) yield await report;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', close);
    await pool?.close();
  }
}

function startPool(threadCount: number, data: AdmissionSettings): ThreadPool<string, AdmissionReport> | undefined {
  return startThreadPool<string, AdmissionReport>({
    threadCount,
    purpose: 'that admits files',
    // Beside the bundle of the command.
    start: (events) => startWorkerThread({ url: new URL('./worker.js', import.meta.url), data }, events),
  });
}

function largestFile(paths: readonly string[]): number {
  return Math.max(...paths.map(fileBytes));
}
