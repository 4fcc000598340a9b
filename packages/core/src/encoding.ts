/**
 * How one tensor is stored: its type and, for our own scaled types, block size and scale type. From an encoding and
 * a shape follow the exact byte counts; every container, the planner and the runtime take them from here.
 *
 * ```
 * plain, ggml blocks   payload = rows · (row / blockElements) · blockBytes          no scales
 * q8                   payload = rows · row                  scales = rows           one per row
 * q4                   payload = rows · row / 2              scales = rows · row / blockSize
 * ```
 */
import { checkedMul } from './checked.ts';
import { type DTypeName, dtypeInfo } from './dtype.ts';
import { coreError, type ErrorContext } from './errors.ts';
import { rowCount, rowLength, type Shape } from './shape.ts';

/** Type of the scales of `q8` and `q4`. */
export type ScaleType = 'f32' | 'f16';

/** How a tensor's values are stored. */
export interface TensorEncoding {
  readonly dtype: DTypeName;
  /** q8: the row length; q4: values per scale, even, divides the row; every other type: 0. */
  readonly blockSize: number;
  /** Meaningful for q8 and q4 only; `f32` elsewhere. */
  readonly scaleType: ScaleType;
}

/** The exact bytes of a stored tensor. */
export interface EncodedSize {
  readonly payloadBytes: number;
  readonly scaleCount: number;
  readonly scaleBytes: number;
}

/** Values per scale that `q4` uses unless told otherwise. */
export const DEFAULT_Q4_BLOCK_SIZE = 32;

/**
 * An encoding with its defaults filled in: q8 takes the row of `shape` as its block, q4 takes 32.
 * Throws RangeError for a q4 block size that is odd or not positive.
 */
export function createEncoding(
  dtype: DTypeName,
  shape: Shape,
  options: { readonly blockSize?: number; readonly scaleType?: ScaleType } = {},
): TensorEncoding {
  const scaleType = options.scaleType ?? 'f32';
  if (dtype === 'q8') return { dtype, blockSize: rowLength(shape), scaleType };
  if (dtype === 'q4') {
    const blockSize = options.blockSize ?? DEFAULT_Q4_BLOCK_SIZE;
    if (!Number.isSafeInteger(blockSize) || blockSize < 2 || blockSize % 2 !== 0) {
      throw new RangeError(`q4 block size must be a positive even integer, got ${blockSize}`);
    }
    return { dtype, blockSize, scaleType };
  }
  return { dtype, blockSize: 0, scaleType: 'f32' };
}

/** Bytes of one scale. */
export function scaleByteLength(scaleType: ScaleType): number {
  return scaleType === 'f32' ? 4 : 2;
}

/** How many values of a row must stay together in this encoding: a row must divide by it. */
export function encodingBlockElements(encoding: TensorEncoding): number {
  return encoding.dtype === 'q4' ? encoding.blockSize : dtypeInfo(encoding.dtype).blockElements;
}

/** Whether rows of this length divide into the blocks of the encoding. */
export function rowDivides(encoding: TensorEncoding, rowElements: number): boolean {
  const block = encodingBlockElements(encoding);
  return block > 0 && rowElements % block === 0;
}

/**
 * The exact bytes of a tensor of this shape in this encoding.
 * Throws `BLOCK_MISMATCH` where the row does not divide into blocks, `OVERFLOW` where the product passes 2^53 - 1.
 */
export function encodedSize(encoding: TensorEncoding, shape: Shape, context?: ErrorContext): EncodedSize {
  const row = rowLength(shape);
  const rows = rowCount(shape);
  if (!rowDivides(encoding, row)) {
    throw coreError(
      'BLOCK_MISMATCH',
      `a row of ${row} values does not divide into ${encoding.dtype} blocks of ${encodingBlockElements(encoding)}`,
      { ...context, actual: row, expected: `a multiple of ${encodingBlockElements(encoding)}` },
    );
  }
  const { blockElements, blockBytes } = dtypeInfo(encoding.dtype);
  const rowBytes = checkedMul(row / blockElements, blockBytes, 'bytes of a row', context);
  const payloadBytes = checkedMul(rows, rowBytes, 'bytes of a tensor', context);
  const scaleCount = encoding.dtype === 'q8' ? rows : encoding.dtype === 'q4' ? rows * (row / encoding.blockSize) : 0;
  return { payloadBytes, scaleCount, scaleBytes: scaleCount * scaleByteLength(encoding.scaleType) };
}

/** `q4/32`, `q4/32 f16`, `f32`: the encoding for people. */
export function formatEncoding(encoding: TensorEncoding): string {
  const block = encoding.dtype === 'q4' ? `/${encoding.blockSize}` : '';
  const scale = encoding.scaleType === 'f16' ? ' f16' : '';
  return `${encoding.dtype}${block}${scale}`;
}
