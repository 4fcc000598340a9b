/** One row out of interleaved panels (`panels.ts`): embeddings that share their matrix with the output layer. */
import { f16At, storeScaled } from './decode-codes';
import { panelBytes } from './panels';
import { KIND_NIBBLE_F32, KIND_Q8_0, KIND_Q8_F16, KIND_Q8_F32 } from './table';

/** Decodes row `row` of an interleaved matrix into f32 [columns]. */
export function decodePanelRow(kind: i32, weight: usize, row: i32, columns: i32, target: usize): void {
  const padded = <usize>((columns + 31) & ~31);
  const bytes = panelBytes(kind, padded);
  const lane = <usize>(row & 7);
  let p = weight + <usize>(row >> 3) * bytes;
  let scale: f32 = 1;
  let lead: usize = kind == KIND_NIBBLE_F32 || kind == KIND_Q8_F32 ? 32 : 16;
  if (kind <= KIND_Q8_F16) {
    // A scale per row: groups are codes alone.
    scale = kind == KIND_Q8_F32 ? f32.load(p + (lane << 2)) : f16At(p + (lane << 1));
    p += lead;
    lead = 0;
  }
  const stride: usize = kind <= KIND_Q8_F16 ? 256 : bytes / (padded >> 5);
  const mask = i8x16.splat(15), bias = i8x16.splat(8);
  for (let column = 0; column < columns; column += 32, p += stride, target += 128) {
    if (lead == 32) scale = f32.load(p + (lane << 2));
    else if (lead == 16) scale = f16At(p + (lane << 1));
    const factor = f32x4.splat(scale);
    const codes = p + lead + (lane << 2);
    if (kind > KIND_Q8_0) {
      const nibbles = fourQuads(codes);
      storeScaled(target, i8x16.sub(v128.and(nibbles, mask), bias), factor);
      storeScaled(target + 64, i8x16.sub(v128.and(i16x8.shr_u(nibbles, 4), mask), bias), factor);
    } else if (column + 32 <= columns) {
      storeScaled(target, fourQuads(codes), factor);
      storeScaled(target + 64, fourQuads(codes + 128), factor);
    } else {
      for (let i = 0; i < columns - column; i++) {
        const code = <i32>load<i8>(codes + (<usize>(i >> 2) << 5) + <usize>(i & 3));
        f32.store(target + (<usize>i << 2), <f32>code * scale);
      }
    }
  }
}

/** Four times four bytes, 32 bytes apart: what one row has in 128 bytes of a panel. */
// @ts-ignore: decorator
@inline
function fourQuads(at: usize): v128 {
  let v = v128.load32_zero(at);
  v = v128.load_lane<i32>(at + 32, v, 1);
  v = v128.load_lane<i32>(at + 64, v, 2);
  return v128.load_lane<i32>(at + 96, v, 3);
}
