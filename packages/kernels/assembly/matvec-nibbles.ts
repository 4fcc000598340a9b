/**
 * Matrix × vector for 4-bit codes: decode. Nibbles are biased by 8, so they are within 0..15 and may be the second
 * operand of every 8-bit dot; the activations' offsets (-8 · Σ q per block) take the bias out again.
 *
 * Without a fused dot, 8-bit products are summed in 16-bit lanes: 16 products of at most 15 · 127 make 30,480, so a
 * block of 32 columns never overflows and is widened once.
 *
 * Two panels are read side by side: a processor looks further ahead in two streams than in one (Zen 3: 11.2 against 8.6
 * GB/s of 9.7 that it reads at all), and they share the activations.
 */
import { highScales, lowScales, panelBytes, storeRows } from './panels';
import { offsetsOffset, scalesOffset, wordsOffset } from './quantize';
import { dotBytes, dotPairs, joinRows, madd } from './simd';
import { KIND_NIBBLE_F16 } from './table';
import { FUSED, RELAXED } from './variant';

/** The constant 0x0f in every byte, in memory: V8 makes a vector constant anew at each use. */
const MASK: usize = memory.data<u32>([0x0f0f0f0f, 0x0f0f0f0f, 0x0f0f0f0f, 0x0f0f0f0f], 16);
/** 1 in every 16-bit lane. */
const ONES: usize = memory.data<u32>([0x00010001, 0x00010001, 0x00010001, 0x00010001], 16);

/**
 * output[row] = Σ codes · activations, for panels [firstPanel, endPanel).
 *
 * @param kind NIBBLE_F16 or NIBBLE_F32
 * @param x one row of quantized activations, tile width 1
 * @param output f32 [rows]
 */
export function matvecNibbles(
  kind: i32,
  weight: usize,
  rows: i32,
  columns: usize,
  x: usize,
  output: usize,
  firstPanel: i32,
  endPanel: i32,
): void {
  const bytes = panelBytes(kind, columns);
  const codes = FUSED || RELAXED ? x : x + wordsOffset(columns, 1);
  const scales = x + scalesOffset(columns, 1);
  const offsets = x + offsetsOffset(columns, 1);
  const half = (endPanel - firstPanel + 1) >> 1;
  for (let panel = firstPanel; panel < firstPanel + half; panel++) {
    // Of an odd number of panels, the last of the first half is taken twice.
    const other = panel + half < endPanel ? panel + half : panel;
    const p = weight + <usize>panel * bytes;
    const q = weight + <usize>other * bytes;
    const row = panel << 3, otherRow = other << 3;
    const to = output + (<usize>row << 2), otherTo = output + (<usize>otherRow << 2);
    if (kind == KIND_NIBBLE_F16) twoPanels(true, p, q, codes, scales, offsets, to, rows - row, otherTo, rows - otherRow);
    else twoPanels(false, p, q, codes, scales, offsets, to, rows - row, otherTo, rows - otherRow);
  }
}

