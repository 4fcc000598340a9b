/**
 * Writes an SLM2 file from tiles that arrive in any order.
 *
 * Leaves and tensor digests need the bytes in order, tiles come in any order. Keeping incomplete chunks in memory would
 * be unbounded in the worst order, so the writer reads DATA back from the sink when everything is there: one pass, a few
 * chunks of memory, whatever the size of the file and whoever wrote it in which order. That the pass is the reader's own
 * also means that the digests are of what lies in the sink, and that a bad scale or a sink that was not zero is found
 * before the file becomes visible. Chunks are read in order and hashed side by side, each for its leaf and for its tensors.
 */
import type { ByteSink } from '@mirust/core';
import {
  CHUNK_BYTES,
  type ChunkTree,
  callerDigester,
  chunkCount,
  type HashOptions,
  SHA256_BYTES,
  sameBytes,
  sha256,
  toHex,
  treeDigest,
} from '@mirust/integrity';
import type { Slm2Meta } from '@mirust/schemas';
import { sinkSource } from '../_sink-source.ts';
import { createTensorWriter, type TensorTile } from '../_tensor-writer.ts';
import { SLM2_MUST_UNDERSTAND, type Slm2Kind } from './format.ts';
import { writeSlm2Head } from './header.ts';
import type { Slm2Layout } from './layout.ts';
import { writeSlm2Meta } from './meta.ts';
import { PENDING_SHA256, withPendingMeasurements } from './statistic.ts';
import { tensorDigests } from './tensor-digests.ts';
import { writeTensorTable } from './tensor-table.ts';

/** Writes one file. Lifetime: from creation to `finish`; the caller commits or aborts the sink. */
export interface Slm2Writer {
  /**
   * Writes a part of a tensor. Any order, any tile size, concurrent calls allowed; the bytes are the caller's again
   * once the promise is settled. Throws RangeError for a tile outside its tensor or over bytes written before.
   */
  writeTensor(name: string, tile: TensorTile): Promise<void>;
  /**
   * Digests DATA, writes everything else and gives the root digest, hexadecimal. `meta` is the layout's META with the
   * measured values filled in; it may be promised, and is waited for when DATA is done. Throws RangeError where it
   * differs in anything else or a source's digest is still pending, Error where a byte of a tensor was never written,
   * `SLM2_SCALE_VALUE` for a scale that is not positive and finite. Does not commit the sink.
   */
  finish(meta: Slm2Meta | Promise<Slm2Meta>, options?: HashOptions): Promise<{ readonly rootDigest: string }>;
}

/** Starts writing. Throws RangeError unless the sink has exactly the layout's length. */
export function createSlm2Writer(layout: Slm2Layout, sink: ByteSink): Slm2Writer {
  if (sink.byteLength !== layout.byteLength) {
    throw new RangeError(`the layout has ${layout.byteLength} bytes, the sink ${sink.byteLength}`);
  }
  const writer = createTensorWriter(layout.tensors, sink);
  return {
    writeTensor: (name, tile) => writer.writeTensor(name, tile),
    async finish(meta, options = {}) {
      writer.checkComplete();
      // What is known to be wrong is said before gigabytes are read; what fails meanwhile, when it is waited for.
      if (meta instanceof Promise) meta.catch(() => {});
      else finalMeta(layout, meta);
      const { tree, digests } = await digestData(layout, sink, options);
      const metaBytes = finalMeta(layout, await meta);
      const table = layout.tensors.map((tensor, index) => ({ ...tensor, sha256: digests[index] ?? PENDING_SHA256 }));
      const content: Readonly<Record<Exclude<Slm2Kind, 'DATA'>, Uint8Array>> = {
        META: metaBytes,
        TOKN: layout.tokenizerBytes,
        TENS: writeTensorTable(table),
        LEAF: tree.leaves,
      };
      const head = new Uint8Array(layout.dataOffset);
      const sections = [];
      for (const { kind, offset, byteLength } of layout.sections) {
        const isData = kind === 'DATA';
        if (!isData) head.set(content[kind], offset);
        const digest = toHex(await (isData ? treeDigest(tree) : sha256(content[kind])));
        sections.push({ kind, flags: SLM2_MUST_UNDERSTAND, offset, byteLength, sha256: digest });
      }
      const start = await writeSlm2Head(sections, layout.byteLength);
      head.set(start);
      await sink.write(0, head);
      return { rootDigest: toHex(start.subarray(32, 64)) };
    },
  };
}

/** Leaves and tensor digests of what lies in the sink. */
async function digestData(
  layout: Slm2Layout,
  sink: ByteSink,
  options: HashOptions,
): Promise<{ readonly tree: ChunkTree; readonly digests: readonly string[] }> {
  const { digester = callerDigester } = options;
  const leaves = new Uint8Array(chunkCount(layout.dataByteLength) * SHA256_BYTES);
  const digests = await tensorDigests(sinkSource(sink), layout, options, async (bytes, offset) => {
    leaves.set(await digester.sha256(bytes), (offset / CHUNK_BYTES) * SHA256_BYTES);
  });
  return { tree: { byteLength: layout.dataByteLength, leaves }, digests };
}

/** META's bytes, once it is sure that they differ from the layout's in measured values only. */
function finalMeta(layout: Slm2Layout, meta: Slm2Meta): Uint8Array {
  if (!sameBytes(writeSlm2Meta(withPendingMeasurements(meta)), layout.pendingMeta)) {
    throw new RangeError('META differs from the one of the layout in more than measured values');
  }
  const pending = meta.sources.find(({ sha256: digest }) => digest === PENDING_SHA256);
  if (pending !== undefined) throw new RangeError(`the digest of source ${pending.name} is still pending`);
  return writeSlm2Meta(meta);
}
