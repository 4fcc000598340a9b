/**
 * How interleaved weights lie in memory: panels of 8 rows, each one sequential stream (SLM2's layout 1).
 *
 * ```
 * q8     8 scales (f32 or f16), then codes [columns / 4][8 rows][4]
 * Q8_0   per 32 columns: 8 f16 scales, codes [8][8 rows][4]                              272 bytes
 * nibble per 32 columns: 8 f16 or f32 scales, [4 steps j][8 rows][4 bytes i]             144 or 160 bytes
 *        low nibble: column 4j + i, high nibble: column 16 + 4j + i; value = nibble - 8
 * ```
 */
import { f16LanesToF32 } from './simd';
import { KIND_NIBBLE_F16, KIND_Q8_0, KIND_Q8_F16, KIND_Q8_F32 } from './table';

/** Bytes of a panel of `columns` (a multiple of 32). */
export function panelBytes(kind: i32, columns: usize): usize {
  const groups = columns >> 5;
  if (kind == KIND_Q8_F32) return 32 + (columns << 3);
  if (kind == KIND_Q8_F16) return 16 + (columns << 3);
  if (kind == KIND_Q8_0) return groups * 272;
  if (kind == KIND_NIBBLE_F16) return groups * 144;
  return groups * 160;
}

/** Scales of rows 0 to 3 of eight f16. */
// @ts-ignore: decorator
@inline
export function lowScales(halves: v128): v128 {
  return f16LanesToF32(i32x4.extend_low_i16x8_s(halves));
}

/** Scales of rows 4 to 7 of eight f16. */
// @ts-ignore: decorator
@inline
export function highScales(halves: v128): v128 {
  return f16LanesToF32(i32x4.extend_high_i16x8_s(halves));
}

/** Stores the eight results of a panel, or as many as the matrix has rows left. */
// @ts-ignore: decorator
@inline
export function storeRows(at: usize, low: v128, high: v128, count: i32): void {
  if (count >= 8) {
    v128.store(at, low, 0);
    v128.store(at, high, 16);
  } else {
    storeSomeRows(at, low, high, count);
  }
}

function storeSomeRows(at: usize, low: v128, high: v128, count: i32): void {
  f32.store(at, f32x4.extract_lane(low, 0));
  if (count > 1) f32.store(at, f32x4.extract_lane(low, 1), 4);
  if (count > 2) f32.store(at, f32x4.extract_lane(low, 2), 8);
  if (count > 3) f32.store(at, f32x4.extract_lane(low, 3), 12);
  if (count > 4) f32.store(at, f32x4.extract_lane(high, 0), 16);
  if (count > 5) f32.store(at, f32x4.extract_lane(high, 1), 20);
  if (count > 6) f32.store(at, f32x4.extract_lane(high, 2), 24);
}
