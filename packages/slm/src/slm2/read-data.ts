/** Reads all of DATA into memory: a file as `mirust-pack` writes it is the weight tape of the runtime, offset by offset. */
import type { ByteSource } from '@mirust/core';
import { type DigestPool, type ProgressOptions, readVerified, type VerifiedReadTimes } from '@mirust/integrity';
import { dataRules } from './_data-rules.ts';
import type { Slm2File } from './format.ts';

/** How to read. */
export interface ReadDataOptions extends ProgressOptions {
  /** Threads that read and hash, where `target` is shared memory. */
  readonly pool?: DigestPool | undefined;
}

/**
 * Fills `target`, which has `dataByteLength` bytes, with DATA. No byte is there that was not verified, with the rules that
 * digests do not see: throws as `openVerifiedData` does, and nothing is being read any more when it does. `source` is over
 * the same file as the one that `readSlm2` read.
 */
export function readSlm2Data(
  source: ByteSource,
  file: Slm2File,
  target: Uint8Array,
  options: ReadDataOptions = {},
): Promise<VerifiedReadTimes> {
  const { contents, checkBytes } = dataRules(file);
  const read = { tree: file.tree, source, offset: file.dataOffset, target };
  return readVerified(read, { ...options, contents, check: (bytes, offset) => checkBytes(bytes, offset) });
}
