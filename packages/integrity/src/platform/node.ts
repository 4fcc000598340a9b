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
 * What a thread runs. It reads a piece in the same breath as it hashes it: the bytes come out of the cache that reading has
 * put them into, and the first touch of fresh memory, which costs more than the copy, is shared between the threads too.
 */
const DIGEST_SCRIPT = `
const { createHash } = require('node:crypto');
return ({ bytes, pieceBytes = bytes.byteLength || 1, file, claim }) => {
  if (claim !== undefined && Atomics.compareExchange(claim, 0, 0, 1) !== 0) throw new Error('withdrawn');
  const digest = new Uint8Array(32 * Math.max(1, Math.ceil(bytes.byteLength / pieceBytes)));
  let readMilliseconds = 0;
  let digestMilliseconds = 0;
  for (let at = 0, to = 0; to < digest.byteLength; at += pieceBytes, to += 32) {
    const piece = bytes.subarray(at, at + pieceBytes);
    const start = performance.now();
    if (file !== undefined) readFile(piece, { descriptor: file.descriptor, offset: file.offset + at });
    const filled = performance.now();
    digest.set(createHash('sha256').update(piece).digest(), to);
    readMilliseconds += filled - start;
    digestMilliseconds += performance.now() - filled;
  }
  return { digest, readMilliseconds, digestMilliseconds };
};
`;

export const startDigestThread: typeof contract.startDigestThread = (events) =>
  startWorkerThread({ body: DIGEST_SCRIPT }, events);
