/**
 * How a tensor lies in the weight tape. Kernels read quantized matrices with rows interleaved by 8, as one sequential
 * stream; so the tape holds them like that whatever the source's layout, and an artifact that holds them like that too
 * is loaded by reading it.
 */
import { interleavedEncoding, type Shape, type TensorEncoding } from '@mirust/core';

/** The encoding in the weight tape of a tensor that a source stores in `encoding`: the same values, moved. */
export function tapeEncoding(encoding: TensorEncoding, shape: Shape): TensorEncoding {
  return interleavedEncoding(encoding, shape);
}
