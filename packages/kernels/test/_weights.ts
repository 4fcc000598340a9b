/** Random weights of every storage type that the kernels read, as `@mirust/quant` stores and decodes them. */
import {
  createEncoding,
  type DTypeName,
  dtypeInfo,
  encodedSize,
  interleavedEncoding,
  rowMajorEncoding,
  type ScaleType,
  type TensorEncoding,
} from '@mirust/core';
import { interleaveRows, type MatrixShape, type StoredTensor } from '@mirust/quant';
import { table } from '../src/index.ts';
import type { Workbench } from './_builds.ts';
import { uniform } from './_values.ts';

/** A storage type: what the operation table calls it, and what the rest of the project does. */
export interface StorageType {
  readonly name: string;
  readonly kind: number;
  readonly dtype: DTypeName;
  readonly scaleType: ScaleType;
  readonly isInterleaved: boolean;
  /** Rows are whole blocks of this many values. */
  readonly blockElements: number;
}

/** A scaled type of ours. */
function own(kind: number, dtype: 'q8' | 'q4', scaleType: ScaleType, isInterleaved: boolean): StorageType {
  const blockElements = dtype === 'q8' ? 1 : isInterleaved ? 32 : 2;
  return { name: `${dtype} ${scaleType}`, kind, dtype, scaleType, isInterleaved, blockElements };
}

/** A type without scales of its own. */
function plain(dtype: DTypeName, kind: number, isInterleaved = false): StorageType {
  const { blockElements } = dtypeInfo(dtype);
  return { name: dtype, kind, dtype, scaleType: 'f32', isInterleaved, blockElements };
}

/** Interleaved by 8 rows. Two encodings share a kind: what differs between them is gone. */
export const PANEL_TYPES: readonly StorageType[] = [
  own(table.KIND_Q8_F32, 'q8', 'f32', true),
  own(table.KIND_Q8_F16, 'q8', 'f16', true),
  plain('Q8_0', table.KIND_Q8_0, true),
  plain('Q4_0', table.KIND_NIBBLE_F16, true),
  own(table.KIND_NIBBLE_F16, 'q4', 'f16', true),
  own(table.KIND_NIBBLE_F32, 'q4', 'f32', true),
];

