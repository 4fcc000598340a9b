/** SHA-256 by node:crypto, and threads that take it. */
import { createHash } from 'node:crypto';
import { startWorkerThread } from '@mirust/core/node';
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
 * What a thread runs. It reads in the same breath as it hashes: the bytes come out of the cache that reading has put them
 * into, and the first touch of fresh memory, which costs as much as the copy, is shared between the threads too.
 */
const DIGEST_SCRIPT = `
const { createHash } = require('node:crypto');
return ({ bytes, file }) => {
  const start = performance.now();
  if (file !== undefined) readFile(bytes, file);
  const filled = performance.now();
  const digest = new Uint8Array(createHash('sha256').update(bytes).digest());
  return { digest, readMilliseconds: filled - start, digestMilliseconds: performance.now() - filled };
};
`;

export const startDigestThread: typeof contract.startDigestThread = (events) =>
  startWorkerThread({ body: DIGEST_SCRIPT }, events);
