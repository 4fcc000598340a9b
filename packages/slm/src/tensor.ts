/** What both containers say about a stored tensor. */
import {
  canInterleave,
  checkShape,
  encodingBlockElements,
  rowLength,
  type Shape,
  type TensorEncoding,
} from '@mirust/core';

/** A tensor before it has a place: what a layout is made from. */
export interface TensorDescription {
  readonly name: string;
  readonly encoding: TensorEncoding;
  /** Outermost dimension first. */
  readonly shape: Shape;
}

/** A tensor and its place in the file. All offsets are absolute. */
export interface PlacedTensor extends TensorDescription {
  readonly offset: number;
  /** Of the payload. */
  readonly byteLength: number;
  /** 0 where there are no scales. */
  readonly scaleOffset: number;
  readonly scaleByteLength: number;
}

/** Payloads start on multiples of this: a cache line, and the widest vector that a kernel loads. */
export const PAYLOAD_ALIGNMENT = 64;
/** Scales start on multiples of this, directly behind their payload. */
export const SCALE_ALIGNMENT = 4;

/**
 * Throws RangeError unless the description is one that a container can hold: a shape of weights, and an encoding in
 * the one form that `createEncoding` gives it, or interleaved where `canInterleave` allows it.
 */
export function checkDescription(tensor: TensorDescription): void {
  const { name, encoding, shape } = tensor;
  const columns = rowLength(shape);
  const block = encoding.dtype === 'q8' ? columns : encoding.dtype === 'q4' ? encoding.blockSize : 0;
  const q4 = encoding.dtype !== 'q4' || (block >= 2 && block % 2 === 0 && block < 2 ** 31);
  const scale = encoding.dtype === 'q8' || encoding.dtype === 'q4' || encoding.scaleType === 'f32';
  try {
    checkShape(shape, name);
    if (encoding.blockSize !== block || !q4 || !scale) throw new RangeError('the encoding is not in its normal form');
    if (columns % encodingBlockElements(encoding) !== 0) throw new RangeError('rows do not divide into blocks');
    if (encoding.layout === 'interleaved' && !canInterleave(encoding, shape)) {
      throw new RangeError('its rows cannot be interleaved');
    }
  } catch (cause) {
    throw new RangeError(`tensor ${name} cannot be stored: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
}
