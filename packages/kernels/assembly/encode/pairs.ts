/**
 * Two encoded rows, decoded side by side: f32 [columns][2], as `measure.ts` reads them. In a panel neighbouring rows lie
 * side by side already; other rows are decoded one by one and then paired.
 */
import { decodeRow } from '../decode';
import { f16At } from '../decode-codes';
import { KIND_NIBBLE_F16, KIND_NIBBLE_F32, KIND_Q8_F16, KIND_Q8_F32 } from '../table';

/** For nibbles: their mask and their bias. */
const NIBBLE: usize = memory.data<u32>([0x0f0f0f0f, 0x0f0f0f0f], 8);
const BIAS: usize = memory.data<u32>([0x08080808, 0x08080808], 8);

/** The scales of two neighbouring rows, lanes as the columns: first, second, first, second. */
// @ts-ignore: decorator
@inline
function scalePair(at: usize, isHalf: bool): v128 {
  if (!isHalf) return v128.load64_splat(at);
  const first = f32x4.splat(f16At(at)), second = f32x4.splat(f16At(at + 2));
  return v128.shuffle<i32>(first, second, 0, 4, 1, 5);
}

/** Stores four columns of two rows, of which `codes` has four bytes each. */
// @ts-ignore: decorator
@inline
function storePairs(target: usize, codes: v128, scales: v128): void {
  const words = i16x8.extend_low_i8x16_s(v128.shuffle<i8>(codes, codes, 0, 4, 1, 5, 2, 6, 3, 7, 0, 4, 1, 5, 2, 6, 3, 7));
  v128.store(target, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(words)), scales), 0);
  v128.store(target, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(words)), scales), 16);
}

/**
 * Decodes rows `row` and `row` + 1 of a panel, or of up to eight rows one behind the other, of which a last one may be
 * alone: then it is its own neighbour.
 *
 * @param target f32 [columns rounded up to 4][2]
 * @param scratch f32 [columns][2]
 */
export function decodePair(
  kind: i32, rows: usize, row: i32, isAlone: bool, columns: i32, rowBytes: usize, scales: usize, block: i32,
  target: usize, scratch: usize,
): void {
  if (!isAlone && (kind == KIND_Q8_F32 || kind == KIND_Q8_F16)) {
    const isHalf = kind == KIND_Q8_F16;
    const lead: usize = isHalf ? 16 : 32;
    const pair = scalePair(rows + (<usize>row << (isHalf ? 1 : 2)), isHalf);
    let codes = rows + lead + (<usize>row << 2);
    for (const end = target + (<usize>columns << 3); target < end; target += 32, codes += 32) {
      storePairs(target, v128.load64_zero(codes), pair);
    }
    return;
  }
  if (!isAlone && (kind == KIND_NIBBLE_F32 || kind == KIND_NIBBLE_F16)) {
    const isHalf = kind == KIND_NIBBLE_F16;
    const lead: usize = isHalf ? 16 : 32;
    const mask = v128.load64_zero(NIBBLE), bias = v128.load64_zero(BIAS);
    let group = rows;
    for (const end = target + (<usize>columns << 3); target < end; target += 128, group += lead + 128) {
      const pair = scalePair(group + (<usize>row << (isHalf ? 1 : 2)), isHalf);
      let codes = group + lead + (<usize>row << 2);
      for (const half = target + 128; target < half; target += 32, codes += 32) {
        const bytes = v128.load64_zero(codes);
        storePairs(target, i8x16.sub(v128.and(bytes, mask), bias), pair);
        storePairs(target + 128, i8x16.sub(v128.and(i16x8.shr_u(bytes, 4), mask), bias), pair);
      }
    }
    return;
  }
  const second = isAlone ? scratch : scratch + (<usize>columns << 2);
  decodeRow(kind, rows, row, columns, rowBytes, scales, block, scratch);
  if (!isAlone) decodeRow(kind, rows, row + 1, columns, rowBytes, scales, block, second);
  pairRows(scratch, second, columns, target);
}

/** Lays two rows side by side. */
function pairRows(first: usize, second: usize, columns: i32, target: usize): void {
  for (const end = target + (<usize>(columns & ~3) << 3); target < end; target += 32, first += 16, second += 16) {
    const a = v128.load(first), b = v128.load(second);
    v128.store(target, v128.shuffle<i32>(a, b, 0, 4, 1, 5), 0);
    v128.store(target, v128.shuffle<i32>(a, b, 2, 6, 3, 7), 16);
  }
  for (let i = columns & 3; i > 0; i--, target += 8, first += 4, second += 4) {
    f32.store(target, f32.load(first), 0);
    f32.store(target, f32.load(second), 4);
  }
}
