/** Threads that hash, for the time of some work. */
import { statSync } from 'node:fs';
import { withProgress } from '@mirust/cli';
import type { HashOptions } from '@mirust/integrity';
import { defaultThreads, startWorkers } from '@mirust/pipeline';

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
  const byteLength = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const workers = startWorkers(threads ?? defaultThreads(byteLength));
  try {
    const digester = (await workers?.started) === true ? workers?.digester : undefined;
    return await withProgress(title, (onProgress) => work({ digester, signal, onProgress }));
  } finally {
    await workers?.close();
  }
}
