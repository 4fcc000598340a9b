/** Worker threads of Node that serve a pool. */
import { Worker } from 'node:worker_threads';
import type { PoolThread, PoolThreadEvents } from '../thread-pool.ts';

/** What a worker is to be. */
export interface WorkerScript {
  /**
   * The body of a function that returns what does a task: `(task) => answer`. As text, so that a library in one file can
   * start it; it sees `require`, `data`, and {@link readFile}. What it throws is the failure of one task.
   */
  readonly body: string;
  /** Given to the body; copied, but for what threads share. */
  readonly data?: unknown;
}

/** A worker that is a module of its own: it says `'ready'`, then answers each task, with `{ failure }` where there is none. */
export interface WorkerModule {
  readonly url: URL;
  /** Its `workerData`; copied, but for what threads share. */
  readonly data?: unknown;
}

/** In every script: fills bytes from an open file, which has to have them. */
const READ_FILE = `
const { readSync } = require('node:fs');
function readFile(bytes, { descriptor, offset }) {
  for (let done = 0; done < bytes.byteLength; ) {
    const count = readSync(descriptor, bytes, done, bytes.byteLength - done, offset + done);
    if (count === 0) throw new Error('the file ends at byte ' + (offset + done));
    done += count;
  }
}
`;

/** Starts a worker. Throws what Node throws where it has no room for one. */
export function startWorkerThread<Task, Answer>(
  work: WorkerScript | WorkerModule,
  events: PoolThreadEvents<Answer>,
): PoolThread<Task> {
  const worker = 'url' in work ? new Worker(work.url, { workerData: work.data }) : startScript(work);
  let ended = false;
  worker.on('message', (message: Answer | 'ready') => {
    if (message === 'ready') events.onReady();
    else events.onAnswer(message);
  });
  worker.on('error', (cause) => {
    if (!ended) events.onFailure(cause);
  });
  worker.on('exit', (code) => {
    if (!ended) events.onFailure(new Error(`a worker thread ended with code ${code}`));
  });
  return {
    post: (task) => worker.postMessage(task),
    async terminate() {
      ended = true;
      await worker.terminate();
    },
  };
}

function startScript({ body, data }: WorkerScript): Worker {
  const script = `
const { parentPort, workerData: data } = require('node:worker_threads');
${READ_FILE}
const work = (() => { ${body} })();
parentPort.on('message', (task) => {
  let message;
  try {
    message = work(task);
  } catch (error) {
    message = { failure: String(error) };
  }
  parentPort.postMessage(message);
});
parentPort.postMessage('ready');
`;
  return new Worker(script, { eval: true, workerData: data });
}
