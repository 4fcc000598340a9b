/** How much of the processor others took meanwhile: on a shared machine a sample without this cannot be judged. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** Linux counts in hundredths of a second, on every platform that Node runs on. */
const TICKS_PER_SECOND = 100;

/**
 * Seconds that all cores together were busy or taken away since the start; undefined where the system does not tell.
 */
function busySeconds() {
  try {
    const [line] = readFileSync('/proc/stat', 'utf8').split('\n', 1);
    const [user, nice, system, , , irq, softIrq, steal] = line.split(/\s+/).slice(1).map(Number);
    return (user + nice + system + irq + softIrq + steal) / TICKS_PER_SECOND;
  } catch {
    return undefined;
  }
}

/**
 * Starts watching. The function given back takes the seconds of one's own, and says the share of all cores that others
 * had.
 */
export function watchOthers() {
  const busy = busySeconds();
  const start = performance.now();
  return (ownSeconds) => {
    const now = busySeconds();
    if (busy === undefined || now === undefined || ownSeconds === undefined) return undefined;
    const available = ((performance.now() - start) / 1000) * availableParallelism();
    return Math.max(0, now - busy - ownSeconds) / available;
  };
}
