/** One row of a stored matrix as f32: embeddings, norm vectors, and matrices whose type has no kernel of its own. */
import { decodeIQ4_NL, decodeIQ4_XS } from './decode-iq4';
import { decodeQ2_K, decodeQ3_K, decodeQ4_K, decodeQ5_K, decodeQ6_K } from './decode-k-quants';
import { decodeQ4_0, decodeQ4_1, decodeQ5_0, decodeQ5_1, decodeQ8_0 } from './decode-legacy';
import { decodePanelRow } from './decode-panels';
import { decodeQ4Row, decodeQ8Row } from './decode-scaled';
import { bf16ToF32, f16ToF32 } from './float16';
import {
  KIND_BF16, KIND_F16, KIND_F32, KIND_GGML, KIND_NIBBLE_F32, KIND_Q4_ROWS_F16, KIND_Q8_ROWS_F16, KIND_Q8_ROWS_F32,
} from './table';

/**
 * Decodes row `row` of a matrix into `target`: the values of `decodeRows` of `@mirust/quant`, bit for bit.
 *
 * @param kind any storage type
 * @param weight start of the matrix
 * @param columns row length in values
 * @param rowBytes bytes from row to row; unused for interleaved types
 * @param scales for our own row-major types, whose scales lie apart
 * @param block values per scale of q4
 * @param target f32 [columns]
 */
export function decodeRow(
  kind: i32, weight: usize, row: i32, columns: i32, rowBytes: usize, scales: usize, block: i32, target: usize,
): void {
  if (kind <= KIND_NIBBLE_F32) {
    decodePanelRow(kind, weight, row, columns, target);
    return;
  }
  const source = weight + <usize>row * rowBytes;
  if (kind >= KIND_GGML) decodeBlocks(kind - KIND_GGML, source, columns, target);
  else if (kind == KIND_F32) memory.copy(target, source, <usize>columns << 2);
  else if (kind == KIND_F16) f16ToF32(source, target, columns);
  else if (kind == KIND_BF16) bf16ToF32(source, target, columns);
  else if (kind <= KIND_Q8_ROWS_F16) decodeQ8Row(source, row, columns, scales, kind != KIND_Q8_ROWS_F32, target);
  else decodeQ4Row(source, row, columns, scales, kind == KIND_Q4_ROWS_F16, block, target);
}

/** `type`: a ggml id (`ggml.h`). The engine's table has no others. */
function decodeBlocks(type: i32, source: usize, columns: i32, target: usize): void {
  switch (type) {
    case 2: decodeQ4_0(source, columns, target); return;
    case 3: decodeQ4_1(source, columns, target); return;
    case 6: decodeQ5_0(source, columns, target); return;
    case 7: decodeQ5_1(source, columns, target); return;
    case 8: decodeQ8_0(source, columns, target); return;
    case 10: decodeQ2_K(source, columns, target); return;
    case 11: decodeQ3_K(source, columns, target); return;
    case 12: decodeQ4_K(source, columns, target); return;
    case 13: decodeQ5_K(source, columns, target); return;
    case 14: decodeQ6_K(source, columns, target); return;
    case 20: decodeIQ4_NL(source, columns, target); return;
    case 23: decodeIQ4_XS(source, columns, target); return;
  }
}
