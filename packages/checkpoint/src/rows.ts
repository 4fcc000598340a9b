/** Reading rows of a stored tensor from a source, whatever the order in which the source keeps them. */
import {
  type ByteSource,
  encodedSize,
  type ReadOptions,
  rowCount,
  rowOffsets,
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

/** A tensor whose rows lie in our order, in either layout. */
export function storedTensor(identity: TensorIdentity, place: TensorPlace): CheckpointTensor {
  const rows = rowCount(identity.shape);
  return {
    ...identity,
    async readRows(firstRow, count, payload, scales, options) {
      checkRows(identity, rows, firstRow, count);
      const from = rowOffsets(identity, firstRow);
      const to = rowOffsets(identity, firstRow + count);
      checkTarget(payload, to.payloadOffset - from.payloadOffset, 'payload');
      checkTarget(scales, to.scaleOffset - from.scaleOffset, 'scales');
      await place.source.readInto(place.offset + from.payloadOffset, payload, options);
      if (scales.byteLength > 0) await place.source.readInto(place.scaleOffset + from.scaleOffset, scales, options);
    },
    locateRows(firstRow) {
      const { payloadOffset, scaleOffset } = rowOffsets(identity, firstRow);
      const { source } = place;
      return { source, payloadOffset: place.offset + payloadOffset, scaleOffset: place.scaleOffset + scaleOffset };
    },
  };
}

/**
 * wq or wk of a Hugging Face checkpoint: rows of a head are kept as halves and handed out as pairs. Only plain types
 * occur there, so a row is a run of bytes.
 *
 * Rows of one head are read as two runs, one of each half; rows of several heads as one run of whole heads. So a read
 * takes at most two heads more than it needs, and two requests.
 */
export function ropePermutedTensor(identity: TensorIdentity, place: TensorPlace, headDim: number): CheckpointTensor {
  const rows = rowCount(identity.shape);
  const { payloadOffset: payloadRow, scaleOffset: scalesRow } = rowOffsets(identity, 1);
  if (scalesRow > 0) throw new RangeError(`${identity.name}: rows with separate scales cannot be permuted`);
  return {
    ...identity,
    async readRows(firstRow, count, payload, scales, options) {
      checkRows(identity, rows, firstRow, count);
      checkTarget(payload, count * payloadRow, 'payload');
      checkTarget(scales, 0, 'scales');
      const runs = await Promise.all(
        sourceRuns(firstRow, count, headDim).map(async ({ start, end }) => {
          const bytes = new Uint8Array((end - start) * payloadRow);
          await place.source.readInto(place.offset + start * payloadRow, bytes, options);
          return { start, end, bytes };
        }),
      );
      for (let row = firstRow; row < firstRow + count; row++) {
        const from = huggingFaceRopeRow(row, headDim);
        const run = runs.find(({ start, end }) => from >= start && from < end);
        if (run === undefined) throw new Error(`row ${from} of ${identity.name} was not read`);
        const at = (from - run.start) * payloadRow;
        payload.set(run.bytes.subarray(at, at + payloadRow), (row - firstRow) * payloadRow);
      }
    },
  };
}

/** The runs of source rows, end exclusive, that hold our rows from `firstRow` on. */
function sourceRuns(firstRow: number, count: number, headDim: number): { start: number; end: number }[] {
  const lastRow = firstRow + count - 1;
  const firstHead = Math.floor(firstRow / headDim);
  const lastHead = Math.floor(lastRow / headDim);
  if (firstHead < lastHead) return [{ start: firstHead * headDim, end: (lastHead + 1) * headDim }];
  const runs: { start: number; end: number }[] = [];
  // Every second of our rows is of the same half, and those are neighbours there.
  for (const first of [firstRow, firstRow + 1]) {
    if (first > lastRow) continue;
    const start = huggingFaceRopeRow(first, headDim);
    runs.push({ start, end: start + Math.floor((lastRow - first) / 2) + 1 });
  }
  return runs;
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
