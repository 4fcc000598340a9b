/**
 * What a platform provides for SHA-256. `node.ts`, `browser.ts` and `noble.ts` give the same results; `#platform`
 * picks one of the first two, and the third stands in where a browser has no secure context.
 */
import type { PoolThread, PoolThreadEvents } from '@mirust/core';
import type { DigestResult, DigestTask } from '../digest-task.ts';

/** A SHA-256 that takes its input in pieces. Not for concurrent use. */
export interface Sha256 {
  /** Appends bytes. They are consumed at once: the caller may reuse the memory. Throws Error after `digest`. */
  update(bytes: Uint8Array): void;
  /** The digest, 32 bytes; once. */
  digest(): Uint8Array;
}

/**
 * SHA-256 of bytes in one piece, by the fastest means of the platform. The bytes must not change until the promise is
 * settled. Memory that is shared between threads is accepted.
 */
export declare function sha256(bytes: Uint8Array): Promise<Uint8Array>;

/** Starts a SHA-256 over pieces. */
export declare function createSha256(): Sha256;

/**
 * Starts a thread; undefined where none are needed: a browser hashes on threads of its own. Throws what the platform
 * throws where it has no room for one.
 */
export declare function startDigestThread(events: PoolThreadEvents<DigestResult>): PoolThread<DigestTask> | undefined;
