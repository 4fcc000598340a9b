/** Which bytes of a range have been written: every byte must be, and none twice. */

/** A set of disjoint intervals of [0, byteLength). */
export interface Coverage {
  /** Claims an interval. Throws RangeError where it leaves the range or meets a claimed one. */
  claim(offset: number, byteLength: number): void;
  /** The first byte that nobody has claimed, or undefined. */
  firstGap(): number | undefined;
}

/**
 * Starts with nothing claimed. Neighbours are merged, so that memory follows the number of holes, not of claims: tiles
 * written by a few workers leave a few holes at a time. A claim costs a binary search.
 */
export function createCoverage(byteLength: number, what: string): Coverage {
  /** Claimed intervals in order, no two of which touch: starts[i] to ends[i]. */
  const starts: number[] = [];
  const ends: number[] = [];
  return {
    claim(offset, length) {
      const valid = Number.isSafeInteger(offset) && offset >= 0 && length <= byteLength - offset;
      if (!valid) throw new RangeError(`${length} bytes at ${offset} pass the ${byteLength} bytes of ${what}`);
      if (length === 0) return;
      const end = offset + length;
      let low = 0;
      let high = starts.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((starts[middle] ?? 0) < end) low = middle + 1;
        else high = middle;
      }
      // `low` is the first interval that starts at or behind our end; the one before it must end at or before our start.
      const before = low - 1;
      if (before >= 0 && (ends[before] ?? 0) > offset) {
        throw new RangeError(`${length} bytes at ${offset} of ${what} were written before`);
      }
      const joinsBefore = before >= 0 && ends[before] === offset;
      const joinsAfter = starts[low] === end;
      if (joinsBefore && joinsAfter) {
        ends[before] = ends[low] ?? end;
        starts.splice(low, 1);
        ends.splice(low, 1);
      } else if (joinsBefore) ends[before] = end;
      else if (joinsAfter) starts[low] = offset;
      else {
        starts.splice(low, 0, offset);
        ends.splice(low, 0, end);
      }
    },
    firstGap() {
      if (byteLength === 0) return undefined;
      if (starts[0] !== 0) return 0;
      return ends[0] === byteLength ? undefined : ends[0];
    },
  };
}
