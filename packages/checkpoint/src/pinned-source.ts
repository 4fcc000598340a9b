/**
 * A source whose bytes cannot change unnoticed: one pass takes the SHA-256 of every 1 MiB chunk, and every later read
 * is checked against them. What was verified in between is what is read afterwards, even if the file is replaced.
 */
import { type ByteSource, checkRange, readRange } from '@mirust/core';
import {
  CHUNK_BYTES,
  chunkRange,
  createChunkHasher,
  forEachPiece,
  type ProgressOptions,
  verifyChunk,
} from '@mirust/integrity';

/** Pins a source. Reads it once; closing the result leaves `source` open. Reads throw `CHUNK_DIGEST` after a change. */
export async function pinSource(source: ByteSource, options: ProgressOptions = {}): Promise<ByteSource> {
  const hasher = createChunkHasher();
  await forEachPiece(source, { offset: 0, byteLength: source.byteLength }, (bytes) => hasher.update(bytes), options);
  const tree = await hasher.finish();
  return {
    name: source.name,
    byteLength: source.byteLength,
    async readInto(offset, target, readOptions) {
      checkRange(source, offset, target.byteLength);
      let done = 0;
      while (done < target.byteLength) {
        const index = Math.floor((offset + done) / CHUNK_BYTES);
        const range = chunkRange(source.byteLength, index);
        const chunk = await readRange(source, range.offset, range.byteLength, readOptions);
        await verifyChunk(tree, index, chunk);
        const part = chunk.subarray(offset + done - range.offset).subarray(0, target.byteLength - done);
        target.set(part, done);
        done += part.byteLength;
      }
    },
    async close() {},
  };
}
