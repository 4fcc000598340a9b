/** Scales of our types: stored f32 or f16, positive and finite. */
import type { ScaleType } from '@mirust/core';
import { f16ToF32, f32ToF16, MIN_F16, roundToF16 } from './float16.ts';

/** A view for {@link readScale} and {@link writeScale}. */
export function scaleView(scales: Uint8Array): DataView {
  return new DataView(scales.buffer, scales.byteOffset, scales.byteLength);
}

/** The scale with this index. */
export function readScale(view: DataView, index: number, type: ScaleType): number {
  return type === 'f32' ? view.getFloat32(index * 4, true) : f16ToF32(view.getUint16(index * 2, true));
}

/** Stores a scale that {@link roundScale} gave. */
export function writeScale(view: DataView, index: number, type: ScaleType, scale: number): void {
  if (type === 'f32') view.setFloat32(index * 4, scale, true);
  else view.setUint16(index * 2, f32ToF16(scale), true);
}

/**
 * A wanted scale as it will be stored; codes are chosen with this value, so that they make up for its rounding. An f16
 * scale is never rounded to zero. The result is infinite where the wanted scale is beyond f16.
 */
export function roundScale(wanted: number, type: ScaleType): number {
  const scale = Math.fround(wanted);
  return type === 'f32' || scale === 0 ? scale : Math.max(roundToF16(scale), MIN_F16);
}
