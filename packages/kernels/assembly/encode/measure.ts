/**
 * What a conversion costs: the sums of `measureTile` of `@mirust/quant`, bit for bit. Their definition adds up the values
 * of a row one after the other in f64. So two rows are measured at a time, a row per lane, and no sum changes its order.
 *
 * ```
 * sums f64 [7]   largest error, largest share of a bound, clamped values, Σ (x - y)², Σ x², Σ y², Σ x·y
 * ```
 */
import { f16At } from '../decode-codes';

/** Bytes of the sums of a row. */
export const SUMS_BYTES: usize = 56;

/** f64 ±0 in both lanes: all bits but the signs. */
const MAGNITUDE: usize = memory.data<u64>([0x7fffffffffffffff, 0x7fffffffffffffff], 16);

/** Two columns of both rows: the first in lanes 0 and 1, the second behind it. */
// @ts-ignore: decorator
@inline
function columnsAt(first: usize, second: usize): v128 {
  return v128.shuffle<i32>(v128.load64_zero(first), v128.load64_zero(second), 0, 4, 1, 5);
}

// @ts-ignore: decorator
@inline
function firstOf(columns: v128): v128 {
  return f64x2.promote_low_f32x4(columns);
}

// @ts-ignore: decorator
@inline
function secondOf(columns: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i32>(columns, columns, 2, 3, 0, 1));
}

/** One column of both rows. */
// @ts-ignore: decorator
@inline
function columnAt(first: usize, second: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load_lane<i32>(second, v128.load32_zero(first), 1));
}

// @ts-ignore: decorator
@inline
function addSquares(sum: v128, values: v128): v128 {
  return f64x2.add(sum, f64x2.mul(values, values));
}

// @ts-ignore: decorator
@inline
function scaleAt(at: usize, isHalf: bool): f32 {
  return isHalf ? f16At(at) : f32.load(at);
}

/** Where the sums of a row count what q4 clamped, which its bound does not cover. */
const CLAMPED: usize = 16;

/** Counts a value that lies beyond its bound at `sums`. False where it was not clamped as it has to be. */
function takeClamped(x: usize, y: usize, scale: f32, sums: usize): bool {
  const original = <f64>f32.load(x), decoded = f32.load(y);
  const isClamped = original > 0
    ? original > 7.5 * <f64>scale && decoded == 7 * scale
    : original < -8.5 * <f64>scale && decoded == -8 * scale;
  if (!isClamped) return false;
  f64.store(sums, f64.load(sums, CLAMPED) + 1, CLAMPED);
  f64.store(sums, max(f64.load(sums), abs<f64>(original - <f64>decoded)));
  return true;
}

/** Columns whose comparisons fit a mask of 64 bits. */
const STRETCH: i32 = 32;

/**
 * Measures two rows of a type with scales. False where a value passes its bound and was not clamped: then a codec is
 * wrong. The same row twice is one row.
 *
 * @param x0 f32 [columns], before; `x1` the other row
 * @param y f32 [columns][2], both rows after
 * @param block columns per scale: q4's 32, or a whole row
 * @param s0 the first scale of the row, the next one `scaleStep` bytes on; `s1` the other row's
 * @param slack widens the bound of half a scale
 * @param sums0 the row's sums; `sums1` the other row's
 */
