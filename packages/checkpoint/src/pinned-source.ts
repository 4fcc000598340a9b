/**
 * A source whose bytes cannot change unnoticed: one pass takes the SHA-256 of every 1 MiB chunk, and every later read
 * is checked against them. What was verified in between is what is read afterwards, even if the file is replaced.
 */
import { type ByteSource, checkRange, type Holding, type Ledger, type ReadOptions, readRange } from '@mirust/core';
import {
  CHUNK_BYTES,
  type ChunkTree,
  chunkRange,
  createChunkHasher,
  forEachPiece,
  type ProgressOptions,
  verifyChunk,
} from '@mirust/integrity';

/** Reads a source once and takes the SHA-256 of every chunk. */
export async function takeChunkTree(source: ByteSource, options: ProgressOptions = {}): Promise<ChunkTree> {
  const hasher = createChunkHasher();
  await forEachPiece(source, { offset: 0, byteLength: source.byteLength }, (bytes) => hasher.update(bytes), options);
  return hasher.finish();
}

/** {@link takeChunkTree} and {@link sourceUnder} in one. */
export async function pinSource(
  source: ByteSource,
  { ledger, ...options }: ProgressOptions & { readonly ledger?: Ledger | undefined } = {},
): Promise<ByteSource> {
  return sourceUnder(source, await takeChunkTree(source, options), ledger);
}

/**
 * A source as it was when its chunks were hashed, which keeps 32 bytes for each. Closing the result leaves `source` open.
 * Its reads throw `CHUNK_DIGEST` after a change; bytes that were not verified are not handed out. Concurrent reads are
 * allowed. RangeError where the tree is of another length. A ledger gets the chunk that is kept between reads.
 */
export function sourceUnder(source: ByteSource, tree: ChunkTree, ledger?: Ledger): ByteSource {
  if (source.byteLength !== tree.byteLength) throw new RangeError('the tree is of another length than the source');
  /** The chunk that was last read in part: the next read mostly wants the rest of it. */
  let kept: { readonly index: number; readonly bytes: Uint8Array; readonly holding: Holding | undefined } | undefined;
  let isClosed = false;

  async function readChunk(index: number, readOptions: ReadOptions | undefined): Promise<Uint8Array> {
    if (kept?.index === index) return kept.bytes;
    const range = chunkRange(source.byteLength, index);
    const bytes = await readRange(source, range.offset, range.byteLength, readOptions);
    await verifyChunk(tree, index, bytes);
    if (isClosed) return bytes;
    kept?.holding?.release();
    const name = `chunk ${index} of ${source.name}`;
    kept = { index, bytes, holding: ledger?.take({ name, kind: 'buffer', bytes: bytes.byteLength, object: bytes }) };
    return bytes;
  }

  return {
    name: source.name,
    byteLength: source.byteLength,
    async readInto(offset, target, readOptions) {
      checkRange(source, offset, target.byteLength);
      let done = 0;
      while (done < target.byteLength) {
        readOptions?.signal?.throwIfAborted();
        const position = offset + done;
        const index = Math.floor(position / CHUNK_BYTES);
        const chunk = await readChunk(index, readOptions);
        const start = position - index * CHUNK_BYTES;
        const part = chunk.subarray(start, start + target.byteLength - done);
        target.set(part, done);
        done += part.byteLength;
      }
    },
    async close() {
      isClosed = true;
      kept?.holding?.release();
      kept = undefined;
    },
  };
}
