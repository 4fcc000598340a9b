/** One row of a stored matrix as f32: embeddings, norm vectors, and matrices whose type has no kernel of its own. */
import { bf16ToF32, f16ToF32 } from './float16';
import { panelBytes } from './panels';
import { F16_MAGIC, F16_MASK, f16LanesToF32 } from './simd';
import { KIND_F16, KIND_F32, KIND_NIBBLE_F32, KIND_Q8_0, KIND_Q8_F16, KIND_Q8_F32 } from './table';

/**
 * Decodes row `row` of a matrix into `target`.
 *
 * @param kind any storage type
 * @param weight start of the matrix
 * @param columns row length in values
 * @param rowBytes bytes from row to row; unused for interleaved types
 * @param target f32 [columns]
 */
export function decodeRow(kind: i32, weight: usize, row: i32, columns: i32, rowBytes: usize, target: usize): void {
  if (kind <= KIND_NIBBLE_F32) {
    decodeInterleaved(kind, weight, row, columns, target);
    return;
  }
  const source = weight + <usize>row * rowBytes;
  if (kind == KIND_F32) memory.copy(target, source, <usize>columns << 2);
  else if (kind == KIND_F16) f16ToF32(source, target, columns);
  else bf16ToF32(source, target, columns);
}

// @ts-ignore: decorator
@inline
function half(at: usize): f32 {
  const v = f16LanesToF32(i32x4.splat(<i32>load<i16>(at)), i32x4.splat(F16_MASK), f32x4.splat(F16_MAGIC));
  return f32x4.extract_lane(v, 0);
}

function decodeInterleaved(kind: i32, weight: usize, row: i32, columns: i32, target: usize): void {
  const padded = <usize>((columns + 31) & ~31);
  const bytes = panelBytes(kind, padded);
  const lane = <usize>(row & 7);
  let p = weight + <usize>(row >> 3) * bytes;
  let scale: f32 = 1;
  let lead: usize = kind == KIND_NIBBLE_F32 || kind == KIND_Q8_F32 ? 32 : 16;
  if (kind <= KIND_Q8_F16) {
    scale = kind == KIND_Q8_F32 ? f32.load(p + (lane << 2)) : half(p + (lane << 1));
    p += lead;
    lead = 0;
  }
  const stride: usize = kind <= KIND_Q8_F16 ? 256 : bytes / (padded >> 5);
  for (let column = 0; column < columns; column += 32, p += stride, target += 128) {
    if (lead == 32) scale = f32.load(p + (lane << 2));
    else if (lead == 16) scale = half(p + (lane << 1));
    const codes = p + lead + (lane << 2);
    const count = min(32, columns - column);
    if (kind <= KIND_Q8_0) {
      for (let i = 0; i < count; i++) {
        f32.store(target + (<usize>i << 2), <f32>(<i32>load<i8>(codes + (<usize>(i >> 2) << 5) + <usize>(i & 3))) * scale);
      }
    } else {
      for (let i = 0; i < count; i++) {
        const byte = <i32>load<u8>(codes + (<usize>((i & 15) >> 2) << 5) + <usize>(i & 3));
        f32.store(target + (<usize>i << 2), <f32>(((i < 16 ? byte : byte >> 4) & 15) - 8) * scale);
      }
    }
  }
}
