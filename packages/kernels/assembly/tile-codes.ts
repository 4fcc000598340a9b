/**
 * Prefill's inner products where a dot takes one code of a weight and one of an activation: 16-bit words, or 4-bit codes
 * and bytes. See `tiles.ts`.
 */
import { dotBytes, dotPairs, ONES } from './simd';
import { accumulate } from './tiles';
import { FUSED, RELAXED } from './variant';

/**
 * Adds the products of 16-bit words to `sums`.
 *
 * @param w i16 [columns / 2][8 rows][2]
 * @param x i16 [columns / 2][4 tokens][2]
 * @param steps f32 [groups][4]: scales of the activations
 * @param groupScales f32 [groups][8], or 0 where the weights have a scale per row
 * @param sums f32 [4 tokens][8 rows]
 */
export function tileWords(w: usize, x: usize, steps: usize, groupScales: usize, sums: usize, groups: usize): void {
  tile(true, w, x, steps, 0, groupScales, sums, groups);
}

/**
 * Adds the products of 4-bit codes to `sums`.
 *
 * @param w nibbles, a byte each [columns / 4][8 rows][4]
 * @param x i8 [columns / 4][4 tokens][4]
 * @param offsets i32 [groups][4]: what the bias of the nibbles adds, negative
 * @param groupScales f32 [groups][8]
 */
export function tileNibbles(
  w: usize, x: usize, steps: usize, offsets: usize, groupScales: usize, sums: usize, groups: usize,
): void {
  tile(false, w, x, steps, offsets, groupScales, sums, groups);
}

// @ts-ignore: decorator
@inline
function tile(
  isWords: bool, w: usize, x: usize, steps: usize, offsets: usize, groupScales: usize, sums: usize, groups: usize,
): void {
  const ones = v128.load(ONES);
  const groupBytes: usize = isWords ? 512 : 256;
  for (const stepsEnd = steps + (groups << 4); steps < stepsEnd; steps += 16) {
    let a = i32x4.splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
    for (const end = w + groupBytes; w < end; w += 128, x += 64) {
      let u = v128.load(w, 0), v = v128.load(w, 16);
      let s = v128.load32_splat(x, 0);
      a = add(isWords, a, s, u); b = add(isWords, b, s, v);
      s = v128.load32_splat(x, 4);
      c = add(isWords, c, s, u); d = add(isWords, d, s, v);
      s = v128.load32_splat(x, 8);
      e = add(isWords, e, s, u); f = add(isWords, f, s, v);
      s = v128.load32_splat(x, 12);
      g = add(isWords, g, s, u); h = add(isWords, h, s, v);
      u = v128.load(w, 32); v = v128.load(w, 48);
      s = v128.load32_splat(x, 16);
      a = add(isWords, a, s, u); b = add(isWords, b, s, v);
      s = v128.load32_splat(x, 20);
      c = add(isWords, c, s, u); d = add(isWords, d, s, v);
      s = v128.load32_splat(x, 24);
      e = add(isWords, e, s, u); f = add(isWords, f, s, v);
      s = v128.load32_splat(x, 28);
      g = add(isWords, g, s, u); h = add(isWords, h, s, v);
      u = v128.load(w, 64); v = v128.load(w, 80);
      s = v128.load32_splat(x, 32);
      a = add(isWords, a, s, u); b = add(isWords, b, s, v);
      s = v128.load32_splat(x, 36);
      c = add(isWords, c, s, u); d = add(isWords, d, s, v);
      s = v128.load32_splat(x, 40);
      e = add(isWords, e, s, u); f = add(isWords, f, s, v);
      s = v128.load32_splat(x, 44);
      g = add(isWords, g, s, u); h = add(isWords, h, s, v);
      u = v128.load(w, 96); v = v128.load(w, 112);
      s = v128.load32_splat(x, 48);
      a = add(isWords, a, s, u); b = add(isWords, b, s, v);
      s = v128.load32_splat(x, 52);
      c = add(isWords, c, s, u); d = add(isWords, d, s, v);
      s = v128.load32_splat(x, 56);
      e = add(isWords, e, s, u); f = add(isWords, f, s, v);
      s = v128.load32_splat(x, 60);
      g = add(isWords, g, s, u); h = add(isWords, h, s, v);
    }
    if (!isWords) {
      let o = v128.load32_splat(offsets, 0);
      a = unbias(a, ones, o); b = unbias(b, ones, o);
      o = v128.load32_splat(offsets, 4);
      c = unbias(c, ones, o); d = unbias(d, ones, o);
      o = v128.load32_splat(offsets, 8);
      e = unbias(e, ones, o); f = unbias(f, ones, o);
      o = v128.load32_splat(offsets, 12);
      g = unbias(g, ones, o); h = unbias(h, ones, o);
      offsets += 16;
    }
    accumulate(sums, groupScales, steps, a, b, c, d, e, f, g, h);
    if (groupScales != 0) groupScales += 32;
  }
}

/**
 * Products of four rows, two of words or four of nibbles, added to their sums: in 32 bits, but for nibbles without a fused
 * dot, of which at most 16 products of 15 · 127 meet in 16 bits before a block ends.
 */
// @ts-ignore: decorator
@inline
function add(isWords: bool, sum: v128, x: v128, codes: v128): v128 {
  // A build without 8-bit dots has words alone, and no instruction for anything else.
  if (!RELAXED || isWords) return i32x4.add(sum, i32x4.dot_i16x8_s(codes, x));
  if (FUSED) return dotBytes(x, codes, sum);
  return i16x8.add(sum, dotPairs(x, codes));
}

/** Sums of nibbles in 32 bits, the bias taken out. */
// @ts-ignore: decorator
@inline
function unbias(sums: v128, ones: v128, offset: v128): v128 {
  return i32x4.add(FUSED ? sums : i32x4.dot_i16x8_s(sums, ones), offset);
}
