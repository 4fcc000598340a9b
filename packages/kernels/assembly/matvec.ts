/**
 * Matrix × vector: decode. What bounds it is how fast the weights come, so four panels are read side by side: a
 * processor looks ahead in every stream by itself, and starts anew at each page of 4 KiB. (Zen 3, one thread, a plain
 * sum: 6.5 GB/s from one stream, 7.5 from two, 9.5 from four, no more from eight.) The activations stay in L1.
 *
 * The sums of the four panels, more vectors than there are registers, are kept in memory, as those of prefill are.
 */
import { addByteGroups } from './matvec-bytes';
import { addNibbleGroups } from './matvec-nibbles';
import { highScales, lowScales, panelBytes, storeRows } from './panels';
import { offsetsOffset, scalesOffset, wordsOffset } from './quantize';
import { KIND_NIBBLE_F16, KIND_Q8_0, KIND_Q8_F16, KIND_Q8_F32 } from './table';
import { RELAXED } from './variant';

/**
 * output[row] = Σ codes · activations, for panels [firstPanel, endPanel).
 *
 * @param x one row of quantized activations, tile width 1
 * @param output f32 [rows]
 * @param sums 128 bytes of this thread
 */
export function matvecPanels(
  kind: i32, weight: usize, rows: i32, columns: usize, x: usize, output: usize, firstPanel: i32, endPanel: i32, sums: usize,
): void {
  // A loop for each: their inner products are inlined.
  if (kind <= KIND_Q8_0) fourStreams(true, kind, weight, rows, columns, x, output, firstPanel, endPanel, sums);
  else fourStreams(false, kind, weight, rows, columns, x, output, firstPanel, endPanel, sums);
}

// @ts-ignore: decorator
@inline
function fourStreams(
  isBytes: bool, kind: i32, weight: usize, rows: i32, columns: usize, x: usize, output: usize,
  firstPanel: i32, endPanel: i32, sums: usize,
): void {
  const bytes = panelBytes(kind, columns);
  const codes = isBytes || !RELAXED ? x + wordsOffset(columns, 1) : x;
  const scales = x + scalesOffset(columns, 1);
  const offsets = x + offsetsOffset(columns, 1);
  // Scales lead the panel where rows have them, else every group.
  const rowScales: usize = kind == KIND_Q8_F32 ? 32 : kind == KIND_Q8_F16 ? 16 : 0;
  const groupScales: usize = rowScales != 0 ? 0 : kind == KIND_Q8_0 || kind == KIND_NIBBLE_F16 ? 16 : 32;
  const groupBytes: usize = (isBytes ? 256 : 128) + groupScales;
  const last = endPanel - 1;
  const length = (endPanel - firstPanel + 3) >> 2;
  for (let i = 0; i < length; i++) {
    // Where four does not divide their number, the last panel is taken again: its results are the same.
    const panelP = firstPanel + i;
    const panelQ = min(panelP + length, last);
    const panelR = min(panelQ + length, last);
    const panelS = min(panelR + length, last);
    const startP = weight + <usize>panelP * bytes;
    const startQ = weight + <usize>panelQ * bytes;
    const startR = weight + <usize>panelR * bytes;
    const startS = weight + <usize>panelS * bytes;
    let p = startP + rowScales, q = startQ + rowScales, r = startR + rowScales, s = startS + rowScales;
    memory.fill(sums, 0, 128);
    let xp = codes;
    for (let step = scales, offset = offsets; step < offsets; step += 4, offset += 4) {
      if (isBytes) addByteGroups(groupScales, p, q, r, s, xp, step, sums);
      else addNibbleGroups(groupScales, p, q, r, s, xp, step, offset, sums);
      p += groupBytes;
      q += groupBytes;
      r += groupBytes;
      s += groupBytes;
      xp += isBytes || !RELAXED ? 64 : 32;
    }
    storePanel(kind, startP, sums, output, panelP << 3, rows);
    storePanel(kind, startQ, sums + 32, output, panelQ << 3, rows);
    storePanel(kind, startR, sums + 64, output, panelR << 3, rows);
    storePanel(kind, startS, sums + 96, output, panelS << 3, rows);
  }
}

/** Stores the sums of a panel, times its rows' scales where it has such. */
// @ts-ignore: decorator
@inline
function storePanel(kind: i32, panel: usize, sums: usize, output: usize, row: i32, rows: i32): void {
  let low = v128.load(sums, 0), high = v128.load(sums, 16);
  if (kind == KIND_Q8_F32) {
    low = f32x4.mul(low, v128.load(panel, 0));
    high = f32x4.mul(high, v128.load(panel, 16));
  } else if (kind == KIND_Q8_F16) {
    const halves = v128.load(panel);
    low = f32x4.mul(low, lowScales(halves));
    high = f32x4.mul(high, highScales(halves));
  }
  storeRows(output + (<usize>row << 2), low, high, rows - row);
}
