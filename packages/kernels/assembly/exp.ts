/**
 * e^x, four at a time: x = n · ln 2 + r with |r| <= ln 2 / 2, e^r by the polynomial below, 2^n by the exponent field.
 * Largest error 2 units in the last place over the range that softmax and SiLU use (tested against f64).
 * Below -87 the result is 0, above 88 it is e^88.
 *
 * The polynomial is the Taylor series up to r^7, whose remainder at ln 2 / 2 is below 2^-27.
 */
import { madd } from './simd';

// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  const clamped = f32x4.min(f32x4.max(x, f32x4.splat(-87)), f32x4.splat(88));
  const n = f32x4.nearest(f32x4.mul(clamped, f32x4.splat(1.4426950408889634)));
  // ln 2 in two parts: the first has few bits, so that n times it is exact.
  let r = f32x4.sub(clamped, f32x4.mul(n, f32x4.splat(0.693145751953125)));
  r = f32x4.sub(r, f32x4.mul(n, f32x4.splat(1.428606765330187e-6)));
  let p = f32x4.splat(1 / 5040);
  p = madd(p, r, f32x4.splat(1 / 720));
  p = madd(p, r, f32x4.splat(1 / 120));
  p = madd(p, r, f32x4.splat(1 / 24));
  p = madd(p, r, f32x4.splat(1 / 6));
  p = madd(p, r, f32x4.splat(0.5));
  p = madd(p, r, f32x4.splat(1));
  p = madd(p, r, f32x4.splat(1));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  // Minus infinity is a masked position: its weight is exactly 0.
  return v128.and(f32x4.mul(p, power), f32x4.ge(x, f32x4.splat(-87)));
}

/** {@link exp4} of one value: the same bits as in any lane. */
// @ts-ignore: decorator
@inline
export function exp1(x: f32): f32 {
  return f32x4.extract_lane(exp4(f32x4.splat(x)), 0);
}
