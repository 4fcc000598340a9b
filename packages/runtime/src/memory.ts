/**
 * The memory of a loaded model: one buffer, cut into the three tapes of the layout. Every placement of the layout is
 * taken from its tape in order, and must come out at the offset that the layout gave it: plan = allocation.
 */
import { formatBytes } from '@mirust/core';
import { type MemoryLayout, TAPE_ALIGNMENT, type TapeLayout } from '@mirust/model';
import { runtimeError } from './errors.ts';
import { Tape, type TapeStat } from './tape.ts';

/** The three tapes, and every placement of the layout as bytes. Owned by one model; freed with it. */
export interface ModelMemory {
  readonly byteLength: number;
  /** The bytes of a placement. RangeError for a name that the layout does not have. */
  weight(name: string): Uint8Array;
  /** As f32 or u32 by the caller's choice. */
  scratch(name: string): Uint8Array;
  history(name: string): Uint8Array;
  /** Zeroes the cache. */
  wipeHistory(): void;
  stats(): readonly TapeStat[];
}

/** Allocates the memory of a layout. Throws `RUNTIME_MEMORY` where the platform refuses. */
export function allocateMemory(layout: MemoryLayout, options: { readonly debug?: boolean } = {}): ModelMemory {
  const memory = allocateBuffer(layout.totalBytes);
  let address = 0;
  const tape = (name: string, { byteLength }: TapeLayout): Tape => {
    const made = new Tape({ name, memory, address, capacityBytes: byteLength, debug: options.debug ?? false });
    address += byteLength;
    return made;
  };
  const weights = tape('weights', layout.weights);
  const scratch = tape('scratch', layout.scratch);
  const history = tape('history', layout.history);

  const weightBlocks = takePlacements(weights, layout.weights);
  const historyBlocks = takePlacements(history, layout.history);
  // Scratch placements overlap by design, so the tape gives one block and the layout's offsets cut it.
  const scratchBlock = scratch.take(layout.scratch.byteLength, TAPE_ALIGNMENT, 'working buffers').bytes();
  const scratchPlacements = new Map(layout.scratch.placements.map((placement) => [placement.name, placement]));

  return {
    byteLength: layout.totalBytes,
    weight: (name) => blockOf(weightBlocks, name),
    scratch: (name) => {
      const placement = scratchPlacements.get(name);
      if (placement === undefined) throw new RangeError(`the layout has no working buffer ${name}`);
      return scratchBlock.subarray(placement.offset, placement.offset + placement.byteLength);
    },
    history: (name) => blockOf(historyBlocks, name),
    wipeHistory: () => history.wipe(),
    stats: () => [weights.stat(), scratch.stat(), history.stat()],
  };
}

/** Zero-filled memory; the engines throw RangeError where they have no room for it. */
function allocateBuffer(byteLength: number): ArrayBuffer {
  try {
    return new ArrayBuffer(byteLength);
  } catch (cause) {
    throw runtimeError('RUNTIME_MEMORY', `the platform refuses a buffer of ${formatBytes(byteLength)}`, {
      expected: byteLength,
      cause,
    });
  }
}

function takePlacements(tape: Tape, layout: TapeLayout): ReadonlyMap<string, Uint8Array> {
  const blocks = new Map<string, Uint8Array>();
  let start: number | undefined;
  for (const { name, offset, byteLength, alignment } of layout.placements) {
    const block = tape.take(byteLength, alignment, name);
    start ??= block.address - offset;
    if (block.address - start !== offset) {
      throw new Error(`${name} was planned at ${offset} and allocated at ${block.address - start}`);
    }
    blocks.set(name, block.bytes());
  }
  return blocks;
}

function blockOf(blocks: ReadonlyMap<string, Uint8Array>, name: string): Uint8Array {
  const block = blocks.get(name);
  if (block === undefined) throw new RangeError(`the layout has no placement ${name}`);
  return block;
}
