/** Prefill's inner products of 8-bit codes where the 8-bit dot is fused, see `tiles.ts`. */
import { dotBytes } from './simd';
import { accumulate } from './tiles';

/**
 * Adds the products of 8-bit codes, straight from the panel, to `sums`: two fused dots, one per plane of activations.
 *
 * @param w i8 [8][8 rows][4] per group, groups `stride` bytes apart
 * @param x i8 [groups][2 planes][8][4 tokens][4]
 */
export function tilePlanes(
  w: usize, stride: usize, x: usize, steps: usize, groupScales: usize, sums: usize, groups: usize,
): void {
  for (const stepsEnd = steps + (groups << 4); steps < stepsEnd; steps += 16, w += stride) {
    let a = i32x4.splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
    // The negative plane first: its sums are negated, then the positive plane is added.
    let xp = x + 128;
    for (let p = w, end = w + 256; p < end; p += 32, xp += 16) {
      const u = v128.load(p, 0), v = v128.load(p, 16);
      let s = v128.load32_splat(xp, 0);
      a = dotBytes(u, s, a); b = dotBytes(v, s, b);
      s = v128.load32_splat(xp, 4);
      c = dotBytes(u, s, c); d = dotBytes(v, s, d);
      s = v128.load32_splat(xp, 8);
      e = dotBytes(u, s, e); f = dotBytes(v, s, f);
      s = v128.load32_splat(xp, 12);
      g = dotBytes(u, s, g); h = dotBytes(v, s, h);
    }
    a = i32x4.neg(a); b = i32x4.neg(b); c = i32x4.neg(c); d = i32x4.neg(d);
    e = i32x4.neg(e); f = i32x4.neg(f); g = i32x4.neg(g); h = i32x4.neg(h);
    for (let p = w, end = w + 256; p < end; p += 32, x += 16) {
      const u = v128.load(p, 0), v = v128.load(p, 16);
      let s = v128.load32_splat(x, 0);
      a = dotBytes(u, s, a); b = dotBytes(v, s, b);
      s = v128.load32_splat(x, 4);
      c = dotBytes(u, s, c); d = dotBytes(v, s, d);
      s = v128.load32_splat(x, 8);
      e = dotBytes(u, s, e); f = dotBytes(v, s, f);
      s = v128.load32_splat(x, 12);
      g = dotBytes(u, s, g); h = dotBytes(v, s, h);
    }
    x += 128;
    accumulate(sums, groupScales, steps, a, b, c, d, e, f, g, h);
    if (groupScales != 0) groupScales += 32;
  }
}
