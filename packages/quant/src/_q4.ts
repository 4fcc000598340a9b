/**
 * q4: two signed nibbles per byte, low nibble first, one scale per block of a row.
 *
 * ```
 * q     = clamp(round(x · (1 / scale)), -8, 7)      round: to nearest, ties to even
 * value = q · scale
 * ```
 * The scale is amax / d for that d of {@link Q4_DIVISORS} with the smallest squared error; ties go to the earlier one.
 * amax / 7 clamps nothing. amax / 8 suits a block whose extreme is negative, which is then code -8. Elsewhere it, like
 * every larger divisor, clamps the extreme and gains on all others.
 *
 * Every step is rounded to f32, so that every implementation gives the same bytes. The error of a candidate is taken in
 * units of its scale, which no magnitude of the weights makes overflow or vanish, and in four running sums, which suit
 * vector instructions:
 *
 * ```
 * e[i]  = x[i] · (1 / scale) - q[i]
 * s[k]  = Σ e[i]² over i = k, k + 4, k + 8 …     one after the other
 * error = (scale / amax)² · ((s[0] + s[1]) + (s[2] + s[3]))
 * ```
 * At the edges:
 *
 * - A block of zeros has scale 1. A candidate below 2^-128, where 1 / scale is infinite, is left out, and so is one
 *   whose product with 8 is infinite. A block that is left without candidates is too small: scale 1, codes 0.
 * - f16 scales are rounded first, to nearest and at least to 2^-24. Candidates beyond f16 are left out; a block whose
 *   candidates all are is an error. A block whose codes are all 0 has scale 1.
 * - -0 becomes 0.
 */
import { type ScaleType, sanitizeText } from '@mirust/core';
import { elementIndex, largestMagnitude, MAX_F32 } from './_finite.ts';
import { readScale, roundScale, scaleView, writeScale } from './_scales.ts';
import { quantError } from './errors.ts';
import { roundHalfEven } from './float16.ts';
import type { TilePlace } from './stored-tensor.ts';

/**
 * The candidates. Relative RMS error of blocks of 32, on stories260K's matrices and on Gaussian values:
 *
 * | divisors                  | stories260K | Gaussian |
 * |---------------------------|------------:|---------:|
 * | 7                         |     9.826 % |  9.705 % |
 * | 8                         |     9.290 % |  9.371 % |
 * | 7, 8                      |     8.898 % |  8.995 % |
 * | 7, 7.5, 8                 |     8.713 % |  8.847 % |
 * | 7 to 9 in halves          |     8.545 % |  8.728 % |
 * | these eight               |     8.471 % |  8.644 % |
 * | 5 to 12 in quarters (29)  |     8.453 % |  8.620 % |
 * | 4 to 14 in eighths (81)   |     8.422 % |  8.589 % |
 */
export const Q4_DIVISORS: readonly number[] = [7, 8, 6.75, 7.25, 7.5, 7.75, 8.25, 8.5];

/** Encodes rows; `payload` and `scales` have room for exactly them. */
export function encodeQ4(
  rows: Float32Array,
  rowElements: number,
  blockSize: number,
  scaleType: ScaleType,
  place: TilePlace,
  payload: Uint8Array,
  scales: Uint8Array,
): void {
  const view = scaleView(scales);
  for (let at = 0, block = 0; at < rows.length; at += blockSize, block++) {
    const amax = largestMagnitude(rows, at, blockSize, rowElements, place);
    const scale = bestScale(rows, at, blockSize, amax, scaleType);
    if (scale === Number.POSITIVE_INFINITY) throw scaleRange(elementIndex(at, rowElements, place), place);
    // A scale of 0 stands for a block without candidates.
    const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
    const isZero = encodeBlock(rows, at, blockSize, inverse, payload);
    writeScale(view, block, scaleType, isZero ? 1 : scale);
  }
}

