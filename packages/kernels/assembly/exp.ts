/**
 * e^x, four at a time: x = n · ln 2 + r with |r| <= ln 2 / 2, e^r by the polynomial below, 2^n by the exponent field.
 * Largest error 2 units in the last place over the range that softmax and SiLU use (tested against f64).
 * Below -87 the result is 0, above 88 it is e^88.
 *
 * The polynomial is the Taylor series up to r^7, whose remainder at ln 2 / 2 is below 2^-27.
 */
import { madd } from './simd';

/** Each constant four times, in memory: V8 makes a vector constant anew at each use, in three instructions. */
const CONSTANTS: usize = memory.data<f32>([
  -87, -87, -87, -87, // 0: lowest
  88, 88, 88, 88, // 16: highest
  1.4426950408889634, 1.4426950408889634, 1.4426950408889634, 1.4426950408889634, // 32: 1 / ln 2
  // 48 and 64: ln 2 in two parts; the first has few bits, so that n times it is exact
  0.693145751953125, 0.693145751953125, 0.693145751953125, 0.693145751953125,
  1.428606765330187e-6, 1.428606765330187e-6, 1.428606765330187e-6, 1.428606765330187e-6,
  // 80 to 176: 1 / 7!, 1 / 6!, … 1
  0.0001984126984126984, 0.0001984126984126984, 0.0001984126984126984, 0.0001984126984126984,
  0.001388888888888889, 0.001388888888888889, 0.001388888888888889, 0.001388888888888889,
  0.008333333333333333, 0.008333333333333333, 0.008333333333333333, 0.008333333333333333,
  0.041666666666666664, 0.041666666666666664, 0.041666666666666664, 0.041666666666666664,
  0.16666666666666666, 0.16666666666666666, 0.16666666666666666, 0.16666666666666666,
  0.5, 0.5, 0.5, 0.5,
  1, 1, 1, 1,
], 16);
/** 1.5 · 2^23: sums near it have a unit in the last place of 1, so adding it rounds, and leaves the integer in the low bits. */
const ROUNDER: usize = memory.data<f32>([12582912, 12582912, 12582912, 12582912], 16);
/** The bits of 1. */
const UNIT: usize = memory.data<u32>([0x3f800000, 0x3f800000, 0x3f800000, 0x3f800000], 16);

// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  const lowest = v128.load(CONSTANTS, 0);
  const clamped = f32x4.min(f32x4.max(x, lowest), v128.load(CONSTANTS, 16));
  const rounder = v128.load(ROUNDER);
  const rounded = f32x4.add(f32x4.mul(clamped, v128.load(CONSTANTS, 32)), rounder);
  const n = f32x4.sub(rounded, rounder);
  let r = f32x4.sub(clamped, f32x4.mul(n, v128.load(CONSTANTS, 48)));
  r = f32x4.sub(r, f32x4.mul(n, v128.load(CONSTANTS, 64)));
  const one = v128.load(CONSTANTS, 176);
  let p = madd(v128.load(CONSTANTS, 80), r, v128.load(CONSTANTS, 96));
  p = madd(p, r, v128.load(CONSTANTS, 112));
  p = madd(p, r, v128.load(CONSTANTS, 128));
  p = madd(p, r, v128.load(CONSTANTS, 144));
  p = madd(p, r, v128.load(CONSTANTS, 160));
  p = madd(p, r, one);
  p = madd(p, r, one);
  const power = i32x4.add(i32x4.shl(rounded, 23), v128.load(UNIT));
  // Minus infinity is a masked position: its weight is exactly 0.
  return v128.and(f32x4.mul(p, power), f32x4.ge(x, lowest));
}

/** {@link exp4} of one value: the same bits as in any lane. */
// @ts-ignore: decorator
@inline
export function exp1(x: f32): f32 {
  return f32x4.extract_lane(exp4(f32x4.splat(x)), 0);
}
