/**
 * What the values of a tensor are like, whatever they are stored in: whether all are numbers, and between which bounds
 * they lie. Taken tile by tile, in any order of tiles but for the first bad value, which is that of the first tile given.
 */

/** What is known of a tensor. */
export interface ValueScan {
  /** Values that are NaN or infinite. */
  readonly nonFiniteCount: number;
  /** Index of the first of them in the tensor, row by row. */
  readonly firstNonFinite: number | undefined;
  /** Least and greatest of the others; +∞ and -∞ where there are none. */
  readonly least: number;
  readonly greatest: number;
}

/** Numbers that a scan is kept in, f64: count and first index of what is not finite, least and greatest of the others. */
export const SCAN_NUMBERS = 4;

/** Starts a scan: nothing is known. */
export function startScan(found: Float64Array): void {
  found.set([0, -1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
}

/** Adds values to a scan. `firstIndex`: the place of the first one in its tensor. */
export function scanValues(values: Float32Array, firstIndex: number, found: Float64Array): void {
  let [count = 0, first = -1, least = 0, greatest = 0] = found;
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    if (Number.isFinite(value)) {
      if (value < least) least = value;
      if (value > greatest) greatest = value;
    } else {
      if (count === 0) first = firstIndex + index;
      count++;
    }
  }
  found.set([count, first, least, greatest]);
}

/** What a scan has found. */
export function describeScan(found: Float64Array): ValueScan {
  const [nonFiniteCount = 0, first = -1, least = 0, greatest = 0] = found;
  return { nonFiniteCount, firstNonFinite: first < 0 ? undefined : first, least, greatest };
}
