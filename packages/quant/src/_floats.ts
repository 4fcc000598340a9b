/** The plain floats: f32 as it is, f16 and bf16 rounded to nearest, ties to even. */
import { sanitizeText } from '@mirust/core';
import { elementIndex, largestMagnitude } from './_finite.ts';
import { quantError } from './errors.ts';
import { f16ToF32, f32ToBf16, f32ToF16 } from './float16.ts';
import type { TilePlace } from './stored-tensor.ts';

const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** Bits of the exponent, all set in what is infinite. */
const INFINITE = { f16: 0x7c00, bf16: 0x7f80 } as const;

/** Encodes f32 values as they are. */
export function encodeF32(rows: Float32Array, rowElements: number, place: TilePlace, payload: Uint8Array): void {
  largestMagnitude(rows, 0, rows.length, rowElements, place);
  payload.set(new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength));
  if (!IS_LITTLE_ENDIAN) swapWords(payload);
}

/** Decodes f32 values at any alignment. */
export function decodeF32(payload: Uint8Array, target: Float32Array): void {
  const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength);
  bytes.set(payload.subarray(0, bytes.byteLength));
  if (!IS_LITTLE_ENDIAN) swapWords(bytes);
}

function swapWords(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.byteLength; at += 4) bytes.subarray(at, at + 4).reverse();
}

/** Encodes f16 or bf16. A finite value beyond their range throws `QUANT_RANGE`: never a silent infinity. */
export function encode16(
  type: 'f16' | 'bf16',
  rows: Float32Array,
  rowElements: number,
  place: TilePlace,
  payload: Uint8Array,
): void {
  largestMagnitude(rows, 0, rows.length, rowElements, place);
  const infinite = INFINITE[type];
  const toBits = type === 'f16' ? f32ToF16 : f32ToBf16;
  for (let index = 0; index < rows.length; index++) {
    const bits = toBits(rows[index] as number);
    if ((bits & infinite) === infinite) throw outOfRange(type, rows[index] as number, index, rowElements, place);
    payload[index * 2] = bits;
    payload[index * 2 + 1] = bits >> 8;
  }
}

function outOfRange(type: string, value: number, index: number, rowElements: number, place: TilePlace): Error {
  const tensor = sanitizeText(place.tensor);
  const element = elementIndex(index, rowElements, place);
  return quantError('QUANT_RANGE', `element ${element} of ${tensor} is ${value}, beyond the range of ${type}`, {
    tensor,
    element,
    actual: String(value),
  });
}

/** Decodes f16. All but the numbers below 2^-14, infinities and NaN have their f32 bits 13 places further left. */
export function decodeF16(payload: Uint8Array, target: Float32Array): void {
  const words = new Uint32Array(target.buffer, target.byteOffset, target.length);
  for (let index = 0; index < target.length; index++) {
    const bits = (payload[index * 2] as number) | ((payload[index * 2 + 1] as number) << 8);
    const field = bits & 0x7c00;
    if (field === 0 || field === 0x7c00) target[index] = f16ToF32(bits);
    else words[index] = ((bits & 0x8000) << 16) | (((bits & 0x7fff) << 13) + ((127 - 15) << 23));
  }
}

/** Decodes bf16, whose bits are the upper half of an f32's. */
export function decodeBf16(payload: Uint8Array, target: Float32Array): void {
  const words = new Uint32Array(target.buffer, target.byteOffset, target.length);
  for (let index = 0; index < target.length; index++) {
    words[index] = ((payload[index * 2] as number) << 16) | ((payload[index * 2 + 1] as number) << 24);
  }
}
