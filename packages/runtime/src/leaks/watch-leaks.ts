/** Running something with a ledger, and reading the ledger afterwards, however it ended. */
import { createLedger, type Ledger } from '@mirust/core';
import type { LeakReport } from '@mirust/schemas';
import { type FindLeaksOptions, findLeaks } from './find-leaks.ts';

/** How something ended, and what it left behind. */
export interface WatchedWork<T> {
  readonly outcome: PromiseSettledResult<T>;
  readonly report: LeakReport;
}

/** Runs `work` with a new ledger and looks for leaks when it is over. Rejects for what `collect` throws alone. */
export async function watchLeaks<T>(
  work: (ledger: Ledger) => Promise<T> | T,
  options: FindLeaksOptions = {},
): Promise<WatchedWork<T>> {
  const ledger = createLedger();
  const [outcome] = await Promise.allSettled([(async () => work(ledger))()]);
  if (outcome.status === 'rejected') forgetCalls(outcome.reason);
  return { outcome, report: await findLeaks(ledger, options) };
}

/**
 * Has the stacks of an error and its causes written out. Until somebody reads it, a stack is the functions that were on it,
 * with what they close over: the error of an aborted load would keep the whole memory that was being loaded.
 */
function forgetCalls(error: unknown): void {
  const seen = new Set<unknown>();
  for (let at = error; at instanceof Error && !seen.has(at); at = at.cause) {
    seen.add(at);
    void at.stack;
  }
}