export function measureScaled(
  x0: usize, x1: usize, y: usize, columns: i32, block: i32,
  s0: usize, s1: usize, scaleStep: usize, isHalf: bool, slack: f64, sums0: usize, sums1: usize,
): bool {
  const magnitude = v128.load(MAGNITUDE);
  const zero = f64x2.splat(0);
  let largest = zero, share = zero, errors = zero, originals = zero, decodeds = zero, products = zero;
  clear(sums0);
  clear(sums1);
  for (let left = columns; left > 0; left -= block, s0 += scaleStep, s1 += scaleStep) {
    const scale0 = scaleAt(s0, isHalf), scale1 = scaleAt(s1, isHalf);
    const bound = f64x2.replace_lane(f64x2.splat(<f64>scale0 / 2 * slack), 1, <f64>scale1 / 2 * slack);
    let inner = zero;
    for (let rest = block; rest > 0; rest -= STRETCH) {
      const count = min(STRETCH, rest);
      // A bit per value, set where it lies beyond its bound: looked at later, so that the sums stay in registers.
      let beyond: u64 = 0;
      for (const end = x0 + (<usize>(count & ~1) << 2); x0 < end; x0 += 8, x1 += 8, y += 16) {
        const befores = columnsAt(x0, x1), afters = v128.load(y);
        let before = firstOf(befores), after = firstOf(afters), error = f64x2.sub(before, after);
        errors = addSquares(errors, error);
        originals = addSquares(originals, before);
        decodeds = addSquares(decodeds, after);
        products = f64x2.add(products, f64x2.mul(before, after));
        error = v128.and(error, magnitude);
        let over = f64x2.gt(error, bound);
        inner = f64x2.pmax(inner, v128.andnot(error, over));
        beyond = (beyond << 2) | <u64>i64x2.bitmask(over);
        before = secondOf(befores), after = secondOf(afters), error = f64x2.sub(before, after);
        errors = addSquares(errors, error);
        originals = addSquares(originals, before);
        decodeds = addSquares(decodeds, after);
        products = f64x2.add(products, f64x2.mul(before, after));
        error = v128.and(error, magnitude);
        over = f64x2.gt(error, bound);
        inner = f64x2.pmax(inner, v128.andnot(error, over));
        beyond = (beyond << 2) | <u64>i64x2.bitmask(over);
      }
      if ((count & 1) != 0) {
        const before = columnAt(x0, x1), after = firstOf(v128.load64_zero(y));
        let error = f64x2.sub(before, after);
        errors = addSquares(errors, error);
        originals = addSquares(originals, before);
        decodeds = addSquares(decodeds, after);
        products = f64x2.add(products, f64x2.mul(before, after));
        error = v128.and(error, magnitude);
        const over = f64x2.gt(error, bound);
        inner = f64x2.pmax(inner, v128.andnot(error, over));
        beyond = (beyond << 2) | <u64>i64x2.bitmask(over);
        x0 += 4, x1 += 4, y += 8;
      }
      for (; beyond != 0; beyond &= beyond - 1) {
        // The last column's bits are the lowest.
        const bit = <usize>ctz(beyond), back = (bit >> 1) + 1, lane = bit & 1;
        const x = (lane == 0 ? x0 : x1) - (back << 2);
        const after = y - (back << 3) + (lane << 2);
        if (!takeClamped(x, after, lane == 0 ? scale0 : scale1, lane == 0 ? sums0 : sums1)) return false;
      }
    }
    largest = f64x2.pmax(largest, inner);
    share = f64x2.pmax(share, f64x2.div(inner, bound));
  }
  return store(sums0, sums1, largest, share, errors, originals, decodeds, products);
}

/**
 * Measures two rows of a plain float type, whose bound is a share of the value, at least `least`. Otherwise as
 * {@link measureScaled}.
 */
export function measureFloats(
  x0: usize, x1: usize, y: usize, columns: i32, factor: f64, least: f64, sums0: usize, sums1: usize,
): bool {
  const magnitude = v128.load(MAGNITUDE);
  const zero = f64x2.splat(0), factors = f64x2.splat(factor), floor = f64x2.splat(least);
  let largest = zero, share = zero, errors = zero, originals = zero, decodeds = zero, products = zero;
  clear(sums0);
  clear(sums1);
  for (let i = columns; i > 0; i--, x0 += 4, x1 += 4, y += 8) {
    const before = columnAt(x0, x1), after = firstOf(v128.load64_zero(y));
    let error = f64x2.sub(before, after);
    errors = addSquares(errors, error);
    originals = addSquares(originals, before);
    decodeds = addSquares(decodeds, after);
    products = f64x2.add(products, f64x2.mul(before, after));
    error = v128.and(error, magnitude);
    largest = f64x2.pmax(largest, error);
    // 0 / 0, where f32 stays f32, is no share, and pmax drops it.
    const bound = f64x2.pmax(f64x2.mul(v128.and(before, magnitude), factors), floor);
    share = f64x2.pmax(share, f64x2.div(error, bound));
  }
  if (v128.any_true(f64x2.gt(share, f64x2.splat(1)))) return false;
  return store(sums0, sums1, largest, share, errors, originals, decodeds, products);
}

/** Where clamped values leave theirs. */
// @ts-ignore: decorator
@inline
function clear(sums: usize): void {
  f64.store(sums, 0);
  f64.store(sums, 0, CLAMPED);
}

/** Completes the sums of two rows. False where a value was NaN. */
function store(
  sums0: usize, sums1: usize, largest: v128, share: v128, errors: v128, originals: v128, decodeds: v128, products: v128,
): bool {
  storeRow(sums1, largest, share, errors, originals, decodeds, products, 1);
  storeRow(sums0, largest, share, errors, originals, decodeds, products, 0);
  return !v128.any_true(f64x2.ne(errors, errors));
}

// @ts-ignore: decorator
@inline
function laneOf(v: v128, lane: i32): f64 {
  return lane == 0 ? f64x2.extract_lane(v, 0) : f64x2.extract_lane(v, 1);
}

function storeRow(
  sums: usize, largest: v128, share: v128, errors: v128, originals: v128, decodeds: v128, products: v128, lane: i32,
): void {
  // Clamped values have left theirs already.
  f64.store(sums, max(f64.load(sums), laneOf(largest, lane)));
  f64.store(sums, laneOf(share, lane), 8);
  f64.store(sums, laneOf(errors, lane), 24);
  f64.store(sums, laneOf(originals, lane), 32);
  f64.store(sums, laneOf(decodeds, lane), 40);
  f64.store(sums, laneOf(products, lane), 48);
}
