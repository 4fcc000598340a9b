/** Who does the work of a conversion: the caller's own thread, or threads of a pool. */
import { yieldToEventLoop } from '@mirust/core';
import { callerDigester, type Digester } from '@mirust/integrity';
import { compileEncodeKernels, type EncodeKernels, instantiateEncodeKernels } from '@mirust/kernels/encode';
import type { Fill, KernelCall } from './work-task.ts';
import type { Workers } from './workers.ts';

/** Whoever does the work. */
export interface Crew {
  /** Tiles to have under way at the same time so that nobody waits. */
  readonly tilesAhead: number;
  readonly digester: Digester;
  /** Whether it reads files by itself, given their descriptors. */
  readonly readsFiles: boolean;
  /** Undefined where there are no kernels: then codecs do the work. */
  readonly kernels: CrewKernels | undefined;
}

/** Kernels, and the memory that they see. */
export interface CrewKernels {
  /** Bytes of the memory, from the address `start` on, are free for tiles. */
  readonly memory: WebAssembly.Memory;
  readonly start: number;
  /**
   * Fills bytes of the memory, then calls a kernel: whether it gave 1. Throws where a file does not have the bytes, and
   * what the threads throw.
   */
  call(call: KernelCall, fills: readonly Fill[]): Promise<boolean>;
}

/** Bytes of a page of WebAssembly memory. The constants of the build lie in the first one. */
const PAGE_BYTES = 65_536;
/** Pages that a conversion asks for at most: 1 GiB. */
const MAX_PAGES = 16_384;

/** Tiles under way where the caller's thread converts: one is read or written meanwhile. */
const CALLER_TILES = 2;

/**
 * Makes a crew, with memory for its tiles, of so many bytes each: of threads, if they can be started, else of the
 * caller's own. Threads keep what they were given last, so they work for one crew at a time.
 */
export async function createCrew(workers: Workers | undefined, tileBytes: number): Promise<Crew> {
  if (workers !== undefined && (await workers.started)) return threadCrew(workers, tileBytes);
  const kernels = await prepareKernels(false, CALLER_TILES * tileBytes);
  return {
    tilesAhead: CALLER_TILES,
    digester: callerDigester,
    readsFiles: false,
    kernels: kernels && {
      memory: kernels.memory,
      start: PAGE_BYTES,
      async call({ kernel, args }) {
        // Tiles that come from memory never wait for anything, and an abort has to come through.
        await yieldToEventLoop();
        return (kernels.exports[kernel] as (...args: readonly number[]) => number)(...args) === 1;
      },
    },
  };
}

async function threadCrew(workers: Workers, tileBytes: number): Promise<Crew> {
  const { threadCount } = workers;
  // Each thread has one at work and one that waits; one more is read or written.
  const tilesAhead = 2 * threadCount + 1;
  const kernels = await prepareKernels(true, tilesAhead * tileBytes);
  if (kernels !== undefined) {
    const { module, memory } = kernels;
    const numbers = Array.from({ length: threadCount }, (_, number) => number);
    await Promise.all(numbers.map((number) => workers.run({ kind: 'setUp', module, memory }, number)));
  }
  return {
    tilesAhead,
    digester: workers.digester,
    readsFiles: true,
    kernels: kernels && {
      memory: kernels.memory,
      start: PAGE_BYTES,
      call: async (call, fills) => (await workers.run({ kind: 'call', call, fills })) === true,
    },
  };
}

async function prepareKernels(
  shared: boolean,
  byteLength: number,
): Promise<{ module: WebAssembly.Module; memory: WebAssembly.Memory; exports: EncodeKernels } | undefined> {
  const module = await compileEncodeKernels(shared);
  if (module === undefined) return undefined;
  const pages = 1 + Math.ceil(byteLength / PAGE_BYTES);
  // Rows of a gigabyte: codecs, whose memory has no such bound, do the work.
  if (pages > MAX_PAGES) return undefined;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
  return { module, memory, exports: instantiateEncodeKernels(module, memory) };
}
