/** Interleaving in a WebAssembly memory: rows of Q8_0 and Q4_0 become panels where they lie, as a model is loaded. */
import type { DTypeName } from '@mirust/core';
import { wasmBinary } from './binary.ts';
import { INTERLEAVE_WASM } from './generated/interleave.ts';
import * as table from './table.ts';

/** What the build exports. All numbers are addresses in its memory, as unsigned 32-bit integers, or counts. */
export interface InterleaveKernel {
  /**
   * Lays down what `interleaveRows` of `@mirust/quant` does, for whole panels.
   *
   * @param kind {@link blockKind}
   * @param rows `8 · count` rows of `groups` blocks
   * @param panels where the panels go: in front of the rows, at the rows, or apart from them
   * @param room for eight rows
   */
  interleaveBlocks(kind: number, rows: number, panels: number, count: number, groups: number, room: number): void;
}

/** Compiles the kernel over a memory; undefined where the engine has no SIMD. */
export async function compileInterleaveKernel(memory: WebAssembly.Memory): Promise<InterleaveKernel | undefined> {
  const isShared = typeof SharedArrayBuffer !== 'undefined' && memory.buffer instanceof SharedArrayBuffer;
  const bytes = wasmBinary(INTERLEAVE_WASM, isShared);
  if (!WebAssembly.validate(bytes)) return undefined;
  const { instance } = await WebAssembly.instantiate(bytes, { env: { memory } });
  return instance.exports as unknown as InterleaveKernel;
}

/** How the kernel calls the row-major form of a type; undefined for types that it does not interleave. */
export function blockKind(dtype: DTypeName): number | undefined {
  if (dtype === 'Q8_0') return table.KIND_Q8_0;
  return dtype === 'Q4_0' ? table.KIND_NIBBLE_F16 : undefined;
}
