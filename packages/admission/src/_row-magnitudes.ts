/**
 * The greatest magnitude of each row of a matrix, and whether one stands out: a scale that lost a bit of its exponent, or a
 * row of other bytes, gives values thousands of times those of its neighbours. Rows of trained matrices differ, and some
 * have outliers on purpose, but by factors of tens: https://arxiv.org/abs/2411.07191 finds single weights of up to some
 * hundred times the typical magnitude.
 */

/** How many times the typical row's magnitude a row may have. */
const MAX_RATIO = 1000;

/** Rows that are kept: more than any vocabulary, four bytes each. Of a larger matrix the first ones are looked at. */
const MAX_ROWS = 2 ** 21;

/** A row that stands out. */
export interface RowOutlier {
  readonly row: number;
  readonly magnitude: number;
  /** The median of all rows that are not all zeros. */
  readonly typical: number;
}

/** Collects magnitudes. */
export interface RowMagnitudes {
  add(firstRow: number, magnitudes: Float32Array): void;
  /** The row with the greatest magnitude, where that stands out. */
  outlier(): RowOutlier | undefined;
}

/** Makes an empty collection for a matrix of so many rows. Rows that are not added count as zeros. */
export function createRowMagnitudes(rowCount: number): RowMagnitudes {
  const all = new Float32Array(Math.min(rowCount, MAX_ROWS));
  return {
    add(firstRow, magnitudes) {
      if (firstRow < all.length) all.set(magnitudes.subarray(0, all.length - firstRow), firstRow);
    },
    outlier() {
      const sorted = all.filter((magnitude) => magnitude > 0).sort();
      const typical = sorted[Math.floor(sorted.length / 2)] ?? 0;
      const magnitude = sorted.at(-1) ?? 0;
      if (!(magnitude > MAX_RATIO * typical)) return undefined;
      return { row: all.indexOf(magnitude), magnitude, typical };
    },
  };
}

/** The greatest magnitude of each row of values [rows, columns]: what the kernels compute, by definition. */
export function magnitudesOf(values: Float32Array, columns: number): Float32Array {
  const magnitudes = new Float32Array(values.length / columns);
  for (const [index, value] of values.entries()) {
    const row = Math.floor(index / columns);
    if (Number.isFinite(value)) magnitudes[row] = Math.max(magnitudes[row] as number, Math.abs(value));
  }
  return magnitudes;
}
