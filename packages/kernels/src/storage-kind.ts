/** How kernels call the way in which a tensor is stored. */
import { type DTypeName, dtypeInfo, type TensorEncoding } from '@mirust/core';
import * as table from './table.ts';

/** Types of one kind each: the plain floats, and the blocks of ggml whose rows the kernels decode. */
const ROW_MAJOR: ReadonlyMap<DTypeName, number> = new Map([
  ['f32', table.KIND_F32],
  ['f16', table.KIND_F16],
  ['bf16', table.KIND_BF16],
  ...(
    ['Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'Q8_0', 'Q2_K', 'Q3_K', 'Q4_K', 'Q5_K', 'Q6_K', 'IQ4_NL', 'IQ4_XS'] as const
  ).map((dtype) => [dtype, table.KIND_GGML + (dtypeInfo(dtype).ggmlId ?? 0)] as const),
]);

/** The kind of an encoding, or undefined where no kernel decodes it. */
export function storageKind(encoding: TensorEncoding): number | undefined {
  const { dtype, scaleType } = encoding;
  const isHalf = scaleType === 'f16';
  if (encoding.layout === 'interleaved') {
    if (dtype === 'q8') return isHalf ? table.KIND_Q8_F16 : table.KIND_Q8_F32;
    if (dtype === 'Q8_0') return table.KIND_Q8_0;
    return dtype === 'q4' && !isHalf ? table.KIND_NIBBLE_F32 : table.KIND_NIBBLE_F16;
  }
  if (dtype === 'q8') return isHalf ? table.KIND_Q8_ROWS_F16 : table.KIND_Q8_ROWS_F32;
  if (dtype === 'q4') return isHalf ? table.KIND_Q4_ROWS_F16 : table.KIND_Q4_ROWS_F32;
  return ROW_MAJOR.get(dtype);
}
