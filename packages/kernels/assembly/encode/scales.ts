/** What the encoders of q8 and q4 share: magnitudes, and scales as they will be stored. */
import { F16_MAGIC } from '../simd';

/** The bits of +∞. A magnitude whose bits are not below them is infinite or NaN. */
export const INFINITE_BITS: i32 = 0x7f800000;

/** Magnitudes: an f32 without its sign. In memory, as all constants of inner loops: V8 makes a literal anew at every use. */
const MAGNITUDE: usize = memory.data<u32>([0x7fffffff, 0x7fffffff, 0x7fffffff, 0x7fffffff], 16);

/** The bits of the largest magnitude of `count` f32. Magnitudes are ordered as their bits are, NaN above all. */
export function largestBits(x: usize, count: i32): i32 {
  const mask = v128.load(MAGNITUDE);
  let a = i32x4.splat(0), b = a, c = a, d = a;
  for (const end = x + (<usize>(count & ~15) << 2); x < end; x += 64) {
    a = i32x4.max_s(a, v128.and(v128.load(x, 0), mask));
    b = i32x4.max_s(b, v128.and(v128.load(x, 16), mask));
    c = i32x4.max_s(c, v128.and(v128.load(x, 32), mask));
    d = i32x4.max_s(d, v128.and(v128.load(x, 48), mask));
  }
  for (let i = count & 15; i > 0; i--, x += 4) a = i32x4.max_s(a, v128.and(v128.load32_splat(x), mask));
  a = i32x4.max_s(i32x4.max_s(a, b), i32x4.max_s(c, d));
  a = i32x4.max_s(a, v128.shuffle<i32>(a, a, 2, 3, 0, 1));
  return i32x4.extract_lane(i32x4.max_s(a, v128.shuffle<i32>(a, a, 1, 0, 3, 2)), 0);
}

/** Smallest normal f16 as f32, and smallest of all. */
const MIN_NORMAL_F16: f32 = 0.00006103515625;
const MIN_F16: f32 = 0.000000059604644775390625;

/**
 * Positive f32 to the nearest f16, ties to even, at least the smallest one; infinite where that is beyond f16. The
 * results are f32 still.
 */
// @ts-ignore: decorator
@inline
export function roundScales(scales: v128): v128 {
  // 13 bits go. Half an even step is added; a carry moves into the exponent, as it should.
  const odd = v128.and(i32x4.shr_u(scales, 13), i32x4.splat(1));
  const rounded = i32x4.add(i32x4.add(scales, i32x4.splat(0xfff)), odd);
  const normal = v128.and(rounded, i32x4.splat(0xffffe000));
  // Below the normal numbers f16 are multiples of 2^-24, as f32 from 0.5 on are: the sum is rounded to one.
  const half = f32x4.splat(0.5);
  const subnormal = f32x4.sub(f32x4.add(scales, half), half);
  const nearest = v128.bitselect(subnormal, normal, f32x4.lt(scales, f32x4.splat(MIN_NORMAL_F16)));
  const infinite = f32x4.ge(nearest, f32x4.splat(65536));
  return f32x4.pmax(v128.bitselect(f32x4.splat(Infinity), nearest, infinite), f32x4.splat(MIN_F16));
}

/** {@link roundScales} of one scale. */
export function roundScale(scale: f32): f32 {
  return f32x4.extract_lane(roundScales(f32x4.splat(scale)), 0);
}

/** The bits of a positive f16 that is held as f32. */
function f16Bits(scale: f32): i32 {
  if (scale < MIN_NORMAL_F16) return <i32>(scale * 16777216);
  return (reinterpret<i32>(scale) - 0x38000000) >> 13;
}

/** The f16 above a positive one that is held as f32. */
export function nextF16(scale: f32): f32 {
  return reinterpret<f32>((f16Bits(scale) + 1) << 13) * F16_MAGIC;
}

/** Stores the scale with this index. An f16 must have been rounded. */
// @ts-ignore: decorator
@inline
export function storeScale(scales: usize, isHalf: bool, index: usize, scale: f32): void {
  if (isHalf) i32.store16(scales + (index << 1), f16Bits(scale));
  else f32.store(scales + (index << 2), scale);
}

/** Stores 0 in the place of a scale: rows that pad a panel have that. */
// @ts-ignore: decorator
@inline
export function clearScale(scales: usize, isHalf: bool, index: usize): void {
  if (isHalf) i32.store16(scales + (index << 1), 0);
  else f32.store(scales + (index << 2), 0);
}
