/** One row out of interleaved panels (`panels.ts`): embeddings that share their matrix with the output layer. */
import { f16At } from './decode-codes';
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
    scale = kind == KIND_Q8_F32 ? f32.load(p + (lane << 2)) : f16At(p + (lane << 1));
    p += lead;
    lead = 0;
  }
  const stride: usize = kind <= KIND_Q8_F16 ? 256 : bytes / (padded >> 5);
  for (let column = 0; column < columns; column += 32, p += stride, target += 128) {
    if (lead == 32) scale = f32.load(p + (lane << 2));
    else if (lead == 16) scale = f16At(p + (lane << 1));
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
