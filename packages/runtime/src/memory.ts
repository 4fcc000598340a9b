/**
 * The memory of a loaded model: one region, cut into the tapes of the layout. Every placement of the layout is taken
 * from its tape in order, and must come out at the offset that the layout gave it: plan = allocation.
 */
import { formatBytes, type Ledger } from '@mirust/core';
import { type MemoryLayout, PAGE_BYTES, TAPE_ALIGNMENT, type TapeLayout } from '@mirust/model';
import { runtimeError } from './errors.ts';
import { Tape, type TapeBlock, type TapeStat } from './tape.ts';

/**
 * The tapes, and every placement of the layout as bytes: `byteOffset` of a view is its address. Owned by one model; freed
 * with it. The region never grows, so views stay valid.
 */
export interface ModelMemory {
  readonly byteLength: number;
  /** The WebAssembly memory, where the model lies in one. */
  readonly wasm: WebAssembly.Memory | undefined;
  /** The bytes of a placement. RangeError for a name that the layout does not have. */
  engine(name: string): Uint8Array;
  weight(name: string): Uint8Array;
  /** The whole weight tape, for an image of it. */
  weightTape(): Uint8Array;
  /** As f32 or u32 by the caller's choice. */
  scratch(name: string): Uint8Array;
  /** The whole scratch tape: room for what is done before the first run. */
  scratchTape(): Uint8Array;
  history(name: string): Uint8Array;
  /** Zeroes the cache. */
  wipeHistory(): void;
  stats(): readonly TapeStat[];
  /**
   * Clears the tapes, once: the bytes themselves are the collector's as soon as nobody has a view of them. In debug mode
   * nobody gets one any more.
   */
  release(): void;
}

/** How to allocate. */
export interface MemoryOptions {
  /** Plain: an ArrayBuffer, for the reference backend. Default `plain`. */
  readonly kind?: 'plain' | 'wasm' | 'wasm-shared';
  /** Makes views of cleared tapes throw. Default false. */
  readonly debug?: boolean;
  /** Gets the memory and every placement in it, until `release`. */
  readonly ledger?: Ledger | undefined;
}

/** What one 32-bit WebAssembly memory holds at most: 65,536 pages. */
export const MAX_WASM_BYTES: number = 65_536 * PAGE_BYTES;

/** Allocates the memory of a layout. Throws `RUNTIME_MEMORY` where the platform refuses, `RUNTIME_WASM_CEILING`. */
export function allocateMemory(layout: MemoryLayout, options: MemoryOptions = {}): ModelMemory {
  const { kind = 'plain', debug = false, ledger } = options;
  const wasm = kind === 'plain' ? undefined : allocateWasm(layout.totalBytes, kind === 'wasm-shared');
  const memory = wasm?.buffer ?? allocateBuffer(layout.totalBytes);
  // By its buffer, which every view holds.
  const holding = ledger?.take({ name: 'model', kind: 'memory', bytes: layout.totalBytes, object: memory });
  let address = 0;
  const tape = (name: string, { byteLength }: TapeLayout): Tape => {
    const made = new Tape({ name, memory, address, capacityBytes: byteLength, debug, ledger });
    address += byteLength;
    return made;
  };
  const engine = tape('engine', layout.engine);
  const weights = tape('weights', layout.weights);
  const scratch = tape('scratch', layout.scratch);
  const history = tape('history', layout.history);

  const engineBlocks = takePlacements(engine, layout.engine);
  const weightBlocks = takePlacements(weights, layout.weights);
  const historyBlocks = takePlacements(history, layout.history);
  // Scratch placements overlap by design, so the tape gives one block and the layout's offsets cut it.
  const scratchBlock = scratch.take(layout.scratch.byteLength, TAPE_ALIGNMENT, 'working buffers');
  const scratchPlacements = new Map(layout.scratch.placements.map((placement) => [placement.name, placement]));

  return {
    byteLength: layout.totalBytes,
    wasm,
    engine: (name) => blockOf(engineBlocks, name),
    weight: (name) => blockOf(weightBlocks, name),
    weightTape: () => weights.region(),
    scratch: (name) => {
      const placement = scratchPlacements.get(name);
      if (placement === undefined) throw new RangeError(`the layout has no working buffer ${name}`);
      return scratchBlock.bytes().subarray(placement.offset, placement.offset + placement.byteLength);
    },
    scratchTape: () => scratch.region(),
    history: (name) => blockOf(historyBlocks, name),
    wipeHistory: () => history.wipe(),
    stats: () => [engine.stat(), weights.stat(), scratch.stat(), history.stat()],
    release() {
      for (const tape of [engine, weights, scratch, history]) tape.clear();
      holding?.release();
    },
  };
}

/** Zero-filled memory; the engines throw RangeError where they have no room for it. */
function allocateBuffer(byteLength: number): ArrayBuffer {
  try {
    return new ArrayBuffer(byteLength);
  } catch (cause) {
    throw refused(byteLength, cause);
  }
}

function allocateWasm(byteLength: number, shared: boolean): WebAssembly.Memory {
  if (byteLength > MAX_WASM_BYTES) {
    const needed = formatBytes(byteLength);
    throw runtimeError('RUNTIME_WASM_CEILING', `the model needs ${needed}, a WebAssembly memory holds 4 GiB`, {
      expected: byteLength,
      limit: MAX_WASM_BYTES,
    });
  }
  const pages = byteLength / PAGE_BYTES;
  try {
    // The builds state the largest maximum there is; a memory with a smaller one suits them. It never grows.
    return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
  } catch (cause) {
    throw refused(byteLength, cause);
  }
}

function refused(byteLength: number, cause: unknown): Error {
  return runtimeError('RUNTIME_MEMORY', `the platform refuses a memory of ${formatBytes(byteLength)}`, {
    expected: byteLength,
    cause,
  });
}

function takePlacements(tape: Tape, layout: TapeLayout): ReadonlyMap<string, TapeBlock> {
  const blocks = new Map<string, TapeBlock>();
  let start: number | undefined;
  for (const { name, offset, byteLength, alignment } of layout.placements) {
    const block = tape.take(byteLength, alignment, name);
    start ??= block.address - offset;
    if (block.address - start !== offset) {
      throw new Error(`${name} was planned at ${offset} and allocated at ${block.address - start}`);
    }
    blocks.set(name, block);
  }
  return blocks;
}

function blockOf(blocks: ReadonlyMap<string, TapeBlock>, name: string): Uint8Array {
  const block = blocks.get(name);
  if (block === undefined) throw new RangeError(`the layout has no placement ${name}`);
  return block.bytes();
}
