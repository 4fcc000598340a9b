/**
 * How one tensor is stored: its type and, for our own scaled types, block size and scale type. From an encoding and
 * a shape follow the exact byte counts; every container, the planner and the runtime take them from here.
 *
 * ```
 * plain, ggml blocks   payload = rows · (row / blockElements) · blockBytes          no scales
 * q8                   payload = rows · row                  scales = rows           one per row
 * q4                   payload = rows · row / 2              scales = rows · row / blockSize
 * interleaved          payload = ⌈rows / 8⌉ · panelBytes     in the payload; see `panel.ts`
 * ```
 */
import { checkedMul } from './checked.ts';
import { type DTypeName, dtypeInfo } from './dtype.ts';
import { coreError, type ErrorContext } from './errors.ts';
import { PANEL_COLUMNS, panelCount, panelGeometry } from './panel.ts';
import { type ScaleType, scaleByteLength } from './scale-type.ts';
import { formatShape, rowCount, rowLength, type Shape } from './shape.ts';

/** How a tensor's values are stored. */
export interface TensorEncoding {
  readonly dtype: DTypeName;
  /** q8: the row length; q4: values per scale, even, divides the row; every other type: 0. */
  readonly blockSize: number;
  /** Meaningful for q8 and q4 only; `f32` elsewhere. */
  readonly scaleType: ScaleType;
  /**
   * How rows lie. Absent: row-major, one row behind the other and the scales apart. `interleaved`: panels of 8 rows
   * with their scales in the stream (`panel.ts`), for matrices of the types that {@link canInterleave} names.
   */
  readonly layout?: 'interleaved';
}

/** The exact bytes of a stored tensor. */
export interface EncodedSize {
  readonly payloadBytes: number;
  /** Scales that lie apart from the payload: none in an interleaved encoding. */
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

/** How many values of a row must stay together in this encoding: a row must divide by it. */
export function encodingBlockElements(encoding: TensorEncoding): number {
  return encoding.dtype === 'q4' ? encoding.blockSize : dtypeInfo(encoding.dtype).blockElements;
}

/** Whether rows of this length divide into the blocks of the encoding. */
export function rowDivides(encoding: TensorEncoding, rowElements: number): boolean {
  const block = encodingBlockElements(encoding);
  return block > 0 && rowElements % block === 0;
}

/** Whether a tensor can be stored interleaved: a matrix of q8, Q8_0, Q4_0, or q4 in blocks of 32. */
export function canInterleave({ dtype, blockSize }: TensorEncoding, shape: Shape): boolean {
  if (shape.length !== 2) return false;
  return dtype === 'q4' ? blockSize === PANEL_COLUMNS : dtype === 'q8' || dtype === 'Q8_0' || dtype === 'Q4_0';
}

/** The encoding with rows interleaved where that is possible, and as it is elsewhere. */
export function interleavedEncoding(encoding: TensorEncoding, shape: Shape): TensorEncoding {
  return canInterleave(encoding, shape) ? { ...encoding, layout: 'interleaved' } : encoding;
}

/** The encoding with rows one behind the other. */
export function rowMajorEncoding({ dtype, blockSize, scaleType }: TensorEncoding): TensorEncoding {
  return { dtype, blockSize, scaleType };
}

/**
 * The exact bytes of a tensor of this shape in this encoding.
 * Throws `BLOCK_MISMATCH` where the row does not divide into blocks, `OVERFLOW` where the product passes 2^53 - 1,
 * RangeError for an interleaved encoding of what cannot be interleaved.
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
  if (encoding.layout === 'interleaved') {
    if (!canInterleave(encoding, shape)) {
      throw new RangeError(`${formatEncoding(encoding)} does not suit a tensor of shape ${formatShape(shape)}`);
    }
    const { panelBytes } = panelGeometry(encoding, row);
    const payloadBytes = checkedMul(panelCount(rows), panelBytes, 'bytes of a tensor', context);
    return { payloadBytes, scaleCount: 0, scaleBytes: 0 };
  }
  const { blockElements, blockBytes } = dtypeInfo(encoding.dtype);
  const rowBytes = checkedMul(row / blockElements, blockBytes, 'bytes of a row', context);
  const payloadBytes = checkedMul(rows, rowBytes, 'bytes of a tensor', context);
  const scaleCount = encoding.dtype === 'q8' ? rows : encoding.dtype === 'q4' ? rows * (row / encoding.blockSize) : 0;
  return { payloadBytes, scaleCount, scaleBytes: scaleCount * scaleByteLength(encoding.scaleType) };
}

/** `q4/32`, `q4/32 f16`, `f32`, `q8 x8` (rows interleaved by 8): the encoding for people. */
export function formatEncoding(encoding: TensorEncoding): string {
  const block = encoding.dtype === 'q4' ? `/${encoding.blockSize}` : '';
  const scale = encoding.scaleType === 'f16' ? ' f16' : '';
  const layout = encoding.layout === 'interleaved' ? ' x8' : '';
  return `${encoding.dtype}${block}${scale}${layout}`;
}
