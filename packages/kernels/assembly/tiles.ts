/**
 * The inner products of prefill: 8 rows × 4 tokens of a chunk, register-tiled, one file for each form of operands. Integer
 * sums of a block of 32 columns stay in registers; the f32 sums of the tile, 8 vectors more than there are registers, stay
 * in L1.
 *
 * The float operations of one result are those of the matrix × vector kernels, in the same order: whether a token is
 * computed alone or in a chunk, its result has the same bits.
 */
import { madd } from './simd';

/** Adds eight integer sums of a block, times the activations' scales and, if there are any, the weights', to `sums`. */
// @ts-ignore: decorator
@inline
export function accumulate(
  sums: usize, groupScales: usize, steps: usize,
  a: v128, b: v128, c: v128, d: v128, e: v128, f: v128, g: v128, h: v128,
): void {
  let s = v128.load32_splat(steps, 0);
  if (groupScales != 0) {
    const low = v128.load(groupScales, 0), high = v128.load(groupScales, 16);
    v128.store(sums, madd(f32x4.mul(f32x4.convert_i32x4_s(a), s), low, v128.load(sums, 0)), 0);
    v128.store(sums, madd(f32x4.mul(f32x4.convert_i32x4_s(b), s), high, v128.load(sums, 16)), 16);
    s = v128.load32_splat(steps, 4);
    v128.store(sums, madd(f32x4.mul(f32x4.convert_i32x4_s(c), s), low, v128.load(sums, 32)), 32);
    v128.store(sums, madd(f32x4.mul(f32x4.convert_i32x4_s(d), s), high, v128.load(sums, 48)), 48);
    s = v128.load32_splat(steps, 8);
    v128.store(sums, madd(f32x4.mul(f32x4.convert_i32x4_s(e), s), low, v128.load(sums, 64)), 64);
    v128.store(sums, madd(f32x4.mul(f32x4.convert_i32x4_s(f), s), high, v128.load(sums, 80)), 80);
    s = v128.load32_splat(steps, 12);
    v128.store(sums, madd(f32x4.mul(f32x4.convert_i32x4_s(g), s), low, v128.load(sums, 96)), 96);
    v128.store(sums, madd(f32x4.mul(f32x4.convert_i32x4_s(h), s), high, v128.load(sums, 112)), 112);
  } else {
    v128.store(sums, madd(f32x4.convert_i32x4_s(a), s, v128.load(sums, 0)), 0);
    v128.store(sums, madd(f32x4.convert_i32x4_s(b), s, v128.load(sums, 16)), 16);
    s = v128.load32_splat(steps, 4);
    v128.store(sums, madd(f32x4.convert_i32x4_s(c), s, v128.load(sums, 32)), 32);
    v128.store(sums, madd(f32x4.convert_i32x4_s(d), s, v128.load(sums, 48)), 48);
    s = v128.load32_splat(steps, 8);
    v128.store(sums, madd(f32x4.convert_i32x4_s(e), s, v128.load(sums, 64)), 64);
    v128.store(sums, madd(f32x4.convert_i32x4_s(f), s, v128.load(sums, 80)), 80);
    s = v128.load32_splat(steps, 12);
    v128.store(sums, madd(f32x4.convert_i32x4_s(g), s, v128.load(sums, 96)), 96);
    v128.store(sums, madd(f32x4.convert_i32x4_s(h), s, v128.load(sums, 112)), 112);
  }
}
