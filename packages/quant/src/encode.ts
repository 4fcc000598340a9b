/** f32 rows to stored bytes. */
import { type DTypeName, encodedSize, type TensorEncoding } from '@mirust/core';
import { encode16, encodeF32 } from './_floats.ts';
import { encodeQ4 } from './_q4.ts';
import { encodeQ8 } from './_q8.ts';
import { quantError } from './errors.ts';
import type { TilePlace } from './stored-tensor.ts';

/** The types that {@link encodedTile} writes. */
export const ENCODABLE_DTYPES = ['f32', 'f16', 'bf16', 'q8', 'q4'] as const;

/** One of {@link ENCODABLE_DTYPES}. */
export type EncodableDType = (typeof ENCODABLE_DTYPES)[number];

/** Whether {@link encodedTile} writes this type. */
export function canEncode(dtype: DTypeName): dtype is EncodableDType {
  return (ENCODABLE_DTYPES as readonly DTypeName[]).includes(dtype);
}

/** Stored bytes of some rows of a tensor. */
export interface EncodedTile {
  readonly payload: Uint8Array;
  /** Empty where the type has none. */
  readonly scales: Uint8Array;
}

/**
 * Encodes whole rows. No row knows of another: whichever way a tensor is cut into tiles, the bytes of the tiles one
 * behind the other are the same. Throws `QUANT_NOT_FINITE`, `QUANT_RANGE`, `QUANT_DTYPE` for a type that
 * {@link canEncode} denies, `BLOCK_MISMATCH` where a row does not divide into q4 blocks, and RangeError where `rows`
 * is not whole rows or the encoding is interleaved: `interleaveRows` makes that form of the row-major one.
 *
 * @param rows [any number of rows, rowElements]
 */
export function encodedTile(
  encoding: TensorEncoding,
  rowElements: number,
  rows: Float32Array,
  place: TilePlace,
): EncodedTile {
  const { dtype, blockSize, scaleType } = encoding;
  if (encoding.layout === 'interleaved') throw new RangeError('rows are encoded row-major, then interleaved');
  const rowCount = rows.length / rowElements;
  if (!Number.isSafeInteger(rowCount) || rowElements < 1) {
    throw new RangeError(`${rows.length} values are not whole rows of ${rowElements}`);
  }
  const size = encodedSize(encoding, [rowCount, rowElements], { tensor: place.tensor });
  const payload = new Uint8Array(size.payloadBytes);
  const scales = new Uint8Array(size.scaleBytes);
  switch (dtype) {
    case 'f32':
      encodeF32(rows, rowElements, place, payload);
      break;
    case 'f16':
    case 'bf16':
      encode16(dtype, rows, rowElements, place, payload);
      break;
    case 'q8':
      encodeQ8(rows, rowElements, scaleType, place, payload, scales);
      break;
    case 'q4':
      encodeQ4(rows, rowElements, blockSize, scaleType, place, payload, scales);
      break;
    default:
      throw quantError('QUANT_DTYPE', `${dtype} cannot be written`, {
        tensor: place.tensor,
        actual: dtype,
        expected: ENCODABLE_DTYPES.join(', '),
      });
  }
  return { payload, scales };
}
