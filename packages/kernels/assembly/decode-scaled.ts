/**
 * Our own types, row-major, their scales (f32 or f16) apart from the codes.
 *
 * ```
 * q8   i8 per value, a scale per row
 * q4   signed nibbles, low one first, a scale per block of a row     value = nibble (8 to 15: minus 16) · scale
 * ```
 */
import { f16At, storeScaled } from './decode-codes';

// @ts-ignore: decorator
@inline
function scaleAt(scales: usize, isHalf: bool, index: usize): f32 {
  return isHalf ? f16At(scales + (index << 1)) : f32.load(scales + (index << 2));
}

/** Decodes row `row` of q8, whose codes begin at `codes`. */
export function decodeQ8Row(
  codes: usize, row: i32, columns: i32, scales: usize, isHalf: bool, target: usize,
): void {
  const scale = scaleAt(scales, isHalf, <usize>row);
  const factor = f32x4.splat(scale);
  for (const end = codes + <usize>(columns & ~15); codes < end; codes += 16, target += 64) {
    storeScaled(target, v128.load(codes), factor);
  }
  for (let i = columns & 15; i > 0; i--, codes++, target += 4) f32.store(target, <f32>(<i32>load<i8>(codes)) * scale);
}

/** Decodes row `row` of q4, whose codes begin at `codes`. `block`: values per scale, even. */
export function decodeQ4Row(
  codes: usize, row: i32, columns: i32, scales: usize, isHalf: bool, block: i32, target: usize,
): void {
  const mask = i8x16.splat(15), sign = i8x16.splat(8);
  const blocks = columns / block;
  let index = <usize>row * <usize>blocks;
  for (const last = index + <usize>blocks; index < last; index++) {
    const scale = scaleAt(scales, isHalf, index);
    const factor = f32x4.splat(scale);
    for (const end = codes + <usize>(block >> 4 << 3); codes < end; codes += 8, target += 64) {
      const bytes = v128.load64_zero(codes);
      const low = v128.and(bytes, mask), high = v128.and(i16x8.shr_u(bytes, 4), mask);
      const nibbles = v128.shuffle<i8>(low, high, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      // Flipping the sign bit and taking its weight off again extends the sign.
      storeScaled(target, i8x16.sub(v128.xor(nibbles, sign), sign), factor);
    }
    for (let i = (block & 15) >> 1; i > 0; i--, codes++, target += 8) {
      const byte = <i32>load<u8>(codes);
      f32.store(target, <f32>((byte << 28) >> 28) * scale, 0);
      f32.store(target, <f32>((byte << 24) >> 28) * scale, 4);
    }
  }
}
