/** SHA-256 by node:crypto, and threads that take it. */
import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { DigestAnswer } from '../digest-task.ts';
import type * as contract from './contract.ts';

export const sha256: typeof contract.sha256 = async (bytes) => plain(createHash('sha256').update(bytes).digest());

export const createSha256: typeof contract.createSha256 = () => {
  const hash = createHash('sha256');
  return {
    update(bytes) {
      hash.update(bytes);
    },
    digest: () => plain(hash.digest()),
  };
};

/** A Buffer compares, prints and serialises unlike a Uint8Array: callers get the same thing on every platform. */
function plain(buffer: Uint8Array): Uint8Array {
  return new Uint8Array(buffer);
}

/**
 * What a thread runs; as text, so that a library in one file can start it. It reads in the same breath as it hashes: the
 * bytes come out of the cache that reading has put them into, and the first touch of fresh memory, which costs as much as
 * the copy, is shared between the threads too.
 */
const THREAD_SCRIPT = `
const { createHash } = require('node:crypto');
const { readSync } = require('node:fs');
const { parentPort } = require('node:worker_threads');
function fill(bytes, { descriptor, offset }) {
  for (let done = 0; done < bytes.byteLength; ) {
    const count = readSync(descriptor, bytes, done, bytes.byteLength - done, offset + done);
    if (count === 0) throw new Error('the file ends at byte ' + (offset + done));
    done += count;
  }
}
function answer({ bytes, file }) {
  const start = performance.now();
  if (file !== undefined) fill(bytes, file);
  const filled = performance.now();
  const digest = new Uint8Array(createHash('sha256').update(bytes).digest());
  return { digest, readMilliseconds: filled - start, digestMilliseconds: performance.now() - filled };
}
parentPort.on('message', (task) => {
  let message;
  try {
    message = answer(task);
  } catch (error) {
    message = { failure: String(error) };
  }
  parentPort.postMessage(message);
});
parentPort.postMessage('ready');
`;

export const startDigestThread: typeof contract.startDigestThread = (events) => {
  const worker = new Worker(THREAD_SCRIPT, { eval: true });
  let ended = false;
  worker.on('message', (message: DigestAnswer | 'ready') => {
    if (message === 'ready') events.onReady();
    else events.onAnswer(message);
  });
  worker.on('error', (cause) => {
    if (!ended) events.onFailure(cause);
  });
  worker.on('exit', (code) => {
    if (!ended) events.onFailure(new Error(`a thread that takes digests ended with code ${code}`));
  });
  return {
    post: (task) => worker.postMessage(task),
    async terminate() {
      ended = true;
      await worker.terminate();
    },
  };
};
