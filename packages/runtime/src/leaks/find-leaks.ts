/** Reads a ledger when everything should have been given back; the document's schema is `leak-report.schema.json`. */
import { type HoldingRecord, type Ledger, yieldToEventLoop } from '@mirust/core';
import type { LeakRecord, LeakReport } from '@mirust/schemas';

/** How to look. */
export interface FindLeaksOptions {
  /**
   * Collects garbage: `globalThis.gc` of a Node that was started with `--expose-gc`. Absent: what was given back is not
   * asked whether it is gone.
   */
  readonly collect?: (() => unknown) | undefined;
}

/**
 * Collections until nothing more goes. One frees what the finalizers of the one before let go of, and on a busy machine the
 * engine may still hold the memory of threads that have ended (seen in 1 of 945 loads on two threads, after eight collections
 * in a row): so the later ones have pauses between them. What really stays is reported half a second later.
 */
const MAX_COLLECTIONS = 24;
const COLLECTIONS_IN_A_ROW = 4;
const PAUSE_MILLISECONDS = 20;

/**
 * Waits for threads to end and files to close, collects, and reports. Call it when nothing of the library is in use any
 * more: what the caller's own variables still hold is reported as retained. Never rejects, but for what `collect` throws.
 */
export async function findLeaks(ledger: Ledger, { collect }: FindLeaksOptions = {}): Promise<LeakReport> {
  await ledger.settled();
  const { count, bytes } = ledger.taken;
  const open = ledger.open().map(recordOf);
  if (collect === undefined) return { version: 1, taken: { count, bytes }, open };
  for (let round = 0; round < MAX_COLLECTIONS; round++) {
    // In a task of its own: what was looked at in this one stays until it ends.
    await yieldToEventLoop();
    await collect();
    await yieldToEventLoop();
    if (ledger.retained().length === 0) break;
    if (round >= COLLECTIONS_IN_A_ROW) await new Promise((resolve) => setTimeout(resolve, PAUSE_MILLISECONDS));
  }
  return { version: 1, taken: { count, bytes }, open, retained: ledger.retained().map(recordOf) };
}

function recordOf({ name, kind, bytes, where, takenAtMilliseconds }: HoldingRecord): LeakRecord {
  return { name, kind, ...(bytes === undefined ? {} : { bytes }), where: [...where], takenAtMilliseconds };
}
