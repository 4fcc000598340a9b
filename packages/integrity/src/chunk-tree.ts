/**
 * A chunk tree: data cut into chunks of 1 MiB (the last one shorter), a SHA-256 leaf per chunk, and the SHA-256 of all
 * leaves as the digest of the whole. Whoever holds the digest can check the leaves, and whoever holds the leaves can
 * check any chunk on its own, in any order and in parallel, with one-shot hashing.
 *
 * Two levels are enough: the leaves of a terabyte are 32 MiB. The digest covers only leaves, so the length of the data
 * must be bound elsewhere (SLM2's root digest binds it).
 */
import { integrityError } from './errors.ts';
import { sameBytes, toHex } from './hex.ts';
import { SHA256_BYTES, sha256 } from './sha256.ts';

/** Bytes of every chunk but the last: a compromise between leaves to store and bytes to read for one small range. */
export const CHUNK_BYTES: number = 2 ** 20;

/** The leaves of some data. */
export interface ChunkTree {
  /** Of the data. */
  readonly byteLength: number;
  /** SHA-256 of every chunk, concatenated. */
  readonly leaves: Uint8Array;
}

/** How many chunks there are; none in empty data. */
export function chunkCount(byteLength: number): number {
  return Math.ceil(byteLength / CHUNK_BYTES);
}

/** Where a chunk lies in the data. Throws RangeError for an index outside. */
export function chunkRange(
  byteLength: number,
  index: number,
): { readonly offset: number; readonly byteLength: number } {
  if (!Number.isSafeInteger(index) || index < 0 || index >= chunkCount(byteLength)) {
    throw new RangeError(`chunk ${index} of ${chunkCount(byteLength)}`);
  }
  const offset = index * CHUNK_BYTES;
  return { offset, byteLength: Math.min(CHUNK_BYTES, byteLength - offset) };
}

/** The digest of the whole: SHA-256 of the leaves. */
export function treeDigest(tree: ChunkTree): Promise<Uint8Array> {
  return sha256(tree.leaves);
}

/** The stored leaf of a chunk, as a view. Throws RangeError where the tree has no such leaf. */
export function chunkLeaf(tree: ChunkTree, index: number): Uint8Array {
  const leaf = tree.leaves.subarray(index * SHA256_BYTES, (index + 1) * SHA256_BYTES);
  if (leaf.byteLength !== SHA256_BYTES) throw new RangeError(`no leaf for chunk ${index}`);
  return leaf;
}

/** How an error shall speak of a chunk. */
export interface ChunkContext {
  /** Where the data starts in its file: errors state absolute offsets. Default 0. */
  readonly baseOffset?: number;
  /** What lies in the chunk, for the message: the names of tensors. */
  readonly contents?: (offset: number, byteLength: number) => string;
}

/**
 * Checks one whole chunk. Throws `CHUNK_DIGEST`, naming chunk and byte range; RangeError where `bytes` is not as long
 * as the chunk.
 */
export async function verifyChunk(
  tree: ChunkTree,
  index: number,
  bytes: Uint8Array,
  context: ChunkContext = {},
): Promise<void> {
  const range = chunkRange(tree.byteLength, index);
  if (bytes.byteLength !== range.byteLength) {
    throw new RangeError(`chunk ${index} has ${range.byteLength} bytes, got ${bytes.byteLength}`);
  }
  checkChunkDigest(tree, index, await sha256(bytes), context);
}

/** Compares the digest that a whole chunk turned out to have with its leaf. Throws `CHUNK_DIGEST`. */
export function checkChunkDigest(tree: ChunkTree, index: number, actual: Uint8Array, context: ChunkContext = {}): void {
  const expected = chunkLeaf(tree, index);
  if (sameBytes(actual, expected)) return;
  const range = chunkRange(tree.byteLength, index);
  const offset = (context.baseOffset ?? 0) + range.offset;
  const contents = context.contents?.(range.offset, range.byteLength) ?? '';
  const where = `chunk ${index} (bytes ${offset} to ${offset + range.byteLength - 1}${contents})`;
  throw integrityError('CHUNK_DIGEST', `${where} does not match its SHA-256`, {
    offset,
    expected: toHex(expected),
    actual: toHex(actual),
  });
}

/**
 * Checks a run of whole chunks that starts at `offset` of the data. Throws `CHUNK_DIGEST` for the first one that does
 * not match; RangeError unless the run starts and ends where chunks do.
 */
export async function verifyRange(
  tree: ChunkTree,
  offset: number,
  bytes: Uint8Array,
  context: ChunkContext = {},
): Promise<void> {
  const end = offset + bytes.byteLength;
  const whole = end === tree.byteLength || (end < tree.byteLength && end % CHUNK_BYTES === 0);
  if (!Number.isSafeInteger(offset) || offset < 0 || offset % CHUNK_BYTES !== 0 || !whole) {
    throw new RangeError(`bytes ${offset} to ${end} are not whole chunks`);
  }
  for (let at = 0; at < bytes.byteLength; at += CHUNK_BYTES) {
    await verifyChunk(tree, (offset + at) / CHUNK_BYTES, bytes.subarray(at, at + CHUNK_BYTES), context);
  }
}

/** Makes the tree of data that arrives in order. Holds at most one chunk. Not for concurrent use. */
export interface ChunkHasher {
  /** Takes the next bytes; they may be reused once the promise is settled. */
  update(bytes: Uint8Array): Promise<void>;
  /** The tree of everything; once. */
  finish(): Promise<ChunkTree>;
}

/** Starts a {@link ChunkHasher}. */
export function createChunkHasher(): ChunkHasher {
  const leaves: Uint8Array[] = [];
  let partial: Uint8Array | undefined;
  let used = 0;
  let byteLength = 0;
  return {
    async update(bytes) {
      byteLength += bytes.byteLength;
      let rest = bytes;
      while (rest.byteLength > 0) {
        if (used === 0 && rest.byteLength >= CHUNK_BYTES) {
          leaves.push(await sha256(rest.subarray(0, CHUNK_BYTES)));
          rest = rest.subarray(CHUNK_BYTES);
          continue;
        }
        partial ??= new Uint8Array(CHUNK_BYTES);
        const taken = rest.subarray(0, CHUNK_BYTES - used);
        partial.set(taken, used);
        used += taken.byteLength;
        rest = rest.subarray(taken.byteLength);
        if (used < CHUNK_BYTES) continue;
        leaves.push(await sha256(partial));
        used = 0;
      }
    },
    async finish() {
      if (partial !== undefined && used > 0) leaves.push(await sha256(partial.subarray(0, used)));
      const all = new Uint8Array(leaves.length * SHA256_BYTES);
      for (const [index, leaf] of leaves.entries()) all.set(leaf, index * SHA256_BYTES);
      return { byteLength, leaves: all };
    },
  };
}
