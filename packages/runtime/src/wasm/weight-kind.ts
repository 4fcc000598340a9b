/** How kernels call the storage of a tensor. */
import { type DTypeName, dtypeInfo, type TensorEncoding } from '@mirust/core';
import { table } from '@mirust/kernels';

/** ggml types whose rows the kernels decode; the other ones are those of {@link PLAIN} and the interleaved ones. */
const GGML_ROWS: ReadonlySet<DTypeName> = new Set<DTypeName>([
  'Q4_0',
  'Q4_1',
  'Q5_0',
  'Q5_1',
  'Q8_0',
  'Q2_K',
  'Q3_K',
  'Q4_K',
  'Q5_K',
  'Q6_K',
  'IQ4_NL',
  'IQ4_XS',
]);

const PLAIN: ReadonlyMap<DTypeName, number> = new Map([
  ['f32', table.KIND_F32],
  ['f16', table.KIND_F16],
  ['bf16', table.KIND_BF16],
]);

/** The kind of an encoding of the weight tape, or undefined where no kernel reads it. */
export function weightKind(encoding: TensorEncoding): number | undefined {
  const { dtype, scaleType } = encoding;
  const f16 = scaleType === 'f16';
  if (encoding.layout === 'interleaved') {
    if (dtype === 'q8') return f16 ? table.KIND_Q8_F16 : table.KIND_Q8_F32;
    if (dtype === 'Q8_0') return table.KIND_Q8_0;
    return dtype === 'q4' && !f16 ? table.KIND_NIBBLE_F32 : table.KIND_NIBBLE_F16;
  }
  if (dtype === 'q8') return f16 ? table.KIND_Q8_ROWS_F16 : table.KIND_Q8_ROWS_F32;
  if (dtype === 'q4') return f16 ? table.KIND_Q4_ROWS_F16 : table.KIND_Q4_ROWS_F32;
  if (GGML_ROWS.has(dtype)) return table.KIND_GGML + (dtypeInfo(dtype).ggmlId ?? 0);
  return PLAIN.get(dtype);
}
