/**
 * Decode's inner products of 4-bit codes. Nibbles are biased by 8, so they are within 0..15 and may be the second operand
 * of every 8-bit dot; the activations' offsets (-8 · Σ q per block) take the bias out again.
 *
 * Without a fused dot, 8-bit products are summed in 16-bit lanes: 16 products of at most 15 · 127 make 30,480, so a
 * block of 32 columns never overflows and is widened once.
 */
import { highScales, lowScales } from './panels';
import { dotBytes, dotPairs, joinRows, madd, ONES } from './simd';
import { FUSED, RELAXED } from './variant';

/** The constant 0x0f in every byte, in memory: V8 makes a vector constant anew at each use. */
const MASK: usize = memory.data<u32>([0x0f0f0f0f, 0x0f0f0f0f, 0x0f0f0f0f, 0x0f0f0f0f], 16);
/**
 * Adds the products of a group of 32 columns of four panels to `sums`.
 *
 * @param lead bytes of the scales that a group begins with: 16 are f16, 32 are f32
 * @param p, q, r, s the groups
 * @param xp the activations' bytes, or words in a build without 8-bit dots
 * @param step f32: their scale
 * @param at i32: their offset
 * @param sums f32 [4 panels][8 rows]
 */
// @ts-ignore: decorator
@inline
export function addNibbleGroups(
  lead: usize, p: usize, q: usize, r: usize, s: usize, xp: usize, step: usize, at: usize, sums: usize,
): void {
  if (!RELAXED) {
    for (const end = sums + 128; sums < end; sums += 64, p = r, q = s) addTwo(lead, p, q, xp, step, at, sums);
    return;
  }
  const mask = v128.load(MASK);
  // One instruction a dot: the sums have 32 bits and begin with the offset.
  const offset = v128.load32_splat(at);
  let a = FUSED ? offset : i16x8.splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
  let i = p + lead, j = q + lead, k = r + lead, l = s + lead;
  let x = v128.load32_splat(xp, 0), y = v128.load32_splat(xp, 16);
  a = add(a, v128.load(i, 0), x, y, mask); b = add(b, v128.load(i, 16), x, y, mask);
  c = add(c, v128.load(j, 0), x, y, mask); d = add(d, v128.load(j, 16), x, y, mask);
  e = add(e, v128.load(k, 0), x, y, mask); f = add(f, v128.load(k, 16), x, y, mask);
  g = add(g, v128.load(l, 0), x, y, mask); h = add(h, v128.load(l, 16), x, y, mask);
  x = v128.load32_splat(xp, 4); y = v128.load32_splat(xp, 20);
  a = add(a, v128.load(i, 32), x, y, mask); b = add(b, v128.load(i, 48), x, y, mask);
  c = add(c, v128.load(j, 32), x, y, mask); d = add(d, v128.load(j, 48), x, y, mask);
  e = add(e, v128.load(k, 32), x, y, mask); f = add(f, v128.load(k, 48), x, y, mask);
  g = add(g, v128.load(l, 32), x, y, mask); h = add(h, v128.load(l, 48), x, y, mask);
  x = v128.load32_splat(xp, 8); y = v128.load32_splat(xp, 24);
  a = add(a, v128.load(i, 64), x, y, mask); b = add(b, v128.load(i, 80), x, y, mask);
  c = add(c, v128.load(j, 64), x, y, mask); d = add(d, v128.load(j, 80), x, y, mask);
  e = add(e, v128.load(k, 64), x, y, mask); f = add(f, v128.load(k, 80), x, y, mask);
  g = add(g, v128.load(l, 64), x, y, mask); h = add(h, v128.load(l, 80), x, y, mask);
  x = v128.load32_splat(xp, 12); y = v128.load32_splat(xp, 28);
  a = add(a, v128.load(i, 96), x, y, mask); b = add(b, v128.load(i, 112), x, y, mask);
  c = add(c, v128.load(j, 96), x, y, mask); d = add(d, v128.load(j, 112), x, y, mask);
  e = add(e, v128.load(k, 96), x, y, mask); f = add(f, v128.load(k, 112), x, y, mask);
  g = add(g, v128.load(l, 96), x, y, mask); h = add(h, v128.load(l, 112), x, y, mask);
  const ones = v128.load(ONES), scale = v128.load32_splat(step);
  addScaled(lead, p, widen(a, ones, offset), widen(b, ones, offset), scale, sums);
  addScaled(lead, q, widen(c, ones, offset), widen(d, ones, offset), scale, sums + 32);
  addScaled(lead, r, widen(e, ones, offset), widen(f, ones, offset), scale, sums + 64);
  addScaled(lead, s, widen(g, ones, offset), widen(h, ones, offset), scale, sums + 96);
}

