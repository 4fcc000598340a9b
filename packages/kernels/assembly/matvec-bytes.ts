/**
 * Matrix × vector for 8-bit codes: decode. Two panels are read side by side (see `matvec-nibbles.ts`), the activations
 * stay in L1.
 *
 * Exact 8-bit products without a sign trick: where the 8-bit dot is one instruction, activations come as two planes,
 * max(q, 0) and max(-q, 0), because its second operand may only be 0..127. Elsewhere codes are widened to 16 bits,
 * which costs fewer instructions than two emulated 8-bit dots.
 */
import { highScales, lowScales, panelBytes, storeRows } from './panels';
import { offsetsOffset, scalesOffset, wordsOffset } from './quantize';
import { dotBytes, joinRows, madd } from './simd';
import { KIND_Q8_0, KIND_Q8_F32 } from './table';
import { FUSED } from './variant';

/**
 * output[row] = Σ codes · activations, for panels [firstPanel, endPanel).
 *
 * @param kind Q8_F32, Q8_F16 or Q8_0
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
  const words = x + wordsOffset(columns, 1);
  const scales = x + scalesOffset(columns, 1);
  const scalesEnd = x + offsetsOffset(columns, 1);
  const half = (endPanel - firstPanel + 1) >> 1;
  for (let panel = firstPanel; panel < firstPanel + half; panel++) {
    // Of an odd number of panels, the last of the first half is taken twice.
    const other = panel + half < endPanel ? panel + half : panel;
    const p = weight + <usize>panel * bytes;
    const q = weight + <usize>other * bytes;
    const row = panel << 3, otherRow = other << 3;
    const to = output + (<usize>row << 2), otherTo = output + (<usize>otherRow << 2);
    if (kind == KIND_Q8_0) {
      twoPanels(true, p, q, words, scales, scalesEnd, to, rows - row, otherTo, rows - otherRow);
    } else {
      const lead: usize = kind == KIND_Q8_F32 ? 32 : 16;
      twoPanels(false, p + lead, q + lead, words, scales, scalesEnd, to, rows - row, otherTo, rows - otherRow);
      scaleRows(kind, p, to, rows - row);
      if (other != panel) scaleRows(kind, q, otherTo, rows - otherRow);
    }
  }
}

/** Multiplies the results of a panel by its rows' scales. */
// @ts-ignore: decorator
@inline
function scaleRows(kind: i32, panel: usize, at: usize, count: i32): void {
  let low: v128, high: v128;
  if (kind == KIND_Q8_F32) {
    low = v128.load(panel, 0);
    high = v128.load(panel, 16);
  } else {
    const halves = v128.load(panel);
    low = lowScales(halves);
    high = highScales(halves);
  }
  // Beyond the last row lies what is stored next: it is read, but not written.
  storeRows(at, f32x4.mul(v128.load(at, 0), low), f32x4.mul(v128.load(at, 16), high), count);
}

/** Two panels, group by group; `blocks`: each group begins with its scales. */
// @ts-ignore: decorator
@inline
function twoPanels(
  blocks: bool, p: usize, q: usize, xp: usize, scales: usize, scalesEnd: usize,
  to: usize, count: i32, otherTo: usize, otherCount: i32,
): void {
  let sumA = f32x4.splat(0), sumB = sumA, sumC = sumA, sumD = sumA;
  for (let sp = scales; sp < scalesEnd; sp += 4) {
    const scaleP = p, scaleQ = q;
    if (blocks) {
      p += 16;
      q += 16;
    }
    let a: v128, b: v128, c: v128, d: v128;
    if (FUSED) {
      a = i32x4.splat(0); b = a; c = a; d = a;
      let e = a, f = a, g = a, h = a;
      for (const end = xp + 32; xp < end; xp += 4, p += 32, q += 32) {
        const s = v128.load32_splat(xp, 0), n = v128.load32_splat(xp, 32);
        const w = v128.load(p, 0), u = v128.load(p, 16), y = v128.load(q, 0), z = v128.load(q, 16);
        a = dotBytes(w, s, a); b = dotBytes(u, s, b); c = dotBytes(y, s, c); d = dotBytes(z, s, d);
        e = dotBytes(w, n, e); f = dotBytes(u, n, f); g = dotBytes(y, n, g); h = dotBytes(z, n, h);
      }
      xp += 32;
      a = i32x4.sub(a, e); b = i32x4.sub(b, f); c = i32x4.sub(c, g); d = i32x4.sub(d, h);
    } else {
      // Lanes of one sum: row r columns 0 and 1, row r columns 2 and 3, the same of row r + 1.
      let e = i32x4.splat(0), f = e, g = e, h = e, i = e, j = e, k = e, l = e;
      for (const end = xp + 64; xp < end; xp += 16, p += 64, q += 64) {
        let s = v128.load64_splat(xp, 0);
        e = i32x4.add(e, wide(p, 0, s)); f = i32x4.add(f, wide(p, 8, s)); g = i32x4.add(g, wide(p, 16, s)); h = i32x4.add(h, wide(p, 24, s));
        i = i32x4.add(i, wide(q, 0, s)); j = i32x4.add(j, wide(q, 8, s)); k = i32x4.add(k, wide(q, 16, s)); l = i32x4.add(l, wide(q, 24, s));
        s = v128.load64_splat(xp, 8);
        e = i32x4.add(e, wide(p, 32, s)); f = i32x4.add(f, wide(p, 40, s)); g = i32x4.add(g, wide(p, 48, s)); h = i32x4.add(h, wide(p, 56, s));
        i = i32x4.add(i, wide(q, 32, s)); j = i32x4.add(j, wide(q, 40, s)); k = i32x4.add(k, wide(q, 48, s)); l = i32x4.add(l, wide(q, 56, s));
      }
      a = joinRows(e, f); b = joinRows(g, h); c = joinRows(i, j); d = joinRows(k, l);
    }
    const step = v128.load32_splat(sp);
    if (blocks) {
      let halves = v128.load(scaleP);
      sumA = madd(f32x4.mul(f32x4.convert_i32x4_s(a), step), lowScales(halves), sumA);
      sumB = madd(f32x4.mul(f32x4.convert_i32x4_s(b), step), highScales(halves), sumB);
      halves = v128.load(scaleQ);
      sumC = madd(f32x4.mul(f32x4.convert_i32x4_s(c), step), lowScales(halves), sumC);
      sumD = madd(f32x4.mul(f32x4.convert_i32x4_s(d), step), highScales(halves), sumD);
    } else {
      sumA = madd(f32x4.convert_i32x4_s(a), step, sumA);
      sumB = madd(f32x4.convert_i32x4_s(b), step, sumB);
      sumC = madd(f32x4.convert_i32x4_s(c), step, sumC);
      sumD = madd(f32x4.convert_i32x4_s(d), step, sumD);
    }
  }
  storeRows(to, sumA, sumB, count);
  storeRows(otherTo, sumC, sumD, otherCount);
}

/** Two rows × four columns. */
// @ts-ignore: decorator
@inline
function wide(p: usize, offset: usize, x: v128): v128 {
  return i32x4.dot_i16x8_s(v128.load8x8_s(p + offset), x);
}
