/**
 * The memory of this process, all threads together.
 *
 * The peak is Linux's `VmHWM`. `getrusage` (`process.resourceUsage().maxRSS`) gives another number there: a process that
 * was forked and then executed something else keeps the peak of its parent (measured: 290 MB for a process of 40 MB
 * whose parent held 300 MB). Elsewhere `maxRSS` is what there is.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import type { ProcessMemory } from './messages.ts';

/** Collects garbage, then looks. */
export function measureProcess(): ProcessMemory {
  collectGarbage();
  const { heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage();
  return {
    ...residentBytes(),
    heapUsedBytes: heapUsed,
    heapTotalBytes: heapTotal,
    externalBytes: external,
    arrayBuffersBytes: arrayBuffers,
  };
}

/** Makes the peak begin anew. False where the system cannot: then a peak is the one since the process started. */
export function restartPeak(): boolean {
  try {
    // proc(5): 5 resets the peak resident set size to the current one.
    writeFileSync('/proc/self/clear_refs', '5');
    return true;
  } catch {
    return false;
  }
}

function residentBytes(): Pick<ProcessMemory, 'rssBytes' | 'peakRssBytes'> {
  const status = readStatus();
  const rss = kibibytes(status, 'VmRSS');
  const peak = kibibytes(status, 'VmHWM');
  if (rss !== undefined && peak !== undefined)
    return { rssBytes: rss * 1024, peakRssBytes: Math.max(rss, peak) * 1024 };
  return { rssBytes: process.memoryUsage.rss(), peakRssBytes: process.resourceUsage().maxRSS * 1024 };
}

function readStatus(): string {
  try {
    return readFileSync('/proc/self/status', 'latin1');
  } catch {
    return '';
  }
}

function kibibytes(status: string, key: string): number | undefined {
  const found = new RegExp(`^${key}:\\s*(\\d+) kB$`, 'm').exec(status);
  return found === null ? undefined : Number(found[1]);
}

/** The child is started with `--expose-gc`. */
function collectGarbage(): void {
  (globalThis as { readonly gc?: () => void }).gc?.();
}
