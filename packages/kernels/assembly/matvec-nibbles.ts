/**
 * Matrix × vector for 4-bit codes: decode. Nibbles are biased by 8, so they are within 0..15 and may be the second
 * operand of every 8-bit dot; the activations' offsets (-8 · Σ q per block) take the bias out again.
 *
 * Without a fused dot, 8-bit products are summed in 16-bit lanes: 16 products of at most 15 · 127 make 30,480, so a
 * block of 32 columns never overflows and is widened once.
 */
import { highScales, lowScales, panelBytes, storeRows } from './panels';
import { offsetsOffset, scalesOffset, wordsOffset } from './quantize';
import { madd } from './simd';
import { KIND_NIBBLE_F16 } from './table';
import { FUSED, RELAXED } from './variant';

/** The constant 0x0f in every byte, in memory: V8 makes a vector constant anew at each use. */
const MASK: usize = memory.data<u32>([0x0f0f0f0f, 0x0f0f0f0f, 0x0f0f0f0f, 0x0f0f0f0f], 16);
/** 1 in every 16-bit lane. */
const ONES: usize = memory.data<u32>([0x00010001, 0x00010001, 0x00010001, 0x00010001], 16);

/**
 * output[row] = Σ codes · activations, for panels [firstPanel, endPanel).
 *
 * @param kind KIND_NIBBLE_F16 or KIND_NIBBLE_F32
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
  const scales = x + scalesOffset(columns, 1);
  const offsets = x + offsetsOffset(columns, 1);
  const mask = v128.load(MASK);
  const ones = v128.load(ONES);
  for (let panel = firstPanel; panel < endPanel; panel++) {
    let p = weight + <usize>panel * bytes;
    let xp = FUSED || RELAXED ? x : x + wordsOffset(columns, 1);
    let sumLow = f32x4.splat(0);
    let sumHigh = f32x4.splat(0);
    let op = offsets;
    for (let sp = scales; sp < offsets; sp += 4) {
      let scaleLow: v128;
      let scaleHigh: v128;
      if (kind == KIND_NIBBLE_F16) {
        const halves = v128.load(p, 0);
        scaleLow = lowScales(halves);
        scaleHigh = highScales(halves);
        p += 16;
      } else {
        scaleLow = v128.load(p, 0);
        scaleHigh = v128.load(p, 16);
        p += 32;
      }
      const offset = v128.load32_splat(op);
      let dotLow: v128;
      let dotHigh: v128;
      if (FUSED) {
        let a = offset, b = offset, c = i32x4.splat(0), d = c;
        let w = v128.load(p, 0), u = v128.load(p, 16);
        let s = v128.load32_splat(xp, 0), t = v128.load32_splat(xp, 16);
        a = dot(s, v128.and(w, mask), a); b = dot(s, v128.and(u, mask), b); c = dot(t, high(w, mask), c); d = dot(t, high(u, mask), d);
        w = v128.load(p, 32); u = v128.load(p, 48); s = v128.load32_splat(xp, 4); t = v128.load32_splat(xp, 20);
        a = dot(s, v128.and(w, mask), a); b = dot(s, v128.and(u, mask), b); c = dot(t, high(w, mask), c); d = dot(t, high(u, mask), d);
        w = v128.load(p, 64); u = v128.load(p, 80); s = v128.load32_splat(xp, 8); t = v128.load32_splat(xp, 24);
        a = dot(s, v128.and(w, mask), a); b = dot(s, v128.and(u, mask), b); c = dot(t, high(w, mask), c); d = dot(t, high(u, mask), d);
        w = v128.load(p, 96); u = v128.load(p, 112); s = v128.load32_splat(xp, 12); t = v128.load32_splat(xp, 28);
        a = dot(s, v128.and(w, mask), a); b = dot(s, v128.and(u, mask), b); c = dot(t, high(w, mask), c); d = dot(t, high(u, mask), d);
        dotLow = i32x4.add(a, c);
        dotHigh = i32x4.add(b, d);
        xp += 32;
      } else if (RELAXED) {
        let w = v128.load(p, 0), u = v128.load(p, 16);
        let s = v128.load32_splat(xp, 0), t = v128.load32_splat(xp, 16);
        let a = dot16(s, v128.and(w, mask)), b = dot16(s, v128.and(u, mask)), c = dot16(t, high(w, mask)), d = dot16(t, high(u, mask));
        w = v128.load(p, 32); u = v128.load(p, 48); s = v128.load32_splat(xp, 4); t = v128.load32_splat(xp, 20);
        a = i16x8.add(a, dot16(s, v128.and(w, mask))); b = i16x8.add(b, dot16(s, v128.and(u, mask)));
        c = i16x8.add(c, dot16(t, high(w, mask))); d = i16x8.add(d, dot16(t, high(u, mask)));
        w = v128.load(p, 64); u = v128.load(p, 80); s = v128.load32_splat(xp, 8); t = v128.load32_splat(xp, 24);
        a = i16x8.add(a, dot16(s, v128.and(w, mask))); b = i16x8.add(b, dot16(s, v128.and(u, mask)));
        c = i16x8.add(c, dot16(t, high(w, mask))); d = i16x8.add(d, dot16(t, high(u, mask)));
        w = v128.load(p, 96); u = v128.load(p, 112); s = v128.load32_splat(xp, 12); t = v128.load32_splat(xp, 28);
        a = i16x8.add(a, dot16(s, v128.and(w, mask))); b = i16x8.add(b, dot16(s, v128.and(u, mask)));
        c = i16x8.add(c, dot16(t, high(w, mask))); d = i16x8.add(d, dot16(t, high(u, mask)));
        dotLow = i32x4.add(i32x4.dot_i16x8_s(i16x8.add(a, c), ones), offset);
        dotHigh = i32x4.add(i32x4.dot_i16x8_s(i16x8.add(b, d), ones), offset);
        xp += 32;
      } else {
        let a = i32x4.splat(0), b = a, c = a, d = a;
        for (const end = xp + 32; xp < end; xp += 8, p += 32) {
          const s = v128.load64_splat(xp, 0);
          const t = v128.load64_splat(xp, 32);
          let w = v128.load(p, 0);
          let l = v128.and(w, mask);
          let h = high(w, mask);
          a = i32x4.add(a, i32x4.add(i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(l), s), i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(h), t)));
          b = i32x4.add(b, i32x4.add(i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(l), s), i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(h), t)));
          w = v128.load(p, 16);
          l = v128.and(w, mask);
          h = high(w, mask);
          c = i32x4.add(c, i32x4.add(i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(l), s), i32x4.dot_i16x8_s(i16x8.extend_low_i8x16_u(h), t)));
          d = i32x4.add(d, i32x4.add(i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(l), s), i32x4.dot_i16x8_s(i16x8.extend_high_i8x16_u(h), t)));
        }
        p -= 128;
        xp += 32;
        dotLow = i32x4.add(i32x4.add(v128.shuffle<i32>(a, b, 0, 2, 4, 6), v128.shuffle<i32>(a, b, 1, 3, 5, 7)), offset);
        dotHigh = i32x4.add(i32x4.add(v128.shuffle<i32>(c, d, 0, 2, 4, 6), v128.shuffle<i32>(c, d, 1, 3, 5, 7)), offset);
      }
      const step = v128.load32_splat(sp);
      sumLow = madd(f32x4.mul(f32x4.convert_i32x4_s(dotLow), step), scaleLow, sumLow);
      sumHigh = madd(f32x4.mul(f32x4.convert_i32x4_s(dotHigh), step), scaleHigh, sumHigh);
      p += 128;
      op += 4;
    }
    const row = panel << 3;
    storeRows(output + (<usize>row << 2), sumLow, sumHigh, rows - row);
  }
}

// @ts-ignore: decorator
@inline
function dot(x: v128, nibbles: v128, sum: v128): v128 {
  return i32x4.relaxed_dot_i8x16_i7x16_add_s(x, nibbles, sum);
}

// @ts-ignore: decorator
@inline
function dot16(x: v128, nibbles: v128): v128 {
  return i16x8.relaxed_dot_i8x16_i7x16_s(x, nibbles);
}

/** The high nibble of every byte. Shifting 16-bit lanes is one instruction, shifting bytes is not. */
// @ts-ignore: decorator
@inline
function high(bytes: v128, mask: v128): v128 {
  return v128.and(i16x8.shr_u(bytes, 4), mask);
}
