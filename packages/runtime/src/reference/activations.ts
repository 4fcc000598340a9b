/** Activations as a matrix product with quantized weights sees them. */
import { roundHalfEven } from '@mirust/quant';

/** Values that share a scale. */
const BLOCK = 32;

/**
 * Every value of `input` as its 8-bit code stands for it: code · scale, in f64, so that a product with integer weights is
 * the exact integer dot times its scales.
 *
 * ```
 * scale = amax / 127     q = round(x · (1 / scale)), ties to even; 0 where 1 / scale is not finite
 * ```
 * Each step in f32, per row and block of 32 values; the last block of a row may be short. A block with an infinity or a
 * NaN is NaN.
 *
 * @param input [any number of rows, columns]
 */
export function roundToCodes(input: Float32Array, columns: number): Float64Array {
  const values = new Float64Array(input.length);
  for (let row = 0; row < input.length; row += columns) {
    for (let at = row; at < row + columns; at += BLOCK) {
      const end = Math.min(at + BLOCK, row + columns);
      let amax = 0;
      for (let i = at; i < end; i++) amax = Math.max(amax, Math.abs(input[i] as number));
      const scale = Math.fround(amax / 127);
      let inverse = Math.fround(1 / scale);
      if (inverse === Number.POSITIVE_INFINITY) inverse = 0;
      for (let i = at; i < end; i++) values[i] = roundHalfEven(Math.fround((input[i] as number) * inverse)) * scale;
    }
  }
  return values;
}
