/**
 * q8: one signed byte per value, one scale per row. `_q8.ts` of `@mirust/quant` has the definition and its edges; the
 * bytes are the same.
 *
 * Rounding to an integer is adding 1.5 · 2^23, near which f32 have no fraction: the sum's low bits are the code in two's
 * complement. No product of a row with its inverse scale is near 2^22.
 */
import { INFINITE_BITS, largestBits, nextF16, roundScale, storeScale } from './scales';

/** f32 1.5 · 2^23, its bits, and -127: see `scales.ts` for why they lie in memory. */
const ROUNDER: f32 = 12582912;
const ROUNDERS: usize = memory.data<f32>([12582912, 12582912, 12582912, 12582912], 16);
const LOWEST: usize = memory.data<u32>([0x81818181, 0x81818181, 0x81818181, 0x81818181], 16);

/** The f32 below the largest f32 / 127, which rounds up: what stands in for a scale whose product with 127 is infinite. */
const LARGEST_SCALE: u32 = 0x7c010203;

/** The scale of a row; 1 where all codes are to be 0, infinite where f16 cannot hold it. */
function scaleOf(amax: f32, isHalf: bool): f32 {
  const wanted: f32 = amax / 127;
  if (1 / wanted == Infinity) return 1;
  if (!isHalf) return <f32>127 * wanted == Infinity ? reinterpret<f32>(LARGEST_SCALE) : wanted;
  const scale = roundScale(wanted);
  return 127.5 * <f64>scale < <f64>amax ? nextF16(scale) : scale;
}

/** The code of one value. */
// @ts-ignore: decorator
@inline
function codeOf(x: usize, inverse: f32): i32 {
  const code = reinterpret<i32>(f32.load(x) * inverse + ROUNDER) - reinterpret<i32>(ROUNDER);
  return max(-127, min(127, code));
}

/** Codes of four values, each in a lane, not yet clamped. */
// @ts-ignore: decorator
@inline
function codesOf(x: usize, inverses: v128, rounder: v128): v128 {
  return i32x4.sub(f32x4.add(f32x4.mul(v128.load(x), inverses), rounder), rounder);
}

/** Sixteen codes of four vectors of them. Saturation clamps above, the maximum below. */
// @ts-ignore: decorator
@inline
function narrow(a: v128, b: v128, c: v128, d: v128, lowest: v128): v128 {
  return i8x16.max_s(i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d)), lowest);
}

/** Encodes a row to `count` codes `step` bytes apart by fours (4: a row of its own). Whether any is not 0. */
function encodeOne(x: usize, count: i32, inverse: f32, codes: usize, step: usize): bool {
  let any = 0;
  for (let i = 0; i < count; i++, x += 4) {
    const code = codeOf(x, inverse);
    any |= code;
    i32.store8(codes + <usize>(i >> 2) * step + <usize>(i & 3), code);
  }
  return any != 0;
}

/**
 * Encodes rows one behind the other. False where a value is not finite or a scale is beyond f16: then what was written
 * is void.
 *
 * @param x f32 [rows, columns]
 * @param codes i8 [rows, columns]
 * @param scales [rows]
 */
export function encodeQ8Rows(x: usize, rows: i32, columns: i32, isHalf: bool, codes: usize, scales: usize): bool {
  const rounder = v128.load(ROUNDERS), lowest = v128.load(LOWEST);
  for (let row = 0; row < rows; row++) {
    const bits = largestBits(x, columns);
    if (bits >= INFINITE_BITS) return false;
    const scale = scaleOf(reinterpret<f32>(bits), isHalf);
    if (scale == Infinity) return false;
    const inverse: f32 = 1 / scale;
    const inverses = f32x4.splat(inverse);
    let any = i32x4.splat(0);
    for (const end = x + (<usize>(columns & ~15) << 2); x < end; x += 64, codes += 16) {
      const a = codesOf(x, inverses, rounder), b = codesOf(x + 16, inverses, rounder);
      const c = codesOf(x + 32, inverses, rounder), d = codesOf(x + 48, inverses, rounder);
      const sixteen = narrow(a, b, c, d, lowest);
      any = v128.or(any, sixteen);
      v128.store(codes, sixteen);
    }
    const rest = columns & 15;
    const isZero = !encodeOne(x, rest, inverse, codes, 4) && !v128.any_true(any);
    x += <usize>rest << 2;
    codes += <usize>rest;
    storeScale(scales, isHalf, <usize>row, isZero ? 1 : scale);
  }
  return true;
}

