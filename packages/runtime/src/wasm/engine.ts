/** What executes the operation table: on the caller's thread, or on a pool over shared memory. */
import type { Ledger } from '@mirust/core';
import { type CompiledKernels, instantiateKernels, type KernelExports } from '@mirust/kernels';
import type { MemoryLayout } from '@mirust/model';
import type { ModelMemory } from '../memory.ts';
import { createInlineEngine } from './inline-engine.ts';
import { startPoolEngine } from './pool-engine.ts';
import { controlView } from './write-table.ts';

/** Executes the table once per call. */
export interface Execution {
  /** Runs all operations; gives the index of the one it stopped before: the number of operations unless cancelled. */
  execute(cost: number, signal: AbortSignal | undefined): Promise<number>;
  close(): void;
}

/** An engine, and the kernels for what its owner does itself. */
export interface Engine extends Execution {
  readonly kernels: KernelExports;
}

/**
 * Starts an engine over the memory of a model, whose weights and table need not be there yet. Rejects with `RUNTIME_THREADS`
 * where one of its threads cannot start; RangeError where the memory is none of WebAssembly.
 */
export async function startEngine(
  { module, variant }: CompiledKernels,
  memory: ModelMemory,
  { options, program }: MemoryLayout,
  ledger?: Ledger,
): Promise<Engine> {
  const { wasm } = memory;
  if (wasm === undefined) throw new RangeError('the model does not lie in a WebAssembly memory');
  const kernels = instantiateKernels(module, wasm);
  const control = controlView(memory);
  const execution: Execution =
    options.threads === 1
      ? createInlineEngine(kernels, control, program.operations.length)
      : await startPoolEngine(module, wasm, control, options.threads, ledger);
  const code = ledger?.take({ name: `kernels ${variant}`, kind: 'code', object: kernels });
  return {
    execute: execution.execute,
    kernels,
    close() {
      execution.close();
      code?.release();
    },
  };
}
