/**
 * Where the threads of a pool meet. The last one to arrive opens the barrier; the others spin, because operations are
 * short and a sleeping thread takes tens of microseconds to wake, more where a virtual machine's core has halted; then
 * they sleep, because a thread may have lost its core and spinning would keep it away.
 */
import { ARRIVED, CANCEL, GENERATION, SLEEPING, STOPPED, THREADS } from './table';

/**
 * Rounds of spinning before a thread sleeps: some 200 µs, longer than any imbalance between two threads that both run.
 * With a tenth of that, a 135M model decoded 2.4 times slower on two cores: attention's three heads kept one thread
 * waiting just long enough to fall asleep, in every layer.
 */
const SPINS: i32 = 200_000;

/**
 * Waits for all threads; gives whether the run goes on. The last to arrive decides that for everybody, so no thread is
 * left behind at a barrier that the others never reach.
 */
export function meet(control: usize): bool {
  const threads = i32.load(control, THREADS);
  if (threads == 1) return i32.load(control, CANCEL) == 0;
  const generation = atomic.load<i32>(control + GENERATION);
  if (atomic.add<i32>(control + ARRIVED, 1) == threads - 1) {
    atomic.store<i32>(control + STOPPED, atomic.load<i32>(control + CANCEL));
    atomic.store<i32>(control + ARRIVED, 0);
    atomic.store<i32>(control + GENERATION, generation + 1);
    if (atomic.load<i32>(control + SLEEPING) != 0) atomic.notify(control + GENERATION, -1);
  } else {
    waitWhile(control + GENERATION, generation, SPINS, control + SLEEPING);
  }
  return atomic.load<i32>(control + STOPPED) == 0;
}

/** Waits while the word at `address` is `value`: spins, then sleeps. `sleeping` counts those who sleep. */
export function waitWhile(address: usize, value: i32, spins: i32, sleeping: usize): void {
  for (let i = 0; i < spins; i++) if (atomic.load<i32>(address) != value) return;
  atomic.add<i32>(sleeping, 1);
  while (atomic.load<i32>(address) == value) atomic.wait<i32>(address, value, -1);
  atomic.sub<i32>(sleeping, 1);
}