const GGML: readonly DTypeName[] = [
  ...(['Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'Q8_0', 'Q2_K', 'Q3_K', 'Q4_K', 'Q5_K', 'Q6_K', 'IQ4_NL', 'IQ4_XS'] as const),
];

/** One row behind the other. */
export const ROW_TYPES: readonly StorageType[] = [
  plain('f32', table.KIND_F32),
  plain('f16', table.KIND_F16),
  plain('bf16', table.KIND_BF16),
  own(table.KIND_Q8_ROWS_F32, 'q8', 'f32', false),
  own(table.KIND_Q8_ROWS_F16, 'q8', 'f16', false),
  own(table.KIND_Q4_ROWS_F32, 'q4', 'f32', false),
  own(table.KIND_Q4_ROWS_F16, 'q4', 'f16', false),
  ...GGML.map((dtype) => plain(dtype, table.KIND_GGML + (dtypeInfo(dtype).ggmlId ?? Number.NaN))),
];

/** The encoding of a matrix. `blockSize`: of q4, where it is not interleaved. */
export function encodingOf(type: StorageType, rows: number, columns: number, blockSize = 32): TensorEncoding {
  return createEncoding(type.dtype, [rows, columns], { scaleType: type.scaleType, blockSize });
}

/**
 * A matrix of any codes. Scales are between 2^-11 and 2^-7, of either sign where the type allows it, and have few bits:
 * then code · scale is exact in f32, and so is what an oracle computes from decoded rows.
 */
export function randomMatrix(
  type: StorageType,
  rows: number,
  columns: number,
  seed: number,
  blockSize = 32,
): StoredTensor {
  const encoding = encodingOf(type, rows, columns, blockSize);
  const shape = [rows, columns] as const;
  const { payloadBytes, scaleBytes, scaleCount } = encodedSize(encoding, shape);
  const next = uniform(seed);
  const half = (): number => 0x1000 + Math.floor(next() * 0x0c00);
  const payload = Uint8Array.from({ length: payloadBytes }, () => next() * 256);
  const scales = new Uint8Array(scaleBytes);
  const view = new DataView(scales.buffer);
  for (let index = 0; index < scaleCount; index++) {
    if (type.scaleType === 'f32') view.setFloat32(index * 4, (2 ** 11 + Math.floor(next() * 2 ** 14)) * 2 ** -22, true);
    else view.setUint16(index * 2, half(), true);
  }
  fillFloats(type.dtype, payload, () => half() | (next() < 0.5 ? 0x8000 : 0));
  return layOut(type, { name: 'w', encoding, shape, payload, scales });
}

/** An interleaved matrix of given codes whose scales are all 1. `codes`: [rows, columns]. */
export function constantScales(type: StorageType, rows: number, columns: number, codes: Int8Array): StoredTensor {
  const encoding = encodingOf(type, rows, columns);
  const shape = [rows, columns] as const;
  const { payloadBytes, scaleCount } = encodedSize(encoding, shape);
  const payload = new Uint8Array(payloadBytes);
  const isBlocks = type.dtype === 'Q8_0' || type.dtype === 'Q4_0';
  const codeBits = type.dtype === 'q8' || type.dtype === 'Q8_0' ? 8 : 4;
  codes.forEach((code, index) => {
    const block = Math.floor(index / 32);
    const within = index % 32;
    if (codeBits === 8) payload[index + (isBlocks ? 2 * (block + 1) : 0)] = code;
    else if (isBlocks) orInto(payload, block * 18 + 2 + (within % 16), (code + 8) << (within < 16 ? 0 : 4));
    else orInto(payload, index >> 1, (code & 15) << ((index & 1) * 4));
  });
  // 1 as f16 and as f32.
  const blockBytes = isBlocks ? dtypeInfo(type.dtype).blockBytes : 0;
  for (let at = 0; isBlocks && at < payloadBytes; at += blockBytes) payload.set([0, 0x3c], at);
  const ones = { f32: new Float32Array(scaleCount).fill(1), f16: new Uint16Array(scaleCount).fill(0x3c00) };
  const scales = new Uint8Array(ones[type.scaleType].buffer);
  return layOut(type, { name: 'w', encoding, shape, payload, scales });
}

function orInto(bytes: Uint8Array, at: number, bits: number): void {
  bytes[at] = (bytes[at] as number) | bits;
}

/** A row-major tensor in the layout of a type. */
function layOut(type: StorageType, rowMajor: StoredTensor): StoredTensor {
  if (!type.isInterleaved) return rowMajor;
  const shape = rowMajor.shape as unknown as MatrixShape;
  const encoding = interleavedEncoding(rowMajor.encoding, shape);
  const payload = new Uint8Array(encodedSize(encoding, shape).payloadBytes);
  interleaveRows(rowMajor.encoding, shape, rowMajor, payload);
  return { name: 'w', encoding, shape, payload, scales: new Uint8Array(0) };
}

/** Offsets of the f16 in a block. */
const HALVES: Readonly<Partial<Record<DTypeName, readonly number[]>>> = {
  f16: [0],
  ...{ Q4_0: [0], Q4_1: [0, 2], Q5_0: [0], Q5_1: [0, 2], Q8_0: [0], IQ4_NL: [0], IQ4_XS: [0] },
  ...{ Q2_K: [80, 82], Q3_K: [108], Q4_K: [0, 2], Q5_K: [0, 2], Q6_K: [208] },
};

/** Puts floats of a sensible size where random bytes would be any. */
function fillFloats(dtype: DTypeName, payload: Uint8Array, half: () => number): void {
  const { blockBytes } = dtypeInfo(dtype);
  const view = new DataView(payload.buffer);
  for (let block = 0; block < payload.byteLength; block += blockBytes) {
    for (const offset of HALVES[dtype] ?? []) view.setUint16(block + offset, half(), true);
    // The upper half of an f32 between 2^-11 and 2^-8, or thereabouts.
    if (dtype === 'bf16') view.setUint16(block, 0x3a00 + (half() & 0x81ff), true);
    if (dtype === 'f32') view.setFloat32(block, (half() - 0x7000) * 2 ** -20, true);
  }
}

/** Bytes from row to row of a matrix that is not interleaved. */
export function rowBytesOf({ encoding, shape }: StoredTensor): number {
  return encodedSize(rowMajorEncoding(encoding), [shape[1] ?? 0]).payloadBytes;
}

/** A stored tensor in a bench's memory, as the kernels are told of it. */
export interface PlacedTensor {
  readonly weight: number;
  readonly rowBytes: number;
  readonly scales: number;
  readonly block: number;
}

/** Lays a tensor down at the alignments that the engine guarantees. */
export function place(bench: Workbench, tensor: StoredTensor): PlacedTensor {
  return {
    weight: bench.put(tensor.payload),
    rowBytes: tensor.encoding.layout === 'interleaved' ? 0 : rowBytesOf(tensor),
    scales: bench.put(tensor.scales),
    block: tensor.encoding.blockSize,
  };
}
