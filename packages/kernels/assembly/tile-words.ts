/** Prefill's inner products of 16-bit words, see `tiles.ts`. */
import { accumulate } from './tiles';

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
  for (const stepsEnd = steps + (groups << 4); steps < stepsEnd; steps += 16) {
    let a = i32x4.splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
    for (const end = w + 512; w < end; w += 128, x += 64) {
      let u = v128.load(w, 0), v = v128.load(w, 16);
      let s = v128.load32_splat(x, 0);
      a = add(a, s, u); b = add(b, s, v);
      s = v128.load32_splat(x, 4);
      c = add(c, s, u); d = add(d, s, v);
      s = v128.load32_splat(x, 8);
      e = add(e, s, u); f = add(f, s, v);
      s = v128.load32_splat(x, 12);
      g = add(g, s, u); h = add(h, s, v);
      u = v128.load(w, 32); v = v128.load(w, 48);
      s = v128.load32_splat(x, 16);
      a = add(a, s, u); b = add(b, s, v);
      s = v128.load32_splat(x, 20);
      c = add(c, s, u); d = add(d, s, v);
      s = v128.load32_splat(x, 24);
      e = add(e, s, u); f = add(f, s, v);
      s = v128.load32_splat(x, 28);
      g = add(g, s, u); h = add(h, s, v);
      u = v128.load(w, 64); v = v128.load(w, 80);
      s = v128.load32_splat(x, 32);
      a = add(a, s, u); b = add(b, s, v);
      s = v128.load32_splat(x, 36);
      c = add(c, s, u); d = add(d, s, v);
      s = v128.load32_splat(x, 40);
      e = add(e, s, u); f = add(f, s, v);
      s = v128.load32_splat(x, 44);
      g = add(g, s, u); h = add(h, s, v);
      u = v128.load(w, 96); v = v128.load(w, 112);
      s = v128.load32_splat(x, 48);
      a = add(a, s, u); b = add(b, s, v);
      s = v128.load32_splat(x, 52);
      c = add(c, s, u); d = add(d, s, v);
      s = v128.load32_splat(x, 56);
      e = add(e, s, u); f = add(f, s, v);
      s = v128.load32_splat(x, 60);
      g = add(g, s, u); h = add(h, s, v);
    }
    accumulate(sums, groupScales, steps, a, b, c, d, e, f, g, h);
    if (groupScales != 0) groupScales += 32;
  }
}

/** Two products of four rows. */
// @ts-ignore: decorator
@inline
function add(sum: v128, x: v128, words: v128): v128 {
  return i32x4.add(sum, i32x4.dot_i16x8_s(words, x));
}
