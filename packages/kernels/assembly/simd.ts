/** Small vector helpers that every kernel uses. All are inlined. */
import { RELAXED } from './variant';

/** Lane-wise a · b + c; fused where the engine fuses. The order of operations in a kernel is fixed, this rounding is not. */
// @ts-ignore: decorator
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  if (RELAXED) return f32x4.relaxed_madd(a, b, c);
  return f32x4.add(f32x4.mul(a, b), c);
}

/** Sum of the four lanes, always ((0 + 2) + (1 + 3)). */
// @ts-ignore: decorator
@inline
export function sumLanes(v: v128): f32 {
  const pairs = f32x4.add(v, v128.shuffle<i32>(v, v, 2, 3, 0, 1));
  return f32x4.extract_lane(pairs, 0) + f32x4.extract_lane(pairs, 1);
}

/**
 * Sums of four products of bytes, added to `sum`: one instruction where the engine has it fused, several elsewhere.
 *
 * @param a signed
 * @param b within 0..127: beyond, engines differ
 */
// @ts-ignore: decorator
@inline
export function dotBytes(a: v128, b: v128, sum: v128): v128 {
  return i32x4.relaxed_dot_i8x16_i7x16_add_s(a, b, sum);
}

/** Sums of two products of bytes, in 16-bit lanes; operands as {@link dotBytes} has them. */
// @ts-ignore: decorator
@inline
export function dotPairs(a: v128, b: v128): v128 {
  return i16x8.relaxed_dot_i8x16_i7x16_s(a, b);
}

/** Four rows of which each has two lanes: their sums. */
// @ts-ignore: decorator
@inline
export function joinRows(first: v128, second: v128): v128 {
  return i32x4.add(v128.shuffle<i32>(first, second, 0, 2, 4, 6), v128.shuffle<i32>(first, second, 1, 3, 5, 7));
}

/** 1 in every 16-bit lane, in memory: V8 makes a vector constant anew at each use. */
export const ONES: usize = memory.data<u32>([0x00010001, 0x00010001, 0x00010001, 0x00010001], 16);

/** 2^112. */
export const F16_MAGIC: f32 = 5192296858534827628530496329220096.0;

/**
 * Constants of the conversion from f16, in memory: V8 makes a vector constant anew at each use. Sign, exponent and mantissa
 * in f32's places; 2^112; the exponent of infinity and NaN, in f16 and in f32.
 */
const F16: usize = memory.data<u32>([
  0x8fffe000, 0x8fffe000, 0x8fffe000, 0x8fffe000,
  0x77800000, 0x77800000, 0x77800000, 0x77800000,
  0x00007c00, 0x00007c00, 0x00007c00, 0x00007c00,
  0x7f800000, 0x7f800000, 0x7f800000, 0x7f800000,
], 16);

/**
 * Four f16 in the low halves of 32-bit lanes (sign-extended) as f32. The bits are moved to f32's places, which leaves a
 * value 2^112 too small; the product puts it right and is exact. Infinity and NaN, which no quantizer writes as a scale,
 * come out as large finite values.
 */
// @ts-ignore: decorator
@inline
export function f16LanesToF32(halves: v128): v128 {
  return f32x4.mul(v128.and(i32x4.shl(halves, 13), v128.load(F16, 0)), v128.load(F16, 16));
}

/** {@link f16LanesToF32} in which infinity and NaN, exponent 31 in f16, keep being what they are. */
// @ts-ignore: decorator
@inline
export function anyF16LanesToF32(halves: v128): v128 {
  const exponent = v128.load(F16, 32);
  const special = i32x4.eq(v128.and(halves, exponent), exponent);
  return v128.or(f16LanesToF32(halves), v128.and(special, v128.load(F16, 48)));
}
