/**
 * The engine on the caller's own thread: no shared memory, no isolation of the page, no worker. Long runs are cut into
 * pieces, so that timers, input and an abort come through between operations.
 */
import { yieldToEventLoop } from '@mirust/core';
import { type KernelExports, table } from '@mirust/kernels';
import type { Execution } from './engine.ts';

/** How long pieces, one after another, may hold the thread. */
const YIELD_AFTER_MILLISECONDS = 20;
/** How long one piece should take: a fraction of that, since an operation cannot be cut. */
const PIECE_MILLISECONDS = 10;

/** Below what any machine does: the first pieces are rather too short. */
const FIRST_GUESS = 5e6;

/** See the module comment. */
export function createInlineEngine(kernels: KernelExports, control: DataView, operations: number): Execution {
  const address = control.byteOffset;
  /** Multiplications per millisecond, measured as it goes: a prompt computes, a token waits for memory. */
  const speed = { prefill: FIRST_GUESS, decode: FIRST_GUESS };
  // Across runs: a small model's are so short that none of them alone would ever let a signal through.
  let lastYield = performance.now();
  return {
    async execute(cost, signal) {
      const phase = control.getUint32(table.RUN_TOKENS, true) > 1 ? 'prefill' : 'decode';
      control.setUint32(table.CANCEL, 0, true);
      const pieces = Math.max(1, Math.ceil(cost / speed[phase] / PIECE_MILLISECONDS));
      const perPiece = Math.ceil(operations / pieces);
      const started = performance.now();
      let paused = 0;
      for (let next = 0; next < operations; ) {
        next = kernels.run(address, 0, next, Math.min(operations, next + perPiece));
        const now = performance.now();
        if (now - lastYield < YIELD_AFTER_MILLISECONDS) continue;
        await yieldToEventLoop();
        lastYield = performance.now();
        paused += lastYield - now;
        if (signal?.aborted === true) return next;
      }
      const elapsed = performance.now() - started - paused;
      if (elapsed > 1) speed[phase] = cost / elapsed;
      return operations;
    },
    close() {},
  };
}
