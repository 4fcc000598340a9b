/** Threads that hash, for the time of some work. */
import { statSync } from 'node:fs';
import { withProgress } from '@mirust/cli';
import type { Digester, HashOptions } from '@mirust/integrity';
import { defaultThreads, startWorkers } from '@mirust/pipeline';

/** Threads at work. Whoever starts them closes them. */
export interface HashingThreads {
  /** Undefined where the caller's thread hashes: one is wanted, or the platform starts none. */
  readonly digester: Digester | undefined;
  close(): Promise<void>;
}

/** Starts so many threads, and waits until one is at work. */
export async function startHashing(threads: number): Promise<HashingThreads> {
  const workers = startWorkers(threads);
  return {
    digester: (await workers?.started) === true ? workers?.digester : undefined,
    close: async () => workers?.close(),
  };
}

/** Bytes of a file; 0 for what is none or cannot be looked at, of which whoever opens it will say more. */
export function fileBytes(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}

/** Runs `work` with what it needs to hash the file at a path, and a progress bar called `title`. */
export async function withDigester<T>(
  path: string,
  {
    title,
    threads,
    signal,
  }: { readonly title: string; readonly threads: number | undefined; readonly signal: AbortSignal },
  work: (options: HashOptions) => Promise<T>,
): Promise<T> {
  const { digester, close } = await startHashing(threads ?? defaultThreads(fileBytes(path)));
  try {
    return await withProgress(title, (onProgress) => work({ digester, signal, onProgress }));
  } finally {
    await close();
  }
}
