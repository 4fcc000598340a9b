/** The types of the scales that `q8` and `q4` keep beside their codes. */

/** Type of the scales of `q8` and `q4`. */
export type ScaleType = 'f32' | 'f16';

/** Bytes of one scale. */
export function scaleByteLength(scaleType: ScaleType): number {
  return scaleType === 'f32' ? 4 : 2;
}
