/** SHA-256 by node:crypto. */
import { createHash } from 'node:crypto';
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