/** Adds the products of four rows × eight columns: the low nibbles' four and the high nibbles' four. */
// @ts-ignore: decorator
@inline
function add(sum: v128, codes: v128, x: v128, y: v128, mask: v128): v128 {
  const low = v128.and(codes, mask);
  if (FUSED) return dotBytes(y, high(codes, mask), dotBytes(x, low, sum));
  return i16x8.add(sum, i16x8.add(dotPairs(x, low), dotPairs(y, high(codes, mask))));
}

/** 32-bit sums: of pairs of 16-bit lanes, and the offset, if they are not such already. */
// @ts-ignore: decorator
@inline
function widen(sums: v128, ones: v128, offset: v128): v128 {
  if (FUSED) return sums;
  return i32x4.add(i32x4.dot_i16x8_s(sums, ones), offset);
}

/** The same of two panels in 16-bit words, whose sums take more registers: two rows a vector, each in two lanes. */
// @ts-ignore: decorator
@inline
function addTwo(lead: usize, p: usize, q: usize, xp: usize, step: usize, at: usize, sums: usize): void {
  const mask = v128.load(MASK), offset = v128.load32_splat(at), scale = v128.load32_splat(step);
  let i = p + lead, j = q + lead;
  let a = i32x4.splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
  for (const end = xp + 32; xp < end; xp += 8, i += 32, j += 32) {
    const x = v128.load64_splat(xp, 0), y = v128.load64_splat(xp, 32);
    let codes = v128.load(i, 0);
    a = i32x4.add(a, lowRows(codes, x, y, mask)); b = i32x4.add(b, highRows(codes, x, y, mask));
    codes = v128.load(i, 16);
    c = i32x4.add(c, lowRows(codes, x, y, mask)); d = i32x4.add(d, highRows(codes, x, y, mask));
    codes = v128.load(j, 0);
    e = i32x4.add(e, lowRows(codes, x, y, mask)); f = i32x4.add(f, highRows(codes, x, y, mask));
    codes = v128.load(j, 16);
    g = i32x4.add(g, lowRows(codes, x, y, mask)); h = i32x4.add(h, highRows(codes, x, y, mask));
  }
  addScaled(lead, p, i32x4.add(joinRows(a, b), offset), i32x4.add(joinRows(c, d), offset), scale, sums);
  addScaled(lead, q, i32x4.add(joinRows(e, f), offset), i32x4.add(joinRows(g, h), offset), scale, sums + 32);
}

/** The high nibble of every byte. Shifting 16-bit lanes is one instruction, shifting bytes is not. */
// @ts-ignore: decorator
@inline
function high(bytes: v128, mask: v128): v128 {
  return v128.and(i16x8.shr_u(bytes, 4), mask);
}

/** Products of the first two of four rows, widened to 16 bits. */
// @ts-ignore: decorator
@inline
function lowRows(codes: v128, x: v128, y: v128, mask: v128): v128 {
  return i32x4.add(
    i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(v128.and(codes, mask)), x),
    i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(high(codes, mask)), y),
  );
}

/** Products of the last two. */
// @ts-ignore: decorator
@inline
function highRows(codes: v128, x: v128, y: v128, mask: v128): v128 {
  return i32x4.add(
    i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(v128.and(codes, mask)), x),
    i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(high(codes, mask)), y),
  );
}

/** Adds the integer sums of a group, times the activations' scale and its own, to `sums`. */
// @ts-ignore: decorator
@inline
function addScaled(lead: usize, group: usize, a: v128, b: v128, scale: v128, sums: usize): void {
  let low: v128, high: v128;
  if (lead == 16) {
    const halves = v128.load(group);
    low = lowScales(halves);
    high = highScales(halves);
  } else {
    low = v128.load(group, 0);
    high = v128.load(group, 16);
  }
  v128.store(sums, madd(f32x4.mul(f32x4.convert_i32x4_s(a), scale), low, v128.load(sums, 0)), 0);
  v128.store(sums, madd(f32x4.mul(f32x4.convert_i32x4_s(b), scale), high, v128.load(sums, 16)), 16);
}