/** The candidate with the smallest error; 0 where the block is too small for any, infinite where f16 holds none. */
function bestScale(rows: Float32Array, at: number, length: number, amax: number, scaleType: ScaleType): number {
  let best = 0;
  let smallest = Number.POSITIVE_INFINITY;
  let tooLarge = false;
  for (const divisor of Q4_DIVISORS) {
    const wanted = Math.fround(amax / divisor);
    if (Math.fround(1 / wanted) > MAX_F32) continue;
    const scale = roundScale(wanted, scaleType);
    if (Math.fround(8 * scale) > MAX_F32) {
      tooLarge = true;
      continue;
    }
    const error = Math.fround(relativeSquare(scale, amax) * squaredError(rows, at, length, Math.fround(1 / scale)));
    if (error < smallest) {
      smallest = error;
      best = scale;
    }
  }
  return best === 0 && tooLarge ? Number.POSITIVE_INFINITY : best;
}

function relativeSquare(scale: number, amax: number): number {
  const ratio = Math.fround(scale / amax);
  return Math.fround(ratio * ratio);
}

/** Σ (x / scale - q)², in the order of the comment above. */
function squaredError(rows: Float32Array, at: number, length: number, inverse: number): number {
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  const end = at + length;
  const wholeEnd = end - (length % 4);
  let index = at;
  for (; index < wholeEnd; index += 4) {
    sum0 = Math.fround(sum0 + codeError(rows[index] as number, inverse));
    sum1 = Math.fround(sum1 + codeError(rows[index + 1] as number, inverse));
    sum2 = Math.fround(sum2 + codeError(rows[index + 2] as number, inverse));
    sum3 = Math.fround(sum3 + codeError(rows[index + 3] as number, inverse));
  }
  // Blocks are even: two values are left, or none.
  if (index < end) {
    sum0 = Math.fround(sum0 + codeError(rows[index] as number, inverse));
    sum1 = Math.fround(sum1 + codeError(rows[index + 1] as number, inverse));
  }
  return Math.fround(Math.fround(sum0 + sum1) + Math.fround(sum2 + sum3));
}

function codeError(value: number, inverse: number): number {
  const steps = Math.fround(value * inverse);
  // Exact: both have few bits, and the difference is small.
  const error = steps - clampCode(roundHalfEven(steps));
  return Math.fround(error * error);
}

function clampCode(code: number): number {
  // biome-ignore lint/complexity/useMathMinMax: half as fast, for the sake of NaN and -0, in the innermost loop
  return code > 7 ? 7 : code < -8 ? -8 : code;
}

/** Returns whether all codes are 0. */
function encodeBlock(rows: Float32Array, at: number, length: number, inverse: number, payload: Uint8Array): boolean {
  let any = 0;
  for (let index = at; index < at + length; index += 2) {
    const low = clampCode(roundHalfEven(Math.fround((rows[index] as number) * inverse)));
    const high = clampCode(roundHalfEven(Math.fround((rows[index + 1] as number) * inverse)));
    const byte = (low & 15) | ((high & 15) << 4);
    payload[index >> 1] = byte;
    any |= byte;
  }
  return any === 0;
}

function scaleRange(element: number, place: TilePlace): Error {
  const tensor = sanitizeText(place.tensor);
  return quantError('QUANT_RANGE', `the scale of the block at element ${element} of ${tensor} is beyond f16`, {
    tensor,
    element,
  });
}

/** Decodes rows; `payload` begins with the first of them, `firstScale` is the index of its first scale. */
export function decodeQ4(
  payload: Uint8Array,
  scales: Uint8Array,
  firstScale: number,
  blockSize: number,
  scaleType: ScaleType,
  target: Float32Array,
): void {
  const view = scaleView(scales);
  for (let at = 0, block = firstScale; at < target.length; at += blockSize, block++) {
    const scale = readScale(view, block, scaleType);
    for (let index = at; index < at + blockSize; index += 2) {
      const byte = payload[index >> 1] as number;
      // Shifts to the top and back spread the sign of a nibble.
      target[index] = ((byte << 28) >> 28) * scale;
      target[index + 1] = ((byte << 24) >> 28) * scale;
    }
  }
}
