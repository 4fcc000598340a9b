/** `--check-leaks`: what a run took and did not give back. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type CommandContext, EXIT } from '@mirust/cli';
import { formatLeaks, hasLeaks, type Ledger, watchLeaks } from '@mirust/runtime/leaks';
import type { LeakReport } from '@mirust/schemas';

/** What `work` gave, and what it left behind. */
export interface Checked<T> {
  readonly result: T;
  readonly leaks: LeakReport;
}

/**
 * Runs `work`, collects, and reports on stderr, also where it fails: what it throws is thrown afterwards. A leak sets the exit
 * status `EXIT.leak`; a failure has its own.
 */
export async function withLedger<T>(
  { exitWith }: CommandContext,
  work: (ledger: Ledger) => Promise<T>,
): Promise<Checked<T>> {
  const { outcome, report: leaks } = await watchLeaks(work, { collect: garbageCollector() });
  if (hasLeaks(leaks)) exitWith(EXIT.leak);
  process.stderr.write(`${formatLeaks(leaks).join('\n')}\n`);
  if (outcome.status === 'rejected') throw outcome.reason;
  return { result: outcome.value, leaks };
}

/** V8's collector, which a running process can still ask for: contexts that are made from now on have it. */
function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
