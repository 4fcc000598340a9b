/** A check for the tests of whoever uses the library, in any test runner. */
import type { Ledger } from '@mirust/core';
import type { LeakReport } from '@mirust/schemas';
import type { FindLeaksOptions } from './find-leaks.ts';
import { formatLeaks, hasLeaks } from './format-leaks.ts';
import { watchLeaks } from './watch-leaks.ts';

/** Something was not given back: the message lists it, with where it was taken. */
export class LeakError extends Error {
  override readonly name = 'LeakError';
  readonly report: LeakReport;

  constructor(report: LeakReport) {
    super(formatLeaks(report).join('\n'));
    this.report = report;
  }
}

/**
 * Runs `work` with a ledger, which it passes to `openCheckpoint` and `loadModel`, and gives its result. Rejects with a
 * {@link LeakError} where it did not give everything back, and with what `work` throws, if that left nothing behind: a
 * failure that leaks is reported as the leak, with the failure as its `cause`.
 *
 * Where garbage can be collected on demand (`collect`, by default the `gc` of `node --expose-gc`), it also rejects for what
 * was given back and is still reachable. The result of `work` must not reach a model then.
 *
 * ```ts
 * import { expectNoLeaks } from '@mirust/runtime/leaks';
 *
 * it('gives everything back', () =>
 *   expectNoLeaks(async (ledger) => {
 *     const checkpoint = await openCheckpoint(await openPath('story.slm'), { ledger });
 *     const model = await loadModel(checkpoint, { ledger });
 *     await checkpoint.close();
 *     await model.complete('Once upon a time', { maxTokens: 8 });
 *     model.free();
 *   }));
 * ```
 */
export async function expectNoLeaks<T>(
  work: (ledger: Ledger) => Promise<T> | T,
  options: FindLeaksOptions = {},
): Promise<T> {
  const collect = options.collect ?? (globalThis as { gc?: () => unknown }).gc;
  const { outcome, report } = await watchLeaks(work, { collect });
  if (hasLeaks(report)) {
    const error = new LeakError(report);
    if (outcome.status === 'rejected') error.cause = outcome.reason;
    throw error;
  }
  if (outcome.status === 'rejected') throw outcome.reason;
  return outcome.value;
}
