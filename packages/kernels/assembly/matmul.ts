/** Interleaved matrix × activations: decode for one token, prefill for a chunk. */
import { matvecPanels } from './matvec';
import { highScales, lowScales, panelBytes, storeRows } from './panels';
import { offsetsOffset, scalesOffset, tileBytes, wordsOffset } from './quantize';
import { KIND_NIBBLE_F16, KIND_Q8_0, KIND_Q8_F16, KIND_Q8_F32 } from './table';
import { tileNibbles, tileWords } from './tile-codes';
import { tilePlanes } from './tile-planes';
import { unpackBytesToWords, unpackNibblesToBytes, unpackNibblesToWords, unpackScales } from './unpack';
import { FUSED, RELAXED } from './variant';

/** Bytes of workspace that {@link matmulPanels} needs for rows of `columns`: sums, scales and one unpacked panel. */
export function matmulWorkspaceBytes(columns: usize): usize {
  return 128 + columns + (columns << 4);
}

/**
 * output[t][row] = Σ_c weight[row][c] · input[t][c] for the rows of panels [firstPanel, endPanel).
 *
 * @param kind storage type, see `panels.ts`
 * @param weight interleaved, [rows, columns]
 * @param columns a multiple of 32
 * @param x quantized activations of all tokens, see `quantize.ts`
 * @param output f32 [tokens, rows]
 * @param workspace {@link matmulWorkspaceBytes} of this thread, 16-byte aligned
 */
export function matmulPanels(
  kind: i32,
  weight: usize,
  rows: i32,
  columns: usize,
  x: usize,
  tokens: i32,
  output: usize,
  firstPanel: i32,
  endPanel: i32,
  workspace: usize,
): void {
  if (tokens == 1) {
    matvecPanels(kind, weight, rows, columns, x, output, firstPanel, endPanel, workspace);
    return;
  }
  const isBytes = kind <= KIND_Q8_0;
  const rowScaled = kind == KIND_Q8_F32 || kind == KIND_Q8_F16;
  const bytes = panelBytes(kind, columns);
  const groups = columns >> 5;
  const sums = workspace;
  const groupScales = workspace + 128;
  const unpacked = groupScales + columns;
  // Bytes from one group's codes to the next, and of the scales in front of them.
  const stride: usize = rowScaled ? 256 : bytes / groups;
  const lead: usize = kind == KIND_Q8_F32 || kind > KIND_NIBBLE_F16 ? 32 : 16;
  const tile = tileBytes(columns, 4);
  const rowBytes = <usize>rows << 2;
  for (let panel = firstPanel; panel < endPanel; panel++) {
    const at = weight + <usize>panel * bytes;
    const codes = at + lead;
    if (!rowScaled) unpackScales(kind, at, stride, groups, groupScales);
    if (isBytes) {
      if (!FUSED) unpackBytesToWords(codes, stride, groups, unpacked);
    } else if (RELAXED) {
      unpackNibblesToBytes(codes, stride, groups, unpacked);
    } else {
      unpackNibblesToWords(codes, stride, groups, unpacked);
    }
    const scalesOfGroups: usize = rowScaled ? 0 : groupScales;
    const row = panel << 3;
    let xp = x;
    for (let t = 0; t < tokens; t += 4, xp += tile) {
      memory.fill(sums, 0, 128);
      const steps = xp + scalesOffset(columns, 4);
      if (isBytes) {
        const words = xp + wordsOffset(columns, 4);
        if (FUSED) tilePlanes(codes, stride, words, steps, scalesOfGroups, sums, groups);
        else tileWords(unpacked, words, steps, scalesOfGroups, sums, groups);
      } else if (RELAXED) {
        tileNibbles(unpacked, xp, steps, xp + offsetsOffset(columns, 4), groupScales, sums, groups);
      } else {
        tileWords(unpacked, xp + wordsOffset(columns, 4), steps, groupScales, sums, groups);
      }
      let low = f32x4.splat(1);
      let high = low;
      if (rowScaled) {
        if (kind == KIND_Q8_F32) {
          low = v128.load(at, 0);
          high = v128.load(at, 16);
        } else {
          const halves = v128.load(at, 0);
          low = lowScales(halves);
          high = highScales(halves);
        }
      }
      let out = output + <usize>t * rowBytes + (<usize>row << 2);
      let sum = sums;
      for (let end = min(t + 4, tokens), i = t; i < end; i++, out += rowBytes, sum += 32) {
        storeRows(out, f32x4.mul(v128.load(sum, 0), low), f32x4.mul(v128.load(sum, 16), high), rows - row);
      }
    }
  }
}