/**
 * Four neighbouring rows into their lanes of a panel: a vector of codes is 16 bytes of it. What is not 0 in lane r of
 * the result: row r has a code that is not.
 *
 * @param x f32, rows `stride` bytes apart
 * @param codes where the first row's codes begin
 */
function encodeQuad(x: usize, stride: usize, columns: i32, inverses: v128, codes: usize): v128 {
  const rounder = v128.load(ROUNDERS), lowest = v128.load(LOWEST);
  const i0 = v128.shuffle<i32>(inverses, inverses, 0, 0, 0, 0), i1 = v128.shuffle<i32>(inverses, inverses, 1, 1, 1, 1);
  const i2 = v128.shuffle<i32>(inverses, inverses, 2, 2, 2, 2), i3 = v128.shuffle<i32>(inverses, inverses, 3, 3, 3, 3);
  let any = i32x4.splat(0);
  let y = x + 2 * stride;
  for (const end = x + (<usize>(columns & ~3) << 2); x < end; x += 16, y += 16, codes += 32) {
    const a = codesOf(x, i0, rounder), b = codesOf(x + stride, i1, rounder);
    const c = codesOf(y, i2, rounder), d = codesOf(y + stride, i3, rounder);
    const sixteen = narrow(a, b, c, d, lowest);
    any = v128.or(any, sixteen);
    v128.store(codes, sixteen);
  }
  const rest = columns & 3;
  if (rest != 0) {
    any = i32x4.replace_lane(any, 0, i32x4.extract_lane(any, 0) | <i32>encodeOne(x, rest, f32x4.extract_lane(i0, 0), codes, 32));
    any = i32x4.replace_lane(any, 1, i32x4.extract_lane(any, 1) | <i32>encodeOne(x + stride, rest, f32x4.extract_lane(i1, 0), codes + 4, 32));
    any = i32x4.replace_lane(any, 2, i32x4.extract_lane(any, 2) | <i32>encodeOne(y, rest, f32x4.extract_lane(i2, 0), codes + 8, 32));
    any = i32x4.replace_lane(any, 3, i32x4.extract_lane(any, 3) | <i32>encodeOne(y + stride, rest, f32x4.extract_lane(i3, 0), codes + 12, 32));
  }
  return any;
}

/**
 * Encodes up to eight rows into one panel, padding and all (`panel.ts` of `@mirust/core`). False as
 * {@link encodeQ8Rows}.
 *
 * @param x f32 [count, columns]
 * @param scratch 32 bytes of this thread
 */
export function encodeQ8Panel(
  x: usize, count: i32, columns: i32, isHalf: bool, panel: usize, scratch: usize,
): bool {
  const stride = <usize>columns << 2;
  for (let row = 0; row < count; row++) {
    const bits = largestBits(x + <usize>row * stride, columns);
    if (bits >= INFINITE_BITS) return false;
    const scale = scaleOf(reinterpret<f32>(bits), isHalf);
    if (scale == Infinity) return false;
    f32.store(scratch + (<usize>row << 2), scale);
  }
  const codes = panel + (isHalf ? 16 : 32);
  const padded = (columns + 31) & ~31;
  if (count == 8) {
    const written = <usize>(columns >> 2) << 5;
    memory.fill(codes + written, 0, (<usize>padded << 3) - written);
    const one = f32x4.splat(1), zero = i32x4.splat(0);
    const s0 = v128.load(scratch, 0), s1 = v128.load(scratch, 16);
    const low = encodeQuad(x, stride, columns, f32x4.div(one, s0), codes);
    const high = encodeQuad(x + (stride << 2), stride, columns, f32x4.div(one, s1), codes + 16);
    v128.store(scratch, v128.bitselect(one, s0, i32x4.eq(low, zero)), 0);
    v128.store(scratch, v128.bitselect(one, s1, i32x4.eq(high, zero)), 16);
    for (let row: usize = 0; row < 8; row++) storeScale(panel, isHalf, row, f32.load(scratch + (row << 2)));
    return true;
  }
  memory.fill(panel, 0, codes - panel + (<usize>padded << 3));
  for (let row: usize = 0; row < <usize>count; row++) {
    const scale = f32.load(scratch + (row << 2));
    const any = encodeOne(x + row * stride, columns, 1 / scale, codes + (row << 2), 32);
    storeScale(panel, isHalf, row, any ? scale : 1);
  }
  return true;
}
