/**
 * Writes an SLM1 file from tiles that arrive in any order.
 *
 * The checksum covers the whole file in order and every step of it depends on the one before, while tiles come from
 * several workers in any order. So the writer reads the finished bytes back from the sink, once and in constant memory,
 * by the reader's own pass: what it signs is what lies there, and a wrong scale or a sink that was not zero is found
 * before the file becomes visible.
 */
import type { ByteSink } from '@mirust/core';
import type { ProgressOptions } from '@mirust/integrity';
import { sinkSource } from '../_sink-source.ts';
import { createTensorWriter, type TensorTile } from '../_tensor-writer.ts';
import { writeSlm1Directory } from './directory.ts';
import { writeSlm1Header } from './header.ts';
import type { Slm1Layout } from './layout.ts';
import { passOverSlm1 } from './verify.ts';

/** Writes one file. Lifetime: from creation to `finish`; the caller commits or aborts the sink. */
export interface Slm1Writer {
  /**
   * Writes a part of a tensor. Any order, any tile size, concurrent calls allowed; the bytes are the caller's again
   * once the promise is settled. Throws RangeError for a tile outside its tensor or over bytes written before.
   */
  writeTensor(name: string, tile: TensorTile): Promise<void>;
  /**
   * Writes header, tokenizer and directory and gives the checksum. Throws Error where a byte of a tensor was never
   * written, `SLM1_SCALE_VALUE` for a scale that is not positive and finite. Does not commit the sink.
   */
  finish(options?: ProgressOptions): Promise<{ readonly checksum: bigint }>;
}

/** Starts writing. Throws RangeError unless the sink has exactly the layout's length. */
export function createSlm1Writer(layout: Slm1Layout, sink: ByteSink): Slm1Writer {
  if (sink.byteLength !== layout.byteLength) {
    throw new RangeError(`the layout has ${layout.byteLength} bytes, the sink ${sink.byteLength}`);
  }
  const writer = createTensorWriter(layout.tensors, sink);
  return {
    writeTensor: (name, tile) => writer.writeTensor(name, tile),
    async finish(options = {}) {
      writer.checkComplete();
      const { header, tokenizerBytes } = layout;
      const head = new Uint8Array(header.dataOffset);
      head.set(writeSlm1Header(header));
      head.set(tokenizerBytes, header.tokenizerOffset);
      head.set(writeSlm1Directory(layout.tensors), header.directoryOffset);
      await sink.write(0, head);
      const { checksum, problem } = await passOverSlm1(sinkSource(sink), layout, options);
      if (problem !== undefined) throw problem;
      await sink.write(0, writeSlm1Header({ ...header, checksum }));
      return { checksum };
    },
  };
}
