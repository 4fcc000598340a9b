/**
 * Reads the weights of a checkpoint into the weight tape: straight where the source has them in the tape's layout, else by
 * way of a tile. Formats that carry digests are verified on these very bytes, not on an earlier reading of the file.
 */
import type { Checkpoint, CheckpointTensor } from '@mirust/checkpoint';
import { encodedSize, PANEL_ROWS, type ReadOptions, rowCount, rowLength, rowOffsets } from '@mirust/core';
import { scalesName, tapeEncoding } from '@mirust/model';
import { interleaveRows, type MatrixShape, type StoredTensor } from '@mirust/quant';
import type { ModelMemory } from './memory.ts';
import type { LoadedWeights } from './weights.ts';

/** How to read. */
export interface ReadWeightsOptions {
  readonly signal?: AbortSignal;
  /** Called as bytes arrive. */
  readonly onProgress?: (loadedBytes: number, totalBytes: number) => void;
}

/** Bytes read at once: large enough to keep a disk busy, small enough to abort promptly. */
const READ_BYTES = 4 * 2 ** 20;

/** Fills the weight tape. Throws whatever reading and verifying throw, and the signal's reason. */
export async function readWeights(
  checkpoint: Checkpoint,
  memory: ModelMemory,
  options: ReadWeightsOptions,
): Promise<LoadedWeights> {
  const weights = new Map<string, StoredTensor>();
  let totalBytes = 0;
  for (const [name, { encoding: stored, shape }] of checkpoint.tensors) {
    const encoding = tapeEncoding(stored, shape);
    const payload = memory.weight(name);
    const hasScales = encodedSize(encoding, shape, { tensor: name }).scaleBytes > 0;
    const scales = hasScales ? memory.weight(scalesName(name)) : new Uint8Array(0);
    weights.set(name, { name, encoding, shape, payload, scales });
    totalBytes += payload.byteLength + scales.byteLength;
  }
  let loadedBytes = 0;
  for (const [name, tensor] of checkpoint.tensors) {
    const target = weights.get(name) as StoredTensor;
    const rows = rowCount(tensor.shape);
    const rowsPerRead = panelsPerRead(target) * PANEL_ROWS;
    for (let row = 0; row < rows; row += rowsPerRead) {
      options.signal?.throwIfAborted();
      const part = rowsOf(target, row, Math.min(rows, row + rowsPerRead));
      await readPart(tensor, row, part, options.signal === undefined ? {} : { signal: options.signal });
      loadedBytes += part.payload.byteLength + part.scales.byteLength;
      options.onProgress?.(loadedBytes, totalBytes);
    }
  }
  return weights;
}

/** How many runs of 8 rows are read at once, whatever the layout: at least one. */
function panelsPerRead({ shape, payload, scales }: StoredTensor): number {
  const panelBytes = ((payload.byteLength + scales.byteLength) * PANEL_ROWS) / rowCount(shape);
  return Math.max(1, Math.floor(READ_BYTES / panelBytes));
}

/** Rows `first` to `end` (exclusive) of a tensor, as a matrix over the same memory. */
function rowsOf(tensor: StoredTensor, first: number, end: number): StoredTensor & { readonly shape: MatrixShape } {
  const from = rowOffsets(tensor, first);
  const to = rowOffsets(tensor, end);
  return {
    ...tensor,
    shape: [end - first, rowLength(tensor.shape)],
    payload: tensor.payload.subarray(from.payloadOffset, to.payloadOffset),
    scales: tensor.scales.subarray(from.scaleOffset, to.scaleOffset),
  };
}

/** Reads rows into their part of the tape: straight where the source has them in its layout, else by way of a tile. */
async function readPart(
  source: CheckpointTensor,
  firstRow: number,
  { encoding, shape, payload, scales }: ReturnType<typeof rowsOf>,
  options: ReadOptions,
): Promise<void> {
  const [count] = shape;
  if (source.encoding.layout === encoding.layout) {
    await source.readRows(firstRow, count, payload, scales, options);
    return;
  }
  const size = encodedSize(source.encoding, shape, { tensor: source.name });
  const tile = { payload: new Uint8Array(size.payloadBytes), scales: new Uint8Array(size.scaleBytes) };
  await source.readRows(firstRow, count, tile.payload, tile.scales, options);
  interleaveRows(source.encoding, shape, tile, payload);
}
