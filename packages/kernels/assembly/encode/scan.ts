/** What the values of a matrix are like, whatever type they are stored in: are they numbers, and between which bounds. */
import { decodeRow } from '../decode';
import { KIND_F32 } from '../table';

/** The exponent of infinity and NaN, in memory: V8 makes a vector constant anew at each use. */
const EXPONENT: usize = memory.data<u32>([0x7f800000, 0x7f800000, 0x7f800000, 0x7f800000], 16);

/**
 * Adds rows to what is known of a tensor.
 *
 * @param kind, source, columns, rowBytes, scales, block as for `decodeRow`
 * @param scratch f32 [columns]
 * @param found f64 [4]: how many values are not finite; the index of the first of them, row by row, or -1; the least and
 *   the greatest of the others. Indexes are counted from `firstIndex`, the place of the first value in its tensor.
 * @param magnitudes f32 [rows]: the greatest magnitude of each row, of what is finite; 0 where nothing is
 */
export function scanRows(
  kind: i32, source: usize, rows: i32, columns: i32, rowBytes: usize, scales: usize, block: i32, scratch: usize,
  firstIndex: f64, found: usize, magnitudes: usize,
): void {
  for (let row = 0; row < rows; row++) {
    let values = source + <usize>row * rowBytes;
    if (kind != KIND_F32) {
      decodeRow(kind, source, row, columns, rowBytes, scales, block, scratch);
      values = scratch;
    }
    const magnitude = scanValues(values, columns, firstIndex + <f64>row * <f64>columns, found);
    f32.store(magnitudes + (<usize>row << 2), magnitude);
  }
}

/** The greatest magnitude. */
function scanValues(values: usize, count: i32, firstIndex: f64, found: usize): f32 {
  const exponent = v128.load(EXPONENT);
  let low = f32x4.splat(Infinity), high = f32x4.splat(-Infinity);
  let magnitude: f32 = 0;
  let at = values;
  for (const end = values + (<usize>(count & ~7) << 2); at < end; at += 32) {
    const v = v128.load(at, 0), w = v128.load(at, 16);
    const bad = v128.or(
      i32x4.eq(v128.and(v, exponent), exponent),
      i32x4.eq(v128.and(w, exponent), exponent),
    );
    if (v128.any_true(bad)) {
      for (let i: usize = 0; i < 32; i += 4) magnitude = max(magnitude, scanValue(at + i, values, firstIndex, found));
      continue;
    }
    low = f32x4.pmin(low, f32x4.pmin(v, w));
    high = f32x4.pmax(high, f32x4.pmax(v, w));
  }
  for (const end = values + (<usize>count << 2); at < end; at += 4) {
    magnitude = max(magnitude, scanValue(at, values, firstIndex, found));
  }
  const least = lowest(low), greatest = highest(high);
  f64.store(found, min(f64.load(found, 16), <f64>least), 16);
  f64.store(found, max(f64.load(found, 24), <f64>greatest), 24);
  // Bounds that are infinite are those of no value.
  return greatest < least ? magnitude : max(magnitude, max(-least, greatest));
}

// @ts-ignore: decorator
@inline
function lowest(v: v128): f32 {
  return min(
    min(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1)),
    min(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)),
  );
}

// @ts-ignore: decorator
@inline
function highest(v: v128): f32 {
  return max(
    max(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1)),
    max(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)),
  );
}

/** The magnitude of a value; 0 of one that is not finite. */
function scanValue(at: usize, values: usize, firstIndex: f64, found: usize): f32 {
  const value = f32.load(at);
  // NaN and infinities alone differ from themselves minus themselves.
  if (value - value == 0) {
    f64.store(found, min(f64.load(found, 16), <f64>value), 16);
    f64.store(found, max(f64.load(found, 24), <f64>value), 24);
    return abs(value);
  }
  if (f64.load(found, 0) == 0) f64.store(found, firstIndex + <f64>((at - values) >> 2), 8);
  f64.store(found, f64.load(found, 0) + 1, 0);
  return 0;
}
