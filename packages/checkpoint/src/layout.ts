/** The memory layout of a checkpoint: what the planner prints and the runtime allocates. */
import { type EncodingTable, type LayoutRequest, layoutModel, type MemoryLayout } from '@mirust/model';
import type { Checkpoint } from './checkpoint.ts';

/** How the tensors of a checkpoint are stored. */
export function encodingTable(checkpoint: Pick<Checkpoint, 'tensors'>): EncodingTable {
  return new Map([...checkpoint.tensors].map(([name, { encoding }]) => [name, encoding]));
}

/** Lays out a checkpoint. Throws what `layoutModel` throws. */
export function layoutCheckpoint(checkpoint: Checkpoint, request: LayoutRequest = {}): MemoryLayout {
  return layoutModel(checkpoint.model, encodingTable(checkpoint), request);
}
