/**
 * Prefill's inner products of 4-bit codes, see `tiles.ts`. Without a fused dot they are summed in 16-bit lanes for a block:
 * at most 16 products of 15 · 127.
 */
import { dotBytes, dotPairs } from './simd';
import { accumulate } from './tiles';
import { FUSED } from './variant';

/** 1 in every 16-bit lane. */
const ONES: usize = memory.data<u32>([0x00010001, 0x00010001, 0x00010001, 0x00010001], 16);

/**
 * Adds the products of 4-bit codes to `sums`.
 *
 * @param w nibbles, a byte each [columns / 4][8 rows][4]
 * @param x i8 [columns / 4][4 tokens][4]
 * @param steps f32 [groups][4]: scales of the activations
 * @param offsets i32 [groups][4]: what the bias of the nibbles adds, negative
 * @param groupScales f32 [groups][8]
 * @param sums f32 [4 tokens][8 rows]
 */
export function tileNibbles(
  w: usize, x: usize, steps: usize, offsets: usize, groupScales: usize, sums: usize, groups: usize,
): void {
  const ones = v128.load(ONES);
  for (const stepsEnd = steps + (groups << 4); steps < stepsEnd; steps += 16, offsets += 16, groupScales += 32) {
    let a = i32x4.splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
    for (const end = w + 256; w < end; w += 128, x += 64) {
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
    let o = v128.load32_splat(offsets, 0);
    a = widen(a, ones, o); b = widen(b, ones, o);
    o = v128.load32_splat(offsets, 4);
    c = widen(c, ones, o); d = widen(d, ones, o);
    o = v128.load32_splat(offsets, 8);
    e = widen(e, ones, o); f = widen(f, ones, o);
    o = v128.load32_splat(offsets, 12);
    g = widen(g, ones, o); h = widen(h, ones, o);
    accumulate(sums, groupScales, steps, a, b, c, d, e, f, g, h);
  }
}

/** Four products of four rows: in 32 bits where that is one instruction, else in 16. */
// @ts-ignore: decorator
@inline
function add(sum: v128, x: v128, codes: v128): v128 {
  if (FUSED) return dotBytes(x, codes, sum);
  return i16x8.add(sum, dotPairs(x, codes));
}

/** Sums of 32 bits, the bias taken out. */
// @ts-ignore: decorator
@inline
function widen(sums: v128, ones: v128, offset: v128): v128 {
  return i32x4.add(FUSED ? sums : i32x4.dot_i16x8_s(sums, ones), offset);
}
