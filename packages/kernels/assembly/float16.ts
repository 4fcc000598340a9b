/** f16 and bf16 to f32 and back, eight at a time. */
import { anyF16LanesToF32 } from './simd';

/** Converts `count` f16 to f32. Reads and writes nothing beyond them. */
export function f16ToF32(source: usize, target: usize, count: i32): void {
  const end = target + (<usize>(count & ~7) << 2);
  while (target < end) {
    const v = v128.load(source);
    v128.store(target, anyF16LanesToF32(i32x4.extend_low_i16x8_s(v)), 0);
    v128.store(target, anyF16LanesToF32(i32x4.extend_high_i16x8_s(v)), 16);
    source += 16;
    target += 32;
  }
  for (let i = count & 7; i > 0; i--, source += 2, target += 4) {
    const v = i32x4.splat(<i32>load<i16>(source));
    f32.store(target, f32x4.extract_lane(anyF16LanesToF32(v), 0));
  }
}

/** Converts `count` bf16 to f32. */
export function bf16ToF32(source: usize, target: usize, count: i32): void {
  const end = target + (<usize>(count & ~7) << 2);
  while (target < end) {
    const v = v128.load(source);
    v128.store(target, i32x4.shl(i32x4.extend_low_i16x8_u(v), 16), 0);
    v128.store(target, i32x4.shl(i32x4.extend_high_i16x8_u(v), 16), 16);
    source += 16;
    target += 32;
  }
  for (let i = count & 7; i > 0; i--, source += 2, target += 4) i32.store(target, <i32>load<u16>(source) << 16);
}

/**
 * Four f32 as f16 in the low halves of 32-bit lanes, to nearest, ties to even. Beyond f16's range the largest value
 * stands in, as the cache wants it.
 */
// @ts-ignore: decorator
@inline
function f32LanesToF16(x: v128): v128 {
  const sign = v128.and(i32x4.shr_u(x, 16), i32x4.splat(0x8000));
  const isNaN = f32x4.ne(x, x);
  const magnitude = f32x4.min(f32x4.abs(x), f32x4.splat(65504));
  // Normal: rebias the exponent; half of the last place, and one more where it is odd, round to even.
  const odd = v128.and(i32x4.shr_u(magnitude, 13), i32x4.splat(1));
  const normal = i32x4.shr_u(i32x4.add(i32x4.add(magnitude, i32x4.splat(<i32>0xc8000fff)), odd), 13);
  // Subnormal: adding 0.5 leaves the wanted bits in the low mantissa, rounded by the addition itself.
  const subnormal = i32x4.sub(f32x4.add(magnitude, f32x4.splat(0.5)), i32x4.splat(0x3f000000));
  const bits = v128.bitselect(subnormal, normal, f32x4.lt(magnitude, f32x4.splat(0.00006103515625)));
  return v128.or(v128.bitselect(i32x4.splat(0x7e00), bits, isNaN), sign);
}

/** Converts `count` f32 to f16. */
export function f32ToF16(source: usize, target: usize, count: i32): void {
  const end = source + (<usize>(count & ~3) << 2);
  while (source < end) {
    const halves = f32LanesToF16(v128.load(source));
    // The lanes hold 16 unsigned bits each: sign-extended, the saturating narrowing keeps them.
    const signed = i32x4.shr_s(i32x4.shl(halves, 16), 16);
    v128.store_lane<i64>(target, i16x8.narrow_i32x4_s(signed, signed), 0);
    source += 16;
    target += 8;
  }
  for (let i = count & 3; i > 0; i--, source += 4, target += 2) {
    i32.store16(target, i32x4.extract_lane(f32LanesToF16(f32x4.splat(f32.load(source))), 0));
  }
}
