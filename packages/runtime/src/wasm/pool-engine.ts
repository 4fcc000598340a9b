/**
 * The engine on a pool of threads over a shared memory. The caller's thread stays free: it writes what is to be done,
 * bumps the epoch that the threads wait on, and is told by a message when all are done.
 */
import type { Holding, Ledger } from '@mirust/core';
import { type EngineThread, startThread, table } from '@mirust/kernels';
import { runtimeError } from '../errors.ts';
import type { Execution } from './engine.ts';

/** Starts the threads; rejects with `RUNTIME_THREADS` where one of them cannot start. */
export async function startPoolEngine(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  control: DataView,
  threadCount: number,
  ledger?: Ledger,
): Promise<Execution> {
  const words = new Int32Array(control.buffer, control.byteOffset, control.byteLength / 4);
  const epoch = table.EPOCH / 4;
  const threads: { readonly thread: EngineThread; readonly holding: Holding | undefined }[] = [];
  /** The run in progress. */
  let pending: { resolve(next: number): void; reject(cause: unknown): void } | undefined;
  let failure: Error | undefined;

  function close(): void {
    Atomics.store(words, table.QUIT / 4, 1);
    for (const { thread, holding } of threads.splice(0)) {
      const ended = thread.terminate();
      holding?.release(ended);
    }
    const left = pending;
    pending = undefined;
    left?.reject(new TypeError('the model was freed'));
  }

  function keepAlive(alive: boolean): void {
    for (const { thread } of threads) thread.keepAlive(alive);
  }

  const started = Array.from({ length: threadCount }, (_, thread) => {
    return new Promise<void>((resolve, reject) => {
      const fail = (cause: unknown): void => {
        failure ??= runtimeError('RUNTIME_THREADS', `thread ${thread} of ${threadCount} failed`, { cause });
        reject(failure);
        const left = pending;
        pending = undefined;
        left?.reject(failure);
      };
      const events = {
        onReady: resolve,
        onFinished(next: number) {
          const done = pending;
          pending = undefined;
          keepAlive(false);
          done?.resolve(next);
        },
        onFailure: fail,
      };
      try {
        const started = startThread({ module, memory, control: control.byteOffset, thread }, events);
        const name = `thread ${thread} of the engine`;
        threads.push({ thread: started, holding: ledger?.take({ name, kind: 'thread', object: started }) });
      } catch (cause) {
        fail(cause);
      }
    });
  });
  try {
    await Promise.all(started);
  } catch (error) {
    close();
    throw error;
  }
  keepAlive(false);

  return {
    async execute(_cost, signal) {
      if (failure !== undefined) throw failure;
      Atomics.store(words, table.CANCEL / 4, 0);
      const cancel = (): void => {
        Atomics.store(words, table.CANCEL / 4, 1);
      };
      signal?.addEventListener('abort', cancel, { once: true });
      try {
        return await new Promise<number>((resolve, reject) => {
          pending = { resolve, reject };
          keepAlive(true);
          Atomics.add(words, epoch, 1);
          Atomics.notify(words, epoch);
        });
      } finally {
        signal?.removeEventListener('abort', cancel);
      }
    },
    close,
  };
}
