/** The life of a thread of the pool: wait for a run, do it, wait for the next. */
import { meet, waitWhile } from './barrier';
import { run } from './run';
import { EPOCH, EPOCH_SLEEPING, OPERATIONS, QUIT } from './table';

/** Tells the owner that a run is over; called by thread 0 alone. `next`: the operation it stopped before. */
// @ts-ignore: decorator
@external('env', 'finished')
declare function finished(next: i32): void;

/** Rounds of spinning for the next run. Few: the owner needs a core to prepare it. */
const SPINS: i32 = 2_000;

/** Serves runs until the owner quits. Every change of the epoch is one run. */
export function serve(control: usize, thread: i32): void {
  let epoch = 0;
  for (;;) {
    waitWhile(control + EPOCH, epoch, SPINS, control + EPOCH_SLEEPING);
    epoch = atomic.load<i32>(control + EPOCH);
    if (atomic.load<i32>(control + QUIT) != 0) return;
    const next = run(control, thread, 0, i32.load(control, OPERATIONS));
    // Results are complete when all have arrived; only then may the owner read them.
    meet(control);
    if (thread == 0) finished(next);
  }
}
