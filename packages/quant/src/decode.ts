/**
 * Stored rows to f32. Only a tile of rows at a time, into memory that the caller owns: there is no function that gives
 * an f32 view of a whole quantized matrix, so that none can appear where a kernel should read the codes.
 */
import { type DTypeName, dtypeInfo, encodingBlockElements, rowLength, sanitizeText } from '@mirust/core';
import { decodeBf16, decodeF16, decodeF32 } from './_floats.ts';
import { decodePanels } from './_panel-decode.ts';
import { decodeQ4 } from './_q4.ts';
import { decodeQ8 } from './_q8.ts';
import { quantError } from './errors.ts';
import { decodeIQ4_NL, decodeIQ4_XS } from './ggml/_iq4.ts';
import { decodeQ2_K, decodeQ3_K, decodeQ4_K, decodeQ5_K, decodeQ6_K } from './ggml/_k-quants.ts';
import { type BlockDecoder, decodeQ4_0, decodeQ4_1, decodeQ5_0, decodeQ5_1, decodeQ8_0 } from './ggml/_legacy.ts';
import type { StoredTensor } from './stored-tensor.ts';

/** Types without separate scales. */
const BLOCK_DECODERS: Readonly<Partial<Record<DTypeName, BlockDecoder>>> = {
  f32: decodeF32,
  f16: decodeF16,
  bf16: decodeBf16,
  Q4_0: decodeQ4_0,
  Q4_1: decodeQ4_1,
  Q5_0: decodeQ5_0,
  Q5_1: decodeQ5_1,
  Q8_0: decodeQ8_0,
  Q2_K: decodeQ2_K,
  Q3_K: decodeQ3_K,
  Q4_K: decodeQ4_K,
  Q5_K: decodeQ5_K,
  Q6_K: decodeQ6_K,
  IQ4_NL: decodeIQ4_NL,
  IQ4_XS: decodeIQ4_XS,
};

/** Whether {@link decodeRows} reads tensors of this type. */
export function canDecode(dtype: DTypeName): boolean {
  return dtype === 'q8' || dtype === 'q4' || BLOCK_DECODERS[dtype] !== undefined;
}

/**
 * Decodes `rowCount` rows from `firstRow` on into `target`, whose length must be theirs. Values are rounded to f32
 * after every step, as ggml's own decoders do. Throws `QUANT_DTYPE` for a type that {@link canDecode} denies, and
 * RangeError where rows, target or bytes do not fit together.
 *
 * @param target [rowCount, row length]
 */
export function decodeRows(tensor: StoredTensor, firstRow: number, rowCount: number, target: Float32Array): void {
  const { encoding, payload, scales } = tensor;
  const { dtype, blockSize, scaleType } = encoding;
  const rowElements = rowLength(tensor.shape);
  if (target.length !== rowCount * rowElements) {
    throw new RangeError(`${rowCount} rows of ${rowElements} values do not fill a target of ${target.length}`);
  }
  if (!(Number.isSafeInteger(firstRow) && firstRow >= 0 && rowElements % encodingBlockElements(encoding) === 0)) {
    throw new RangeError(`no row ${firstRow} of ${rowElements} values in ${dtype}`);
  }
  if (encoding.layout === 'interleaved') {
    decodePanels(tensor, firstRow, rowCount, target);
    return;
  }
  const { blockElements, blockBytes } = dtypeInfo(dtype);
  const rowBytes = (rowElements / blockElements) * blockBytes;
  const rows = payload.subarray(firstRow * rowBytes, (firstRow + rowCount) * rowBytes);
  if (rows.byteLength !== rowCount * rowBytes) {
    throw new RangeError(`rows ${firstRow} to ${firstRow + rowCount - 1} pass the end of the tensor's bytes`);
  }
  if (dtype === 'q8') {
    const codes = new Int8Array(rows.buffer, rows.byteOffset, rows.byteLength);
    decodeQ8(codes, scales, firstRow, rowElements, scaleType, target);
  } else if (dtype === 'q4') {
    decodeQ4(rows, scales, firstRow * (rowElements / blockSize), blockSize, scaleType, target);
  } else {
    blockDecoder(dtype, tensor.name)(rows, target);
  }
}

function blockDecoder(dtype: DTypeName, tensor: string): BlockDecoder {
  const decoder = BLOCK_DECODERS[dtype];
  if (decoder !== undefined) return decoder;
  const name = sanitizeText(tensor);
  throw quantError('QUANT_DTYPE', `${name} is stored as ${dtype}, which cannot be decoded`, {
    tensor: name,
    actual: dtype,
    expected: Object.keys(BLOCK_DECODERS).join(', '),
  });
}
