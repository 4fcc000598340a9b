/** The search for values that no type can hold. */
import { sanitizeText } from '@mirust/core';
import { quantError } from './errors.ts';
import type { TilePlace } from './stored-tensor.ts';

/** Largest finite f32. */
export const MAX_F32: number = (2 - 2 ** -23) * 2 ** 127;

/**
 * The largest magnitude of `values[at .. at + length]`. Throws `QUANT_NOT_FINITE`, naming the tensor and the index of
 * the value in it.
 *
 * @param at where the run begins in the tile, whose first value is that of row `place.firstRow`
 * @param rowElements values per row of the tile
 */
export function largestMagnitude(
  values: Float32Array,
  at: number,
  length: number,
  rowElements: number,
  place: TilePlace,
): number {
  let largest = 0;
  for (let index = at; index < at + length; index++) {
    const magnitude = Math.abs(values[index] as number);
    // One comparison finds infinities and NaN.
    if (!(magnitude <= MAX_F32)) throw notFinite(values[index] as number, index, rowElements, place);
    if (magnitude > largest) largest = magnitude;
  }
  return largest;
}

/** Index in the whole tensor of a tile's value. */
export function elementIndex(index: number, rowElements: number, place: TilePlace): number {
  return place.firstRow * rowElements + index;
}

function notFinite(value: number, index: number, rowElements: number, place: TilePlace): Error {
  const element = elementIndex(index, rowElements, place);
  const tensor = sanitizeText(place.tensor);
  return quantError('QUANT_NOT_FINITE', `element ${element} of ${tensor} is ${value}`, {
    tensor,
    element,
    actual: String(value),
  });
}
