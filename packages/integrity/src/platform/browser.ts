/** SHA-256 in a browser: WebCrypto in a secure context, JavaScript elsewhere and for input in pieces. */
import type * as contract from './contract.ts';
import { sha256 as nobleSha256 } from './noble.ts';

export { createSha256 } from './noble.ts';

export const sha256: typeof contract.sha256 = async (bytes) => {
  // `crypto.subtle` is missing on plain http pages; typed as always there.
  const subtle: SubtleCrypto | undefined = globalThis.crypto?.subtle;
  if (subtle === undefined) return nobleSha256(bytes);
  return new Uint8Array(await subtle.digest('SHA-256', ownBytes(bytes)));
};

/** `crypto.subtle` hashes beside the thread that asks, several pieces at the same time. */
export const startDigestThread: typeof contract.startDigestThread = () => undefined;

/**
 * WebCrypto throws a TypeError for views of shared or resizable memory, and a WebAssembly memory with threads is
 * shared: such bytes are copied, the rest are not.
 */
function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, byteLength } = bytes;
  if (buffer instanceof ArrayBuffer && !('resizable' in buffer && buffer.resizable === true)) {
    return new Uint8Array(buffer, byteOffset, byteLength);
  }
  return new Uint8Array(bytes);
}
