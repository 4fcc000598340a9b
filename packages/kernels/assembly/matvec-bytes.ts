/**
 * Matrix × vector for 8-bit codes: decode. One sequential stream of weights, the activations stay in L1.
 *
 * Exact 8-bit products without a sign trick: where the 8-bit dot is one instruction, activations come as two planes,
 * max(q, 0) and max(-q, 0), because its second operand may only be 0..127. Elsewhere codes are widened to 16 bits,
 * which costs fewer instructions than two emulated 8-bit dots.
 */
import { highScales, lowScales, panelBytes, storeRows } from './panels';
import { offsetsOffset, scalesOffset, wordsOffset } from './quantize';
import { madd } from './simd';
import { KIND_Q8_0, KIND_Q8_F32 } from './table';
import { FUSED } from './variant';

/**
 * output[row] = Σ codes · activations, for panels [firstPanel, endPanel).
 *
 * @param kind KIND_Q8_F32, KIND_Q8_F16 or KIND_Q8_0
 * @param x one row of quantized activations, tile width 1
 * @param output f32 [rows]
 */
export function matvecBytes(
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
  const scaleBytes: usize = kind == KIND_Q8_F32 ? 32 : 16;
  const words = x + wordsOffset(columns, 1);
  const scales = x + scalesOffset(columns, 1);
  const scalesEnd = x + offsetsOffset(columns, 1);
  for (let panel = firstPanel; panel < endPanel; panel++) {
    let p = weight + <usize>panel * bytes;
    let low = f32x4.splat(1);
    let high = low;
    if (kind == KIND_Q8_F32) {
      low = v128.load(p, 0);
      high = v128.load(p, 16);
      p += scaleBytes;
    } else if (kind != KIND_Q8_0) {
      const halves = v128.load(p, 0);
      low = lowScales(halves);
      high = highScales(halves);
      p += scaleBytes;
    }
    let sumLow = f32x4.splat(0);
    let sumHigh = f32x4.splat(0);
    let xp = words;
    for (let sp = scales; sp < scalesEnd; sp += 4) {
      const step = v128.load32_splat(sp);
      if (kind == KIND_Q8_0) {
        const halves = v128.load(p, 0);
        low = lowScales(halves);
        high = highScales(halves);
        p += 16;
      }
      let dotLow: v128;
      let dotHigh: v128;
      if (FUSED) {
        let a = i32x4.splat(0), b = a, c = a, d = a;
        let s = v128.load32_splat(xp, 0);
        let n = v128.load32_splat(xp, 32);
        let w = v128.load(p, 0), u = v128.load(p, 16);
        a = dot(w, s, a); b = dot(u, s, b); c = dot(w, n, c); d = dot(u, n, d);
        s = v128.load32_splat(xp, 4); n = v128.load32_splat(xp, 36); w = v128.load(p, 32); u = v128.load(p, 48);
        a = dot(w, s, a); b = dot(u, s, b); c = dot(w, n, c); d = dot(u, n, d);
        s = v128.load32_splat(xp, 8); n = v128.load32_splat(xp, 40); w = v128.load(p, 64); u = v128.load(p, 80);
        a = dot(w, s, a); b = dot(u, s, b); c = dot(w, n, c); d = dot(u, n, d);
        s = v128.load32_splat(xp, 12); n = v128.load32_splat(xp, 44); w = v128.load(p, 96); u = v128.load(p, 112);
        a = dot(w, s, a); b = dot(u, s, b); c = dot(w, n, c); d = dot(u, n, d);
        s = v128.load32_splat(xp, 16); n = v128.load32_splat(xp, 48); w = v128.load(p, 128); u = v128.load(p, 144);
        a = dot(w, s, a); b = dot(u, s, b); c = dot(w, n, c); d = dot(u, n, d);
        s = v128.load32_splat(xp, 20); n = v128.load32_splat(xp, 52); w = v128.load(p, 160); u = v128.load(p, 176);
        a = dot(w, s, a); b = dot(u, s, b); c = dot(w, n, c); d = dot(u, n, d);
        s = v128.load32_splat(xp, 24); n = v128.load32_splat(xp, 56); w = v128.load(p, 192); u = v128.load(p, 208);
        a = dot(w, s, a); b = dot(u, s, b); c = dot(w, n, c); d = dot(u, n, d);
        s = v128.load32_splat(xp, 28); n = v128.load32_splat(xp, 60); w = v128.load(p, 224); u = v128.load(p, 240);
        a = dot(w, s, a); b = dot(u, s, b); c = dot(w, n, c); d = dot(u, n, d);
        dotLow = i32x4.sub(a, c);
        dotHigh = i32x4.sub(b, d);
      } else {
        // Lanes of one sum: row r columns 0 and 1, row r columns 2 and 3, the same of row r + 1.
        let s = v128.load64_splat(xp, 0);
        let a = wide(p, s, 0), b = wide(p, s, 8), c = wide(p, s, 16), d = wide(p, s, 24);
        s = v128.load64_splat(xp, 8);
        a = i32x4.add(a, wide(p, s, 32)); b = i32x4.add(b, wide(p, s, 40)); c = i32x4.add(c, wide(p, s, 48)); d = i32x4.add(d, wide(p, s, 56));
        s = v128.load64_splat(xp, 16);
        a = i32x4.add(a, wide(p, s, 64)); b = i32x4.add(b, wide(p, s, 72)); c = i32x4.add(c, wide(p, s, 80)); d = i32x4.add(d, wide(p, s, 88));
        s = v128.load64_splat(xp, 24);
        a = i32x4.add(a, wide(p, s, 96)); b = i32x4.add(b, wide(p, s, 104)); c = i32x4.add(c, wide(p, s, 112)); d = i32x4.add(d, wide(p, s, 120));
        s = v128.load64_splat(xp, 32);
        a = i32x4.add(a, wide(p, s, 128)); b = i32x4.add(b, wide(p, s, 136)); c = i32x4.add(c, wide(p, s, 144)); d = i32x4.add(d, wide(p, s, 152));
        s = v128.load64_splat(xp, 40);
        a = i32x4.add(a, wide(p, s, 160)); b = i32x4.add(b, wide(p, s, 168)); c = i32x4.add(c, wide(p, s, 176)); d = i32x4.add(d, wide(p, s, 184));
        s = v128.load64_splat(xp, 48);
        a = i32x4.add(a, wide(p, s, 192)); b = i32x4.add(b, wide(p, s, 200)); c = i32x4.add(c, wide(p, s, 208)); d = i32x4.add(d, wide(p, s, 216));
        s = v128.load64_splat(xp, 56);
        a = i32x4.add(a, wide(p, s, 224)); b = i32x4.add(b, wide(p, s, 232)); c = i32x4.add(c, wide(p, s, 240)); d = i32x4.add(d, wide(p, s, 248));
        dotLow = i32x4.add(v128.shuffle<i32>(a, b, 0, 2, 4, 6), v128.shuffle<i32>(a, b, 1, 3, 5, 7));
        dotHigh = i32x4.add(v128.shuffle<i32>(c, d, 0, 2, 4, 6), v128.shuffle<i32>(c, d, 1, 3, 5, 7));
      }
      if (kind == KIND_Q8_0) {
        sumLow = madd(f32x4.mul(f32x4.convert_i32x4_s(dotLow), step), low, sumLow);
        sumHigh = madd(f32x4.mul(f32x4.convert_i32x4_s(dotHigh), step), high, sumHigh);
      } else {
        sumLow = madd(f32x4.convert_i32x4_s(dotLow), step, sumLow);
        sumHigh = madd(f32x4.convert_i32x4_s(dotHigh), step, sumHigh);
      }
      p += 256;
      xp += 64;
    }
    if (kind != KIND_Q8_0) {
      sumLow = f32x4.mul(sumLow, low);
      sumHigh = f32x4.mul(sumHigh, high);
    }
    const row = panel << 3;
    storeRows(output + (<usize>row << 2), sumLow, sumHigh, rows - row);
  }
}

// @ts-ignore: decorator
@inline
function dot(w: v128, x: v128, sum: v128): v128 {
  return i32x4.relaxed_dot_i8x16_i7x16_add_s(w, x, sum);
}

/** Two rows × four columns. */
// @ts-ignore: decorator
@inline
function wide(p: usize, x: v128, offset: usize): v128 {
  return i32x4.dot_i16x8_s(v128.load8x8_s(p + offset), x);
}
