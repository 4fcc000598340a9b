/**
 * One panel of weights, unpacked once for all tokens of a chunk: prefill pays for it once per chunk, decode never.
 *
 * ```
 * words  i16 [columns / 2][8 rows][2]     codes widened to 16 bits, for the 16-bit dot
 * bytes  i8  [columns / 4][8 rows][4]     nibbles 0..15, for the 8-bit dots
 * scales f32 [columns / 32][8 rows]
 * ```
 */
import { highScales, lowScales } from './panels';
import { KIND_NIBBLE_F16, KIND_Q8_0 } from './table';

/** Codes of 8 bits to words. `stride`: bytes from one group of 32 columns to the next. */
export function unpackBytesToWords(p: usize, stride: usize, groups: usize, target: usize): void {
  for (const end = target + (groups << 9); target < end; p += stride) {
    let quad = p;
    for (const groupEnd = p + 256; quad < groupEnd; quad += 32, target += 64) {
      storePairs(target, v128.load(quad, 0), v128.load(quad, 16));
    }
  }
}

/** Two quads of columns of eight rows, i8, as two pairs of columns, i16. */
// @ts-ignore: decorator
@inline
function storePairs(target: usize, first: v128, second: v128): void {
  const a = i16x8.extend_low_i8x16_s(first), b = i16x8.extend_high_i8x16_s(first);
  const c = i16x8.extend_low_i8x16_s(second), d = i16x8.extend_high_i8x16_s(second);
  v128.store(target, v128.shuffle<i32>(a, b, 0, 2, 4, 6), 0);
  v128.store(target, v128.shuffle<i32>(c, d, 0, 2, 4, 6), 16);
  v128.store(target, v128.shuffle<i32>(a, b, 1, 3, 5, 7), 32);
  v128.store(target, v128.shuffle<i32>(c, d, 1, 3, 5, 7), 48);
}

/** Nibbles to words, the bias of 8 taken out. */
export function unpackNibblesToWords(p: usize, stride: usize, groups: usize, target: usize): void {
  const mask = i8x16.splat(0x0f);
  const bias = i8x16.splat(8);
  for (const end = target + (groups << 9); target < end; p += stride, target += 256) {
    let step = p;
    for (const groupEnd = p + 128; step < groupEnd; step += 32, target += 64) {
      const u = v128.load(step, 0), v = v128.load(step, 16);
      storePairs(target, i8x16.sub(v128.and(u, mask), bias), i8x16.sub(v128.and(v, mask), bias));
      const h = v128.and(i16x8.shr_u(u, 4), mask), k = v128.and(i16x8.shr_u(v, 4), mask);
      storePairs(target + 256, i8x16.sub(h, bias), i8x16.sub(k, bias));
    }
  }
}

/** Nibbles to bytes. */
export function unpackNibblesToBytes(p: usize, stride: usize, groups: usize, target: usize): void {
  const mask = i8x16.splat(0x0f);
  for (const end = target + (groups << 8); target < end; p += stride, target += 128) {
    let step = p;
    for (const groupEnd = p + 128; step < groupEnd; step += 32, target += 32) {
      const u = v128.load(step, 0), v = v128.load(step, 16);
      v128.store(target, v128.and(u, mask), 0);
      v128.store(target, v128.and(v, mask), 16);
      v128.store(target, v128.and(i16x8.shr_u(u, 4), mask), 128);
      v128.store(target, v128.and(i16x8.shr_u(v, 4), mask), 144);
    }
  }
}

/** The scales of every group, as f32. Types with a scale per row have none here. */
export function unpackScales(kind: i32, p: usize, stride: usize, groups: usize, target: usize): void {
  for (const end = target + (groups << 5); target < end; p += stride, target += 32) {
    if (kind == KIND_Q8_0 || kind == KIND_NIBBLE_F16) {
      const halves = v128.load(p, 0);
      v128.store(target, lowScales(halves), 0);
      v128.store(target, highScales(halves), 16);
    } else {
      v128.store(target, v128.load(p, 0), 0);
      v128.store(target, v128.load(p, 16), 16);
    }
  }
}
