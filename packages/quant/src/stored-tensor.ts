/** A tensor as it is stored: bytes and how to read them. */
import type { Shape, TensorEncoding } from '@mirust/core';

/**
 * Stored bytes of one tensor; a view of a file or of the weight tape, never a decoded copy. Rows lie in the encoding's
 * layout, little-endian, at any alignment. `encodedSize` of the encoding and shape gives both lengths. The bytes may
 * also be those of a run of rows, which in an interleaved encoding is a run of panels; rows count from its beginning.
 */
export interface StoredTensor {
  readonly name: string;
  readonly encoding: TensorEncoding;
  /** [..., row length] */
  readonly shape: Shape;
  readonly payload: Uint8Array;
  /** Empty where the type has none, and where they lie in the payload: in every interleaved encoding. */
  readonly scales: Uint8Array;
}

/** Where a tile of rows belongs: for errors, which name the tensor and the index of the value in it. */
export interface TilePlace {
  /** Name of the tensor. */
  readonly tensor: string;
  /** Index of the tile's first row. */
  readonly firstRow: number;
}
