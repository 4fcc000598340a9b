/** Matrix × vectors over any storage type, one decoded row at a time: no matrix is ever expanded. */
import { rowCount, rowLength } from '@mirust/core';
import { decodeRows, type StoredTensor } from '@mirust/quant';

/**
 * output[t][r] = Σ_c weight[r][c] · input[t][c], sums in f64, results rounded to f32. The order of a sum depends on the
 * number of columns alone, so chunk sizes do not change results.
 *
 * @param weight [rows, columns]
 * @param input [tokens, columns]
 * @param output [tokens, rows]
 * @param rowBuffer room for one decoded row
 */
export function matmul(
  weight: StoredTensor,
  input: Float32Array | Float64Array,
  output: Float32Array,
  tokens: number,
  rowBuffer: Float32Array,
): void {
  const rows = rowCount(weight.shape);
  const columns = rowLength(weight.shape);
  const row = rowBuffer.subarray(0, columns);
  for (let r = 0; r < rows; r++) {
    decodeRows(weight, r, 1, row);
    for (let t = 0; t < tokens; t++) output[t * rows + r] = dot(row, input, t * columns, columns);
  }
}

/** Four sums side by side: one sum would wait for each addition before the next can start. */
function dot(row: Float32Array, input: Float32Array | Float64Array, offset: number, length: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let i = 0;
  for (; i + 3 < length; i += 4) {
    const at = offset + i;
    a += (row[i] as number) * (input[at] as number);
    b += (row[i + 1] as number) * (input[at + 1] as number);
    c += (row[i + 2] as number) * (input[at + 2] as number);
    d += (row[i + 3] as number) * (input[at + 3] as number);
  }
  for (; i < length; i++) a += (row[i] as number) * (input[offset + i] as number);
  return a + b + (c + d);
}

/** output[t] = weight[tokens[t]], one decoded row per token. */
export function embed(weight: StoredTensor, tokens: Uint32Array, output: Float32Array): void {
  const columns = rowLength(weight.shape);
  tokens.forEach((token, t) => {
    decodeRows(weight, token, 1, output.subarray(t * columns, (t + 1) * columns));
  });
}
