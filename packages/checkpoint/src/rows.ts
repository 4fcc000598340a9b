/** Reading rows of a stored tensor from a source, whatever the order in which the source keeps them. */
import {
  type ByteSource,
  encodedSize,
  type ReadOptions,
  rowCount,
  type Shape,
  type TensorEncoding,
} from '@mirust/core';
import { huggingFaceRopeRow } from '@mirust/model';
import type { CheckpointTensor } from './checkpoint.ts';

/** Where the bytes of a tensor lie. */
export interface TensorPlace {
  readonly source: ByteSource;
  /** Absolute offset of the payload. */
  readonly offset: number;
  /** Absolute offset of the scales; unused where the encoding has none. */
  readonly scaleOffset: number;
}

/** What is read. */
export interface TensorIdentity {
  readonly name: string;
  readonly sourceName: string;
  readonly shape: Shape;
  readonly encoding: TensorEncoding;
}

/** A tensor whose rows lie in our order. */
export function storedTensor(identity: TensorIdentity, place: TensorPlace): CheckpointTensor {
  const { payloadRow, scalesRow, rows } = rowBytes(identity);
  return {
    ...identity,
    async readRows(firstRow, count, payload, scales, options) {
      checkRows(identity, rows, firstRow, count);
      checkTarget(payload, count * payloadRow, 'payload');
      checkTarget(scales, count * scalesRow, 'scales');
      await place.source.readInto(place.offset + firstRow * payloadRow, payload, options);
      if (scalesRow > 0) await place.source.readInto(place.scaleOffset + firstRow * scalesRow, scales, options);
    },
  };
}

/**
 * wq or wk of a Hugging Face checkpoint: rows of a head are kept as halves and handed out as pairs. Only plain types
 * occur there, so a row is a run of bytes. Whole heads are read at once and sorted in memory.
 */
export function ropePermutedTensor(identity: TensorIdentity, place: TensorPlace, headDim: number): CheckpointTensor {
  const { payloadRow, scalesRow, rows } = rowBytes(identity);
  if (scalesRow > 0) throw new RangeError(`${identity.name}: rows with separate scales cannot be permuted`);
  return {
    ...identity,
    async readRows(firstRow, count, payload, scales, options) {
      checkRows(identity, rows, firstRow, count);
      checkTarget(payload, count * payloadRow, 'payload');
      checkTarget(scales, 0, 'scales');
      const end = firstRow + count;
      for (let head = Math.floor(firstRow / headDim); head * headDim < end; head++) {
        const from = Math.max(firstRow, head * headDim);
        const to = Math.min(end, (head + 1) * headDim);
        const block = new Uint8Array(headDim * payloadRow);
        await place.source.readInto(place.offset + head * headDim * payloadRow, block, options);
        for (let row = from; row < to; row++) {
          const at = huggingFaceRopeRow(row, headDim) - head * headDim;
          payload.set(block.subarray(at * payloadRow, (at + 1) * payloadRow), (row - firstRow) * payloadRow);
        }
      }
    },
  };
}

function rowBytes({ encoding, shape, name }: TensorIdentity): { payloadRow: number; scalesRow: number; rows: number } {
  const rows = rowCount(shape);
  const { payloadBytes, scaleBytes } = encodedSize(encoding, shape, { tensor: name });
  return { payloadRow: payloadBytes / rows, scalesRow: scaleBytes / rows, rows };
}

function checkRows({ name }: TensorIdentity, rows: number, firstRow: number, count: number): void {
  const ok = Number.isSafeInteger(firstRow) && firstRow >= 0 && Number.isSafeInteger(count) && count >= 0;
  if (!ok || firstRow + count > rows)
    throw new RangeError(`rows ${firstRow} to ${firstRow + count} are not in ${name}`);
}

function checkTarget(target: Uint8Array, byteLength: number, what: string): void {
  if (target.byteLength !== byteLength) {
    throw new RangeError(`${what} must have ${byteLength} bytes, got ${target.byteLength}`);
  }
}

/** Reads all rows of a tensor into new memory: for small tensors and tests. */
export async function readWholeTensor(
  tensor: CheckpointTensor,
  options?: ReadOptions,
): Promise<{ readonly payload: Uint8Array; readonly scales: Uint8Array }> {
  const { payloadBytes, scaleBytes } = encodedSize(tensor.encoding, tensor.shape, { tensor: tensor.name });
  const payload = new Uint8Array(payloadBytes);
  const scales = new Uint8Array(scaleBytes);
  await tensor.readRows(0, rowCount(tensor.shape), payload, scales, options);
  return { payload, scales };
}
