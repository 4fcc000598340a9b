/**
 * f32 to the plain floats, to nearest, ties to even. What is not finite is refused, and a finite value beyond the range
 * of a 16-bit type too: never a silent infinity.
 */
import { INFINITE_BITS, largestBits } from './scales';

/** Copies `count` f32. False where one is not finite. */
export function encodeF32(x: usize, count: i32, target: usize): bool {
  memory.copy(target, x, <usize>count << 2);
  return largestBits(x, count) < INFINITE_BITS;
}

/** Bits of the first magnitude that f16 rounds to infinity: 65,520, half-way between its largest and the next step. */
const BEYOND_F16: i32 = 0x477ff000;

/** Four f32, finite ones, as f16 in the low halves of their lanes. */
// @ts-ignore: decorator
@inline
function toF16(x: v128): v128 {
  const sign = v128.and(i32x4.shr_u(x, 16), i32x4.splat(0x8000));
  const magnitude = v128.and(x, i32x4.splat(0x7fffffff));
  const odd = v128.and(i32x4.shr_u(magnitude, 13), i32x4.splat(1));
  // The exponent is rebiased; half an even step is added. A carry moves into the exponent, as it should.
  const normal = i32x4.shr_u(i32x4.add(i32x4.add(magnitude, i32x4.splat(<i32>0xc8000fff)), odd), 13);
  // From 0.5 on f32 are multiples of 2^-24, as f16 are below 2^-14: the sum is rounded to one, and its low bits count.
  const subnormal = i32x4.sub(f32x4.add(magnitude, f32x4.splat(0.5)), i32x4.splat(0x3f000000));
  const small = i32x4.lt_s(magnitude, i32x4.splat(0x38800000));
  return v128.or(v128.bitselect(subnormal, normal, small), sign);
}

/** Encodes `count` f32 as f16. False where one is not finite or beyond f16. */
export function encodeF16(x: usize, count: i32, target: usize): bool {
  if (largestBits(x, count) >= BEYOND_F16) return false;
  for (const end = x + (<usize>(count & ~3) << 2); x < end; x += 16, target += 8) {
    storeHalves(target, toF16(v128.load(x)));
  }
  for (let i = count & 3; i > 0; i--, x += 4, target += 2) {
    i32.store16(target, i32x4.extract_lane(toF16(v128.load32_splat(x)), 0));
  }
  return true;
}

/** Bits of the first magnitude that bf16 rounds to infinity. */
const BEYOND_BF16: i32 = 0x7f7f8000;

/** Four f32, finite ones, as bf16 in the low halves of their lanes: their upper halves, rounded. */
// @ts-ignore: decorator
@inline
function toBf16(x: v128): v128 {
  const odd = v128.and(i32x4.shr_u(x, 16), i32x4.splat(1));
  return i32x4.shr_u(i32x4.add(i32x4.add(x, i32x4.splat(0x7fff)), odd), 16);
}

/** Encodes `count` f32 as bf16. False where one is not finite or beyond bf16. */
export function encodeBf16(x: usize, count: i32, target: usize): bool {
  if (largestBits(x, count) >= BEYOND_BF16) return false;
  for (const end = x + (<usize>(count & ~3) << 2); x < end; x += 16, target += 8) {
    storeHalves(target, toBf16(v128.load(x)));
  }
  for (let i = count & 3; i > 0; i--, x += 4, target += 2) {
    i32.store16(target, i32x4.extract_lane(toBf16(v128.load32_splat(x)), 0));
  }
  return true;
}

/** The low halves of four lanes. Sign-extended first: the saturating narrowing keeps all 16 bits then. */
// @ts-ignore: decorator
@inline
function storeHalves(target: usize, halves: v128): void {
  const signed = i32x4.shr_s(i32x4.shl(halves, 16), 16);
  v128.store_lane<i64>(target, i16x8.narrow_i32x4_s(signed, signed), 0);
}

/** Whether `count` stored floats are all finite: neither has all bits of its exponent set. */
export function areFinite(source: usize, count: i32, exponent: i32, is16: bool): bool {
  if (!is16) return largestBits(source, count) < INFINITE_BITS;
  const mask = i16x8.splat(<i16>exponent);
  let any = i16x8.splat(0);
  for (const end = source + (<usize>(count & ~7) << 1); source < end; source += 16) {
    any = v128.or(any, i16x8.eq(v128.and(v128.load(source), mask), mask));
  }
  for (let i = count & 7; i > 0; i--, source += 2) {
    any = v128.or(any, i16x8.eq(v128.and(v128.load16_splat(source), mask), mask));
  }
  return !v128.any_true(any);
}
