/** A thread that admits whole files, one after the other: its settings come with it, paths as tasks. */
import { parentPort, workerData } from 'node:worker_threads';
import type { AdmissionReport } from '@mirust/admission';
import type { TaskFailure } from '@mirust/core';
import { type AdmissionSettings, admitPath } from './admit-path.ts';

const settings = workerData as AdmissionSettings;
// A thread is ended, not asked to stop.
const { signal } = new AbortController();

// Answers must come in the order of the tasks, so one file is looked at after the other.
let last = Promise.resolve();
parentPort?.on('message', (path: string) => {
  last = last.then(async () => parentPort?.postMessage(await answer(path)));
});
parentPort?.postMessage('ready');

async function answer(path: string): Promise<AdmissionReport | TaskFailure> {
  try {
    return await admitPath(path, settings, { signal });
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}
