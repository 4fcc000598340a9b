/**
 * Decode's inner products of 8-bit codes.
 *
 * With 8-bit dots, activations come as two planes, max(q, 0) and max(-q, 0), because a dot's second operand may only be
 * 0..127: exact, without a sign trick. Where the dot is one instruction it adds up in 32 bits. Elsewhere a pair's products
 * are subtracted in 16 bits, one of the two planes being 0 for each (at most 2 · 127 · 127 = 32,258), and widened.
 * Without 8-bit dots, codes and activations are 16-bit words.
 */
import { highScales, lowScales } from './panels';
import { dotBytes, dotPairs, joinRows, madd, ONES } from './simd';
import { FUSED, RELAXED } from './variant';

/**
 * Adds the products of a group of 32 columns of four panels to `sums`.
 *
 * @param lead bytes of the scales that a group begins with: 16, or 0 where rows have them
 * @param p, q, r, s the groups
 * @param xp the activations' planes or words
 * @param step f32: their scale
 * @param sums f32 [4 panels][8 rows]
 */
// @ts-ignore: decorator
@inline
export function addByteGroups(lead: usize, p: usize, q: usize, r: usize, s: usize, xp: usize, step: usize, sums: usize): void {
  if (FUSED || !RELAXED) {
    for (const end = sums + 128; sums < end; sums += 64, p = r, q = s) addTwo(lead, p, q, xp, step, sums);
    return;
  }
  const ones = v128.load(ONES);
  let a = i32x4.splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
  let i = p + lead, j = q + lead, k = r + lead, l = s + lead;
  for (const end = xp + 32; xp < end; xp += 8, i += 64, j += 64, k += 64, l += 64) {
    let x = v128.load32_splat(xp, 0), n = v128.load32_splat(xp, 32);
    a = i32x4.add(a, products(v128.load(i, 0), x, n, ones)); b = i32x4.add(b, products(v128.load(i, 16), x, n, ones));
    c = i32x4.add(c, products(v128.load(j, 0), x, n, ones)); d = i32x4.add(d, products(v128.load(j, 16), x, n, ones));
    e = i32x4.add(e, products(v128.load(k, 0), x, n, ones)); f = i32x4.add(f, products(v128.load(k, 16), x, n, ones));
    g = i32x4.add(g, products(v128.load(l, 0), x, n, ones)); h = i32x4.add(h, products(v128.load(l, 16), x, n, ones));
    x = v128.load32_splat(xp, 4); n = v128.load32_splat(xp, 36);
    a = i32x4.add(a, products(v128.load(i, 32), x, n, ones)); b = i32x4.add(b, products(v128.load(i, 48), x, n, ones));
    c = i32x4.add(c, products(v128.load(j, 32), x, n, ones)); d = i32x4.add(d, products(v128.load(j, 48), x, n, ones));
    e = i32x4.add(e, products(v128.load(k, 32), x, n, ones)); f = i32x4.add(f, products(v128.load(k, 48), x, n, ones));
    g = i32x4.add(g, products(v128.load(l, 32), x, n, ones)); h = i32x4.add(h, products(v128.load(l, 48), x, n, ones));
  }
  const scale = v128.load32_splat(step);
  addScaled(lead, p, a, b, scale, sums);
  addScaled(lead, q, c, d, scale, sums + 32);
  addScaled(lead, r, e, f, scale, sums + 64);
  addScaled(lead, s, g, h, scale, sums + 96);
}

/** Four rows × four columns, `x` and `n` the activations' two planes. */
// @ts-ignore: decorator
@inline
function products(codes: v128, x: v128, n: v128, ones: v128): v128 {
  return i32x4.dot_i16x8_s(i16x8.sub(dotPairs(codes, x), dotPairs(codes, n)), ones);
}

