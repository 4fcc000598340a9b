/**
 * The inner products of prefill: 8 rows × 4 tokens of a chunk, register-tiled. Integer sums of a block of 32 columns stay
 * in registers; the f32 sums of the tile, 8 vectors more than there are registers, stay in L1.
 *
 * The float operations of one result are those of the matrix × vector kernels, in the same order: whether a token is
 * computed alone or in a chunk, its result has the same bits.
 */
import { dotBytes, dotPairs, madd } from './simd';
import { FUSED } from './variant';

/** 1 in every 16-bit lane. */
const ONES: usize = memory.data<u32>([0x00010001, 0x00010001, 0x00010001, 0x00010001], 16);

/** Adds eight integer sums of a block, times the activations' scales and, if there are any, the weights', to `sums`. */
// @ts-ignore: decorator
@inline
function accumulate(
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
    for (const end = w + 512; w < end; w += 64, x += 32) {
      let u = v128.load(w, 0), v = v128.load(w, 16);
      let s = v128.load32_splat(x, 0);
      a = i32x4.add(a, i32x4.dot_i16x8_s(u, s)); b = i32x4.add(b, i32x4.dot_i16x8_s(v, s));
      s = v128.load32_splat(x, 4);
      c = i32x4.add(c, i32x4.dot_i16x8_s(u, s)); d = i32x4.add(d, i32x4.dot_i16x8_s(v, s));
      s = v128.load32_splat(x, 8);
      e = i32x4.add(e, i32x4.dot_i16x8_s(u, s)); f = i32x4.add(f, i32x4.dot_i16x8_s(v, s));
      s = v128.load32_splat(x, 12);
      g = i32x4.add(g, i32x4.dot_i16x8_s(u, s)); h = i32x4.add(h, i32x4.dot_i16x8_s(v, s));
      u = v128.load(w, 32); v = v128.load(w, 48);
      s = v128.load32_splat(x, 16);
      a = i32x4.add(a, i32x4.dot_i16x8_s(u, s)); b = i32x4.add(b, i32x4.dot_i16x8_s(v, s));
      s = v128.load32_splat(x, 20);
      c = i32x4.add(c, i32x4.dot_i16x8_s(u, s)); d = i32x4.add(d, i32x4.dot_i16x8_s(v, s));
      s = v128.load32_splat(x, 24);
      e = i32x4.add(e, i32x4.dot_i16x8_s(u, s)); f = i32x4.add(f, i32x4.dot_i16x8_s(v, s));
      s = v128.load32_splat(x, 28);
      g = i32x4.add(g, i32x4.dot_i16x8_s(u, s)); h = i32x4.add(h, i32x4.dot_i16x8_s(v, s));
    }
    accumulate(sums, groupScales, steps, a, b, c, d, e, f, g, h);
    if (groupScales != 0) groupScales += 32;
  }
}

/**
 * Adds the products of 4-bit codes to `sums`.
 *
 * @param w nibbles, a byte each [columns / 4][8 rows][4]
 * @param x i8 [columns / 4][4 tokens][4]
 * @param offsets i32 [groups][4]: what the bias of the nibbles adds, negative
 */
export function tileNibbles(
  w: usize, x: usize, steps: usize, offsets: usize, groupScales: usize, sums: usize, groups: usize,
): void {
  const ones = v128.load(ONES);
  for (const stepsEnd = steps + (groups << 4); steps < stepsEnd; steps += 16, offsets += 16, groupScales += 32) {
    if (FUSED) {
      let a = v128.load32_splat(offsets, 0), b = a, c = v128.load32_splat(offsets, 4), d = c;
      let e = v128.load32_splat(offsets, 8), f = e, g = v128.load32_splat(offsets, 12), h = g;
      for (const end = w + 256; w < end; w += 64, x += 32) {
        let u = v128.load(w, 0), v = v128.load(w, 16);
        let s = v128.load32_splat(x, 0);
        a = dotBytes(s, u, a); b = dotBytes(s, v, b);
        s = v128.load32_splat(x, 4);
        c = dotBytes(s, u, c); d = dotBytes(s, v, d);
        s = v128.load32_splat(x, 8);
        e = dotBytes(s, u, e); f = dotBytes(s, v, f);
        s = v128.load32_splat(x, 12);
        g = dotBytes(s, u, g); h = dotBytes(s, v, h);
        u = v128.load(w, 32); v = v128.load(w, 48);
        s = v128.load32_splat(x, 16);
        a = dotBytes(s, u, a); b = dotBytes(s, v, b);
        s = v128.load32_splat(x, 20);
        c = dotBytes(s, u, c); d = dotBytes(s, v, d);
        s = v128.load32_splat(x, 24);
        e = dotBytes(s, u, e); f = dotBytes(s, v, f);
        s = v128.load32_splat(x, 28);
        g = dotBytes(s, u, g); h = dotBytes(s, v, h);
      }
      accumulate(sums, groupScales, steps, a, b, c, d, e, f, g, h);
    } else {
      // 16-bit sums of a block: at most 16 products of 15 · 127.
      let a = i16x8.splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
      for (const end = w + 256; w < end; w += 64, x += 32) {
        let u = v128.load(w, 0), v = v128.load(w, 16);
        let s = v128.load32_splat(x, 0);
        a = i16x8.add(a, dotPairs(s, u)); b = i16x8.add(b, dotPairs(s, v));
        s = v128.load32_splat(x, 4);
        c = i16x8.add(c, dotPairs(s, u)); d = i16x8.add(d, dotPairs(s, v));
        s = v128.load32_splat(x, 8);
        e = i16x8.add(e, dotPairs(s, u)); f = i16x8.add(f, dotPairs(s, v));
        s = v128.load32_splat(x, 12);
        g = i16x8.add(g, dotPairs(s, u)); h = i16x8.add(h, dotPairs(s, v));
        u = v128.load(w, 32); v = v128.load(w, 48);
        s = v128.load32_splat(x, 16);
        a = i16x8.add(a, dotPairs(s, u)); b = i16x8.add(b, dotPairs(s, v));
        s = v128.load32_splat(x, 20);
        c = i16x8.add(c, dotPairs(s, u)); d = i16x8.add(d, dotPairs(s, v));
        s = v128.load32_splat(x, 24);
        e = i16x8.add(e, dotPairs(s, u)); f = i16x8.add(f, dotPairs(s, v));
        s = v128.load32_splat(x, 28);
        g = i16x8.add(g, dotPairs(s, u)); h = i16x8.add(h, dotPairs(s, v));
      }
      let o = v128.load32_splat(offsets, 0);
      a = i32x4.add(i32x4.dot_i16x8_s(a, ones), o); b = i32x4.add(i32x4.dot_i16x8_s(b, ones), o);
      o = v128.load32_splat(offsets, 4);
      c = i32x4.add(i32x4.dot_i16x8_s(c, ones), o); d = i32x4.add(i32x4.dot_i16x8_s(d, ones), o);
      o = v128.load32_splat(offsets, 8);
      e = i32x4.add(i32x4.dot_i16x8_s(e, ones), o); f = i32x4.add(i32x4.dot_i16x8_s(f, ones), o);
      o = v128.load32_splat(offsets, 12);
      g = i32x4.add(i32x4.dot_i16x8_s(g, ones), o); h = i32x4.add(i32x4.dot_i16x8_s(h, ones), o);
      accumulate(sums, groupScales, steps, a, b, c, d, e, f, g, h);
    }
  }
}

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