/** Two panels, group by group. */
// @ts-ignore: decorator
@inline
function twoPanels(
  f16: bool, p: usize, q: usize, xp: usize, scales: usize, offsets: usize,
  to: usize, count: i32, otherTo: usize, otherCount: i32,
): void {
  const mask = v128.load(MASK);
  const lead: usize = f16 ? 16 : 32;
  let sumA = f32x4.splat(0), sumB = sumA, sumC = sumA, sumD = sumA;
  let op = offsets;
  for (let sp = scales; sp < offsets; sp += 4, op += 4, xp += 32) {
    const scaleP = p, scaleQ = q;
    p += lead;
    q += lead;
    const offset = v128.load32_splat(op);
    let a: v128, b: v128, c: v128, d: v128;
    if (FUSED) {
      let s = v128.load32_splat(xp, 0), t = v128.load32_splat(xp, 16);
      let w = v128.load(p, 0), u = v128.load(p, 16), y = v128.load(q, 0), z = v128.load(q, 16);
      a = dotBytes(s, v128.and(w, mask), offset); b = dotBytes(s, v128.and(u, mask), offset);
      c = dotBytes(s, v128.and(y, mask), offset); d = dotBytes(s, v128.and(z, mask), offset);
      let e = dotBytes(t, high(w, mask), i32x4.splat(0)), f = dotBytes(t, high(u, mask), i32x4.splat(0));
      let g = dotBytes(t, high(y, mask), i32x4.splat(0)), h = dotBytes(t, high(z, mask), i32x4.splat(0));
      for (let j: usize = 4; j < 16; j += 4) {
        p += 32;
        q += 32;
        s = v128.load32_splat(xp + j, 0); t = v128.load32_splat(xp + j, 16);
        w = v128.load(p, 0); u = v128.load(p, 16); y = v128.load(q, 0); z = v128.load(q, 16);
        a = dotBytes(s, v128.and(w, mask), a); b = dotBytes(s, v128.and(u, mask), b);
        c = dotBytes(s, v128.and(y, mask), c); d = dotBytes(s, v128.and(z, mask), d);
        e = dotBytes(t, high(w, mask), e); f = dotBytes(t, high(u, mask), f);
        g = dotBytes(t, high(y, mask), g); h = dotBytes(t, high(z, mask), h);
      }
      p += 32;
      q += 32;
      a = i32x4.add(a, e); b = i32x4.add(b, f); c = i32x4.add(c, g); d = i32x4.add(d, h);
    } else if (RELAXED) {
      let s = v128.load32_splat(xp, 0), t = v128.load32_splat(xp, 16);
      a = products(p, 0, s, t, mask); b = products(p, 16, s, t, mask);
      c = products(q, 0, s, t, mask); d = products(q, 16, s, t, mask);
      s = v128.load32_splat(xp, 4); t = v128.load32_splat(xp, 20);
      a = i16x8.add(a, products(p, 32, s, t, mask)); b = i16x8.add(b, products(p, 48, s, t, mask));
      c = i16x8.add(c, products(q, 32, s, t, mask)); d = i16x8.add(d, products(q, 48, s, t, mask));
      s = v128.load32_splat(xp, 8); t = v128.load32_splat(xp, 24);
      a = i16x8.add(a, products(p, 64, s, t, mask)); b = i16x8.add(b, products(p, 80, s, t, mask));
      c = i16x8.add(c, products(q, 64, s, t, mask)); d = i16x8.add(d, products(q, 80, s, t, mask));
      s = v128.load32_splat(xp, 12); t = v128.load32_splat(xp, 28);
      a = i16x8.add(a, products(p, 96, s, t, mask)); b = i16x8.add(b, products(p, 112, s, t, mask));
      c = i16x8.add(c, products(q, 96, s, t, mask)); d = i16x8.add(d, products(q, 112, s, t, mask));
      const ones = v128.load(ONES);
      a = i32x4.add(i32x4.dot_i16x8_s(a, ones), offset); b = i32x4.add(i32x4.dot_i16x8_s(b, ones), offset);
      c = i32x4.add(i32x4.dot_i16x8_s(c, ones), offset); d = i32x4.add(i32x4.dot_i16x8_s(d, ones), offset);
      p += 128;
      q += 128;
    } else {
      // Two rows a vector, each in two lanes.
      let e = i32x4.splat(0), f = e, g = e, h = e, i = e, j = e, k = e, l = e;
      for (const end = xp + 32; xp < end; xp += 8, p += 32, q += 32) {
        const s = v128.load64_splat(xp, 0), t = v128.load64_splat(xp, 32);
        let v = v128.load(p, 0);
        e = i32x4.add(e, lowRows(v, s, t, mask)); f = i32x4.add(f, highRows(v, s, t, mask));
        v = v128.load(p, 16);
        g = i32x4.add(g, lowRows(v, s, t, mask)); h = i32x4.add(h, highRows(v, s, t, mask));
        v = v128.load(q, 0);
        i = i32x4.add(i, lowRows(v, s, t, mask)); j = i32x4.add(j, highRows(v, s, t, mask));
        v = v128.load(q, 16);
        k = i32x4.add(k, lowRows(v, s, t, mask)); l = i32x4.add(l, highRows(v, s, t, mask));
      }
      a = i32x4.add(joinRows(e, f), offset); b = i32x4.add(joinRows(g, h), offset);
      c = i32x4.add(joinRows(i, j), offset); d = i32x4.add(joinRows(k, l), offset);
    }
    const step = v128.load32_splat(sp);
    if (f16) {
      let halves = v128.load(scaleP);
      sumA = madd(f32x4.mul(f32x4.convert_i32x4_s(a), step), lowScales(halves), sumA);
      sumB = madd(f32x4.mul(f32x4.convert_i32x4_s(b), step), highScales(halves), sumB);
      halves = v128.load(scaleQ);
      sumC = madd(f32x4.mul(f32x4.convert_i32x4_s(c), step), lowScales(halves), sumC);
      sumD = madd(f32x4.mul(f32x4.convert_i32x4_s(d), step), highScales(halves), sumD);
    } else {
      sumA = madd(f32x4.mul(f32x4.convert_i32x4_s(a), step), v128.load(scaleP, 0), sumA);
      sumB = madd(f32x4.mul(f32x4.convert_i32x4_s(b), step), v128.load(scaleP, 16), sumB);
      sumC = madd(f32x4.mul(f32x4.convert_i32x4_s(c), step), v128.load(scaleQ, 0), sumC);
      sumD = madd(f32x4.mul(f32x4.convert_i32x4_s(d), step), v128.load(scaleQ, 16), sumD);
    }
  }
  storeRows(to, sumA, sumB, count);
  storeRows(otherTo, sumC, sumD, otherCount);
}

/** The 16-bit sums of four rows × eight columns: the low nibbles' four and the high nibbles' four. */
// @ts-ignore: decorator
@inline
function products(at: usize, offset: usize, s: v128, t: v128, mask: v128): v128 {
  const v = v128.load(at + offset);
  return i16x8.add(
    dotPairs(s, v128.and(v, mask)),
    dotPairs(t, high(v, mask)),
  );
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
function lowRows(v: v128, s: v128, t: v128, mask: v128): v128 {
  return i32x4.add(
    i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(v128.and(v, mask)), s),
    i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(high(v, mask)), t),
  );
}

/** Products of the last two. */
// @ts-ignore: decorator
@inline
function highRows(v: v128, s: v128, t: v128, mask: v128): v128 {
  return i32x4.add(
    i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(v128.and(v, mask)), s),
    i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(high(v, mask)), t),
  );
}