/** The same of two panels, for builds whose sums take more registers. */
// @ts-ignore: decorator
@inline
function addTwo(lead: usize, p: usize, q: usize, xp: usize, step: usize, sums: usize): void {
  let i = p + lead, j = q + lead;
  let a: v128, b: v128, c: v128, d: v128;
  if (FUSED) {
    a = i32x4.splat(0); b = a; c = a; d = a;
    let e = a, f = a, g = a, h = a;
    for (const end = xp + 32; xp < end; xp += 8, i += 64, j += 64) {
      let x = v128.load32_splat(xp, 0), n = v128.load32_splat(xp, 32);
      let t = v128.load(i, 0), u = v128.load(i, 16), v = v128.load(j, 0), w = v128.load(j, 16);
      a = dotBytes(t, x, a); b = dotBytes(u, x, b); c = dotBytes(v, x, c); d = dotBytes(w, x, d);
      e = dotBytes(t, n, e); f = dotBytes(u, n, f); g = dotBytes(v, n, g); h = dotBytes(w, n, h);
      x = v128.load32_splat(xp, 4); n = v128.load32_splat(xp, 36);
      t = v128.load(i, 32); u = v128.load(i, 48); v = v128.load(j, 32); w = v128.load(j, 48);
      a = dotBytes(t, x, a); b = dotBytes(u, x, b); c = dotBytes(v, x, c); d = dotBytes(w, x, d);
      e = dotBytes(t, n, e); f = dotBytes(u, n, f); g = dotBytes(v, n, g); h = dotBytes(w, n, h);
    }
    a = i32x4.sub(a, e); b = i32x4.sub(b, f); c = i32x4.sub(c, g); d = i32x4.sub(d, h);
  } else {
    // Lanes of one sum: row r columns 0 and 1, row r columns 2 and 3, the same of row r + 1.
    let e = i32x4.splat(0), f = e, g = e, h = e, t = e, u = e, v = e, w = e;
    for (const end = xp + 64; xp < end; xp += 8, i += 32, j += 32) {
      const x = v128.load64_splat(xp);
      e = i32x4.add(e, i32x4.dot_i16x8_s(v128.load8x8_s(i, 0), x));
      f = i32x4.add(f, i32x4.dot_i16x8_s(v128.load8x8_s(i, 8), x));
      g = i32x4.add(g, i32x4.dot_i16x8_s(v128.load8x8_s(i, 16), x)); h = i32x4.add(h, i32x4.dot_i16x8_s(v128.load8x8_s(i, 24), x));
      t = i32x4.add(t, i32x4.dot_i16x8_s(v128.load8x8_s(j, 0), x));
      u = i32x4.add(u, i32x4.dot_i16x8_s(v128.load8x8_s(j, 8), x)); v = i32x4.add(v, i32x4.dot_i16x8_s(v128.load8x8_s(j, 16), x));
      w = i32x4.add(w, i32x4.dot_i16x8_s(v128.load8x8_s(j, 24), x));
    }
    a = joinRows(e, f); b = joinRows(g, h); c = joinRows(t, u); d = joinRows(v, w);
  }
  const scale = v128.load32_splat(step);
  addScaled(lead, p, a, b, scale, sums);
  addScaled(lead, q, c, d, scale, sums + 32);
}

/** Adds the integer sums of a group, times the activations' scale and, if the group has any, its own, to `sums`. */
// @ts-ignore: decorator
@inline
function addScaled(lead: usize, group: usize, a: v128, b: v128, scale: v128, sums: usize): void {
  if (lead != 0) {
    const halves = v128.load(group);
    v128.store(sums, madd(f32x4.mul(f32x4.convert_i32x4_s(a), scale), lowScales(halves), v128.load(sums, 0)), 0);
    v128.store(sums, madd(f32x4.mul(f32x4.convert_i32x4_s(b), scale), highScales(halves), v128.load(sums, 16)), 16);
  } else {
    v128.store(sums, madd(f32x4.convert_i32x4_s(a), scale, v128.load(sums, 0)), 0);
    v128.store(sums, madd(f32x4.convert_i32x4_s(b), scale, v128.load(sums, 16)), 16);
  }
}
