/**
 * Finds stop strings in streamed text. A stop string may straddle tokens, so text that could be the beginning of one
 * is held back until it is decided; what is given out never has to be taken back.
 */

/** Watches one stream of text. */
export interface StopWatch {
  /** Adds text; gives what is safe to show. Once a stop string is complete, `stopped` is set. */
  push(text: string): string;
  /** The end of the stream: gives what was held back. */
  flush(): string;
  /** The stop string that ended the stream. */
  readonly stopped: string | undefined;
}

/** Watches for any of `stops`. Throws RangeError for an empty stop string, which would stop at once. */
export function createStopWatch(stops: readonly string[]): StopWatch {
  if (stops.some((stop) => stop.length === 0)) throw new RangeError('a stop string must not be empty');
  const longest = Math.max(0, ...stops.map((stop) => stop.length));
  let held = '';
  let stopped: string | undefined;
  return {
    get stopped() {
      return stopped;
    },
    push(text) {
      if (stopped !== undefined) return '';
      held += text;
      const found = firstComplete(held, stops);
      if (found !== undefined) {
        const safe = held.slice(0, found.at);
        stopped = found.stop;
        held = '';
        return safe;
      }
      const keep = pendingLength(held, stops, longest);
      const safe = held.slice(0, held.length - keep);
      held = held.slice(held.length - keep);
      return safe;
    },
    flush() {
      const rest = stopped === undefined ? held : '';
      held = '';
      return rest;
    },
  };
}

/**
 * The stop string that is complete first, the longest among those that end together: the same answer however the
 * text was cut into pieces.
 */
function firstComplete(text: string, stops: readonly string[]): { at: number; stop: string } | undefined {
  let best: { at: number; stop: string } | undefined;
  for (const stop of stops) {
    const at = text.indexOf(stop);
    if (at < 0) continue;
    const end = at + stop.length;
    const bestEnd = best === undefined ? Number.POSITIVE_INFINITY : best.at + best.stop.length;
    if (end < bestEnd || (end === bestEnd && best !== undefined && stop.length > best.stop.length)) best = { at, stop };
  }
  return best;
}

/** Length of the longest end of `text` that is a proper beginning of a stop string. */
function pendingLength(text: string, stops: readonly string[], longest: number): number {
  for (let length = Math.min(text.length, longest - 1); length > 0; length--) {
    const end = text.slice(-length);
    if (stops.some((stop) => stop.length > length && stop.startsWith(end))) return length;
  }
  return 0;
}
