/** SHA-256 in JavaScript: the portable path, and the only incremental one that a browser has. */
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import type * as contract from './contract.ts';

export const sha256: typeof contract.sha256 = async (bytes) => nobleSha256(bytes);

export const createSha256: typeof contract.createSha256 = () => {
  const hash = nobleSha256.create();
  return {
    update(bytes) {
      hash.update(bytes);
    },
    digest: () => hash.digest(),
  };
};
