/** A tensor as it is stored: bytes and how to read them. */
import type { Shape, TensorEncoding } from '@mirust/core';

/**
 * Stored bytes of one tensor; a view of a file or of the weight tape, never a decoded copy. Rows lie one behind the
 * other, little-endian, at any alignment. `encodedSize` of the encoding and shape gives both lengths.
 */
export interface StoredTensor {
  readonly name: string;
  readonly encoding: TensorEncoding;
  /** [..., row length] */
  readonly shape: Shape;
  readonly payload: Uint8Array;
  /** Empty where the type has none. */
  readonly scales: Uint8Array;
}

/** Where a tile of rows belongs: for errors, which name the tensor and the index of the value in it. */
export interface TilePlace {
  /** Name of the tensor. */
  readonly tensor: string;
  /** Index of the tile's first row. */
  readonly firstRow: number;
}
