/** Writes tiles of tensors to their places, in any order. Both containers' writers stand on it. */
import type { ByteSink } from '@mirust/core';
import { type Coverage, createCoverage } from './_coverage.ts';
import type { PlacedTensor } from './tensor.ts';

/** A part of a tensor: some bytes of its payload, of its scales, or both. `rowOffsets` says where rows start. */
export interface TensorTile {
  /** From the start of the payload. */
  readonly payloadOffset: number;
  readonly payload: Uint8Array;
  /** From the start of the scales; default 0. */
  readonly scaleOffset?: number;
  readonly scales?: Uint8Array;
}

/** See {@link createTensorWriter}. */
export interface TensorWriter {
  writeTensor(name: string, tile: TensorTile): Promise<void>;
  /** Throws Error unless every byte of every tensor has been written, and nothing is being written. */
  checkComplete(): void;
}

/**
 * A writer of tiles into `sink`. A tile that leaves its tensor, or that covers a byte twice, is a RangeError,
 * writes nothing, and makes the output unfinishable. Concurrent calls are allowed: each claims its bytes before it writes them.
 */
export function createTensorWriter(tensors: readonly PlacedTensor[], sink: ByteSink): TensorWriter {
  const targets = new Map<string, { tensor: PlacedTensor; payload: Coverage; scales: Coverage }>();
  for (const tensor of tensors) {
    targets.set(tensor.name, {
      tensor,
      payload: createCoverage(tensor.byteLength, `the payload of ${tensor.name}`),
      scales: createCoverage(tensor.scaleByteLength, `the scales of ${tensor.name}`),
    });
  }
  let writing = 0;
  /** A tile that failed has left a hole that no coverage knows: the output cannot be finished any more. */
  let failed = false;
  return {
    async writeTensor(name, { payloadOffset, payload, scaleOffset = 0, scales }) {
      const target = targets.get(name);
      if (target === undefined) throw new RangeError(`no tensor ${name} in this layout`);
      writing++;
      try {
        target.payload.claim(payloadOffset, payload.byteLength);
        if (scales !== undefined) target.scales.claim(scaleOffset, scales.byteLength);
        const { offset, scaleOffset: scaleStart } = target.tensor;
        if (payload.byteLength > 0) await sink.write(offset + payloadOffset, payload);
        if (scales !== undefined && scales.byteLength > 0) await sink.write(scaleStart + scaleOffset, scales);
      } catch (error) {
        failed = true;
        throw error;
      } finally {
        writing--;
      }
    },
    checkComplete() {
      if (failed) throw new Error('a tile failed: the output is incomplete');
      if (writing > 0) throw new Error('tensors are still being written');
      for (const [name, { payload, scales }] of targets) {
        const gap = payload.firstGap();
        if (gap !== undefined) throw new Error(`byte ${gap} of the payload of ${name} was never written`);
        const scaleGap = scales.firstGap();
        if (scaleGap !== undefined) throw new Error(`byte ${scaleGap} of the scales of ${name} was never written`);
      }
    },
  };
}
