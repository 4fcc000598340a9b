/**
 * q8: one signed byte per value, one scale per row.
 *
 * ```
 * scale = amax / 127                        amax: the largest magnitude of the row
 * q     = clamp(round(x · (1 / scale)), -127, 127)      round: to nearest, ties to even
 * value = q · scale
 * ```
 * Every step is rounded to f32, so that every implementation gives the same bytes. (A product of two f32 is exact in
 * f64, so storing it or `Math.fround` rounds once.) At the edges:
 *
 * - A row of zeros has scale 1. So has a row whose scale is below 2^-128, where 1 / scale is infinite: its values,
 *   below 4e-37, become 0.
 * - A scale whose product with 127 is infinite (amax the largest f32, and nothing else) is replaced by the f32 below.
 * - f16 scales are rounded first, to nearest and at least to 2^-24; then, where the largest value would be clamped by
 *   more than half a step (only subnormal f16 are that coarse), the next f16 above is taken. A row whose codes are
 *   all 0 has scale 1.
 * - -0 becomes 0.
 *
 * 127 · (amax / 127), each rounded, is amax again: encoding what was decoded gives the same bytes.
 */
import { type ScaleType, sanitizeText } from '@mirust/core';
import { elementIndex, largestMagnitude, MAX_F32 } from './_finite.ts';
import { readScale, roundScale, scaleView, writeScale } from './_scales.ts';
import { quantError } from './errors.ts';
import { f16ToF32, f32ToF16, roundHalfEven } from './float16.ts';
import type { TilePlace } from './stored-tensor.ts';

/** Encodes rows; `payload` and `scales` have room for exactly them. */
export function encodeQ8(
  rows: Float32Array,
  rowElements: number,
  scaleType: ScaleType,
  place: TilePlace,
  payload: Uint8Array,
  scales: Uint8Array,
): void {
  const codes = new Int8Array(payload.buffer, payload.byteOffset, payload.byteLength);
  const view = scaleView(scales);
  for (let at = 0, row = 0; at < rows.length; at += rowElements, row++) {
    const scale = q8Scale(largestMagnitude(rows, at, rowElements, rowElements, place), scaleType);
    if (scale === Number.POSITIVE_INFINITY) throw scaleRange(elementIndex(at, rowElements, place), place);
    const isZero = encodeRow(rows, at, rowElements, Math.fround(1 / scale), codes);
    writeScale(view, row, scaleType, isZero ? 1 : scale);
  }
}

/** The scale of a row; 1 where all codes are to be 0, infinite where f16 cannot hold it. */
function q8Scale(amax: number, scaleType: ScaleType): number {
  const wanted = Math.fround(amax / 127);
  if (Math.fround(1 / wanted) > MAX_F32) return 1;
  const scale = roundScale(wanted, scaleType);
  if (scaleType === 'f16') return 127.5 * scale < amax ? f16ToF32(f32ToF16(scale) + 1) : scale;
  return Math.fround(127 * scale) > MAX_F32 ? LARGEST_Q8_SCALE : scale;
}

/** The f32 below the largest f32 / 127, which rounds up to 8,454,660 · 2^98. */
const LARGEST_Q8_SCALE = 8454659 * 2 ** 98;

/** Returns whether all codes are 0. */
function encodeRow(rows: Float32Array, at: number, length: number, inverse: number, codes: Int8Array): boolean {
  let any = 0;
  for (let index = at; index < at + length; index++) {
    const steps = roundHalfEven(Math.fround((rows[index] as number) * inverse));
    // biome-ignore lint/complexity/useMathMinMax: slower, for the sake of NaN and -0, in the innermost loop
    const code = steps > 127 ? 127 : steps < -127 ? -127 : steps;
    codes[index] = code;
    any |= code;
  }
  return any === 0;
}

function scaleRange(element: number, place: TilePlace): Error {
  const tensor = sanitizeText(place.tensor);
  return quantError('QUANT_RANGE', `the scale of the row at element ${element} of ${tensor} is beyond f16`, {
    tensor,
    element,
  });
}

/** Decodes rows; `codes` and the scales begin with the first of them. */
export function decodeQ8(
  codes: Int8Array,
  scales: Uint8Array,
  firstRow: number,
  rowElements: number,
  scaleType: ScaleType,
  target: Float32Array,
): void {
  const view = scaleView(scales);
  for (let at = 0, row = firstRow; at < target.length; at += rowElements, row++) {
    const scale = readScale(view, row, scaleType);
    for (let index = at; index < at + rowElements; index++) target[index] = (codes[index] as number) * scale;
  }
}
