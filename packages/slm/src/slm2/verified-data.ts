/** Reading DATA: no byte is handed out before the SHA-256 of its chunk has been checked. */
import { type ByteSource, checkRange, type Holding, type Ledger, type ReadOptions, readRange } from '@mirust/core';
import {
  CHUNK_BYTES,
  callerDigester,
  checkChunkDigest,
  chunkRange,
  type HashOptions,
  verifyChunk,
} from '@mirust/integrity';
import { slmError } from '../errors.ts';
import { dataRules } from './_data-rules.ts';
import type { Slm2File } from './format.ts';
import { tensorDigests } from './tensor-digests.ts';

/** Chunks that are kept: one for every read that a loader has under way at the same time. */
const MAX_KEPT_CHUNKS = 4;

/**
 * A source with the offsets of the file that gives out DATA, verified chunk by chunk. It must be over the same file as
 * the source that `readSlm2` read; a file that was replaced in between fails here.
 *
 * A chunk that a read covers whole is read straight into its target and checked there; a chunk that it covers in part is
 * read beside it and kept for a while, because another read mostly wants the rest of it. On an error the target is
 * zeroed: what was not verified is not handed out. Throws `CHUNK_DIGEST` naming chunk, bytes and tensors, `SLM2_PADDING`
 * and `SLM2_SCALE_VALUE` for rules that digests do not see, RangeError outside DATA. Concurrent reads are allowed.
 * Closing it leaves the other source open. A ledger gets the chunks that are kept.
 */
export function openVerifiedData(source: ByteSource, file: Slm2File, ledger?: Ledger): ByteSource {
  const { dataOffset, dataByteLength, tree } = file;
  const { contents, checkBytes } = dataRules(file);
  /** Chunks that were read in part, the oldest first: never changed after they were verified. */
  const kept = new Map<number, Promise<Uint8Array>>();
  const holdings = new Map<number, Holding>();
  let isClosed = false;

  function keep(index: number, bytes: Promise<Uint8Array>): void {
    forget(index);
    kept.set(index, bytes);
    if (ledger === undefined) return;
    const name = `chunk ${index} of ${source.name}`;
    holdings.set(index, ledger.take({ name, kind: 'buffer', bytes: chunkRange(dataByteLength, index).byteLength }));
  }
  function forget(index: number): void {
    kept.delete(index);
    holdings.get(index)?.release();
    holdings.delete(index);
  }

  async function check(index: number, bytes: Uint8Array): Promise<void> {
    await verifyChunk(tree, index, bytes, { baseOffset: dataOffset, contents });
    checkBytes(bytes, index * CHUNK_BYTES);
  }
  async function load(index: number, options: ReadOptions | undefined): Promise<Uint8Array> {
    const range = chunkRange(dataByteLength, index);
    const bytes = await readRange(source, dataOffset + range.offset, range.byteLength, options);
    await check(index, bytes);
    return bytes;
  }
  async function chunk(index: number, options: ReadOptions | undefined): Promise<Uint8Array> {
    const waiting = kept.get(index);
    if (waiting !== undefined) {
      // Another read's failure (its signal, for one) is not ours: then the chunk is read again.
      const known = await waiting.catch(() => undefined);
      if (known !== undefined) return known;
    }
    const bytes = load(index, options);
    // Whoever waits sees the failure; nobody may be waiting on the copy that is kept.
    bytes.catch(() => {});
    if (isClosed) return bytes;
    keep(index, bytes);
    const [oldest] = kept.keys();
    if (oldest !== undefined && kept.size > MAX_KEPT_CHUNKS) forget(oldest);
    return bytes;
  }
  async function fill(offset: number, target: Uint8Array, options: ReadOptions | undefined): Promise<void> {
    let done = 0;
    while (done < target.byteLength) {
      options?.signal?.throwIfAborted();
      const position = offset + done - dataOffset;
      const index = Math.floor(position / CHUNK_BYTES);
      const range = chunkRange(dataByteLength, index);
      const within = position - range.offset;
      const part = target.subarray(done, done + range.byteLength - within);
      if (part.byteLength === range.byteLength) {
        await source.readInto(dataOffset + range.offset, part, options);
        await check(index, part);
      } else {
        part.set((await chunk(index, options)).subarray(within, within + part.byteLength));
      }
      done += part.byteLength;
    }
  }
  return {
    name: source.name,
    byteLength: source.byteLength,
    async readInto(offset, target, options) {
      checkRange(source, offset, target.byteLength);
      if (offset < dataOffset || offset + target.byteLength > dataOffset + dataByteLength) {
        throw new RangeError(`bytes ${offset} to ${offset + target.byteLength} are not within DATA`);
      }
      try {
        await fill(offset, target, options);
      } catch (error) {
        target.fill(0);
        throw error;
      }
    },
    async close() {
      isClosed = true;
      for (const index of [...kept.keys()]) forget(index);
    },
  };
}

/**
 * Reads all of DATA once, in constant memory, and checks every chunk, the padding, every scale and the digest of every
 * tensor; what is hashed is hashed by the digester. Throws as {@link openVerifiedData} does, and `SLM2_TENSOR_DIGEST`
 * where an entry of TENS states a wrong one.
 */
export async function verifySlm2Data(source: ByteSource, file: Slm2File, options: HashOptions = {}): Promise<void> {
  const { tree, dataOffset: baseOffset } = file;
  const { contents } = dataRules(file);
  const { digester = callerDigester } = options;
  const digests = await tensorDigests(source, file, { ...options, digester }, async (bytes, offset) => {
    checkChunkDigest(tree, offset / CHUNK_BYTES, await digester.sha256(bytes), { baseOffset, contents });
  });
  for (const [index, tensor] of file.tensors.entries()) {
    if (digests[index] === tensor.sha256) continue;
    throw slmError('SLM2_TENSOR_DIGEST', `${tensor.name} does not have the SHA-256 of its entry`, {
      offset: tensor.offset,
      tensor: tensor.name,
      expected: tensor.sha256,
      actual: digests[index] ?? '',
    });
  }
}
