/**
 * Reads weights tensor by tensor, rows straight to their place in the tape. Where the source has them row-major and the
 * tape interleaved, they are read to the end of their own panels and interleaved in place, while the next ones are read.
 */
import type { Checkpoint, CheckpointTensor } from '@mirust/checkpoint';
import {
  type ActivityClock,
  createActivityClock,
  encodedSize,
  PANEL_ROWS,
  rowCount,
  rowLength,
  rowOffsets,
  yieldToEventLoop,
} from '@mirust/core';
import type { MatrixShape, StoredTensor } from '@mirust/quant';
import { createInterleave, type Interleave } from './interleave.ts';
import type { LoadTimes } from './load-times.ts';
import type { ModelMemory } from './memory.ts';
import type { ReadWeightsOptions } from './read-weights.ts';
import type { LoadedWeights } from './weights.ts';

/** Bytes read at once: large enough to keep a disk busy, small enough to abort promptly. */
const READ_BYTES = 4 * 2 ** 20;

/** Reads under way at the same time: one whose rows are interleaved, the rest on their way. */
const READS_AHEAD = 4;

/** Rows of a tensor, with their part of the tape. */
interface Part {
  readonly source: CheckpointTensor;
  readonly firstRow: number;
  readonly target: StoredTensor & { readonly shape: MatrixShape };
}

/** Fills the tensors. Throws what reading throws, the first thing that is thrown, once nothing is being read any more. */
export async function readTensors(
  checkpoint: Checkpoint,
  memory: ModelMemory,
  weights: LoadedWeights,
  options: ReadWeightsOptions,
): Promise<LoadTimes> {
  const { signal, onProgress } = options;
  const totalBytes = [...weights.values()].reduce((sum, tensor) => sum + storedBytes(tensor), 0);
  const clock = createActivityClock(['interleave', 'read']);
  const interleave = await createInterleave(checkpoint, memory);
  const parts = partsOf(checkpoint, weights);
  const failures: unknown[] = [];
  let loadedBytes = 0;

  async function lane(): Promise<void> {
    try {
      // All lanes take from one iterator; one that leaves it early ends it for all.
      for (const part of parts) {
        signal?.throwIfAborted();
        await readPart(part, interleave, clock, signal);
        loadedBytes += storedBytes(part.target);
        onProgress?.(loadedBytes, totalBytes);
        // A source in memory never waits, and an abort has to come through.
        await yieldToEventLoop();
      }
    } catch (error) {
      failures.push(error);
    }
  }

  await Promise.all(Array.from({ length: READS_AHEAD }, lane));
  if (failures.length > 0) throw failures[0];
  const interleaveMilliseconds = clock.milliseconds('interleave');
  return {
    bytes: totalBytes,
    readMilliseconds: clock.milliseconds('read'),
    ...(interleaveMilliseconds > 0 ? { interleaveMilliseconds } : {}),
  };
}

function storedBytes({ payload, scales }: StoredTensor): number {
  return payload.byteLength + scales.byteLength;
}

/** All tensors, in the order of the file, cut into runs of whole panels. */
function* partsOf(checkpoint: Checkpoint, weights: LoadedWeights): Generator<Part, void, void> {
  for (const [name, source] of checkpoint.tensors) {
    const tensor = weights.get(name) as StoredTensor;
    const rows = rowCount(tensor.shape);
    const panelBytes = (storedBytes(tensor) * PANEL_ROWS) / rows;
    const rowsPerRead = Math.max(1, Math.floor(READ_BYTES / panelBytes)) * PANEL_ROWS;
    for (let row = 0; row < rows; row += rowsPerRead) {
      yield { source, firstRow: row, target: rowsOf(tensor, row, Math.min(rows, row + rowsPerRead)) };
    }
  }
}

/** Rows `first` to `end` (exclusive) of a tensor, as a matrix over the same memory. */
function rowsOf(tensor: StoredTensor, first: number, end: number): Part['target'] {
  const from = rowOffsets(tensor, first);
  const to = rowOffsets(tensor, end);
  return {
    ...tensor,
    shape: [end - first, rowLength(tensor.shape)],
    payload: tensor.payload.subarray(from.payloadOffset, to.payloadOffset),
    scales: tensor.scales.subarray(from.scaleOffset, to.scaleOffset),
  };
}

async function readPart(
  { source, firstRow, target }: Part,
  interleave: Interleave,
  clock: ActivityClock<'interleave' | 'read'>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { encoding, shape, payload, scales } = target;
  const options = signal === undefined ? {} : { signal };
  if (source.encoding.layout === encoding.layout) {
    await clock.during('read', () => source.readRows(firstRow, shape[0], payload, scales, options));
    return;
  }
  const size = encodedSize(source.encoding, shape, { tensor: source.name });
  const rows = {
    payload: payload.subarray(payload.byteLength - size.payloadBytes),
    scales: new Uint8Array(size.scaleBytes),
  };
  await clock.during('read', () => source.readRows(firstRow, shape[0], rows.payload, rows.scales, options));
  await clock.during('interleave', () => interleave(source.encoding, shape, rows, payload));
}
