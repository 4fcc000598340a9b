/** Interleaving rows where they were read to: by a kernel for the types that have one, else by the definition. */
import type { Checkpoint } from '@mirust/checkpoint';
import { PANEL_ROWS, type TensorEncoding } from '@mirust/core';
import { blockKind, compileInterleaveKernel } from '@mirust/kernels';
import { tapeEncoding } from '@mirust/model';
import { type EncodedTile, interleaveRows, type MatrixShape } from '@mirust/quant';
import type { ModelMemory } from './memory.ts';

/** `interleaveRows`, whose parameters these are, over rows and panels that lie in the memory of the model. */
export type Interleave = (encoding: TensorEncoding, shape: MatrixShape, rows: EncodedTile, panels: Uint8Array) => void;

/** What interleaves the tensors of a checkpoint best. Compiles nothing where there is nothing to interleave. */
export async function createInterleave(
  checkpoint: Checkpoint,
  { wasm, scratchTape }: ModelMemory,
): Promise<Interleave> {
  const hasBlocks = [...checkpoint.tensors.values()].some(
    ({ encoding, shape }) =>
      blockKind(encoding.dtype) !== undefined && tapeEncoding(encoding, shape).layout !== encoding.layout,
  );
  const kernel = hasBlocks && wasm !== undefined ? await compileInterleaveKernel(wasm) : undefined;
  if (kernel === undefined) return interleaveRows;
  // No run needs it yet.
  const room = scratchTape();
  return (encoding, shape, rows, panels) => {
    const [count, columns] = shape;
    const kind = blockKind(encoding.dtype);
    const rowBytes = rows.payload.byteLength / count;
    const wholeCount =
      kind !== undefined && PANEL_ROWS * rowBytes <= room.byteLength ? Math.floor(count / PANEL_ROWS) : 0;
    if (kind !== undefined && wholeCount > 0) {
      const { byteOffset } = rows.payload;
      kernel.interleaveBlocks(kind, byteOffset, panels.byteOffset, wholeCount, columns / 32, room.byteOffset);
    }
    const done = wholeCount * PANEL_ROWS;
    if (done === count) return;
    // A panel of blocks is as long as its rows.
    const rest = { payload: rows.payload.subarray(done * rowBytes), scales: rows.scales };
    interleaveRows(encoding, [count - done, columns], rest, panels.subarray(done * rowBytes));
  };
}
