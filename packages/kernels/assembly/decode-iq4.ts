/**
 * ggml's 4-bit types with uneven levels, row-major (ggml-org/llama.cpp, `ggml-common.h`).
 *
 * ```
 * IQ4_NL  32 values   d f16 · qs 16 B                                    d · LEVELS[q]
 * IQ4_XS 256 values   d f16 · scales_h u16 · scales_l 4 B · qs 128 B     d · (scale - 32) · LEVELS[q]
 * ```
 * IQ4_XS has eight groups of 32 with a 6-bit scale each: nibble g of scales_l is its lower part, bits 2g and 2g + 1
 * of scales_h its upper one. A byte of a group's 16 holds value i in its low nibble and i + 16 in its high one.
 */
import { f16At, storeScaled } from './decode-codes';

/** What the sixteen codes stand for. */
const LEVELS: usize = memory.data<i8>([-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113], 16);

/** Decodes `columns` values, a multiple of 32, into f32 [columns]. */
export function decodeIQ4_NL(block: usize, columns: i32, target: usize): void {
  for (const end = target + (<usize>columns << 2); target < end; block += 18, target += 128) {
    storeLevels(target, block + 2, f16At(block));
  }
}

/** Decodes `columns` values, a multiple of 256, into f32 [columns]. */
export function decodeIQ4_XS(block: usize, columns: i32, target: usize): void {
  for (const end = target + (<usize>columns << 2); target < end; block += 136) {
    const d = f16At(block);
    const upper = <i32>load<u16>(block, 2);
    const lower = load<i32>(block, 4);
    for (let group = 0; group < 8; group++, target += 128) {
      const scale = (((lower >> (group * 4)) & 15) | (((upper >> (group * 2)) & 3) << 4)) - 32;
      storeLevels(target, block + 8 + (<usize>group << 4), d * <f32>scale);
    }
  }
}

// @ts-ignore: decorator
@inline
function storeLevels(target: usize, codes: usize, scale: f32): void {
  const levels = v128.load(LEVELS), mask = i8x16.splat(15), factor = f32x4.splat(scale);
  const bytes = v128.load(codes);
  storeScaled(target, i8x16.swizzle(levels, v128.and(bytes, mask)), factor);
  storeScaled(target + 64, i8x16.swizzle(levels, v128.and(i16x8.shr_u(bytes, 4), mask)), factor);
}
