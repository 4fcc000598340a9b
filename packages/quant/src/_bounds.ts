/**
 * How far a decoded value may lie from its original, per type. The bound is what rounding to the nearest value can
 * cost, widened by what f32 arithmetic on the way can: a codec that passes it has a bug.
 *
 * ```
 * f32    0
 * f16    |x| · 2^-11, at least 2^-25 (half of the smallest f16)
 * bf16   |x| · 2^-8, at least 2^-134
 * q8     scale / 2 · (1 + 2^-14)     127 steps, each with a relative error of about 3 · 2^-24
 * q4     scale / 2 · (1 + 2^-18)     the same with 8 steps, unless x lies beyond the outermost code's half step and is
 *                                    clamped: then it decodes to that code, 7 or -8
 * ```
 */
import type { DTypeName } from '@mirust/core';

const Q8_SLACK = 1 + 2 ** -14;
const Q4_SLACK = 1 + 2 ** -18;

/** The bound for a value of a plain float type. */
export function floatBound(dtype: DTypeName, original: number): number {
  if (dtype === 'f16') return Math.max(Math.abs(original) * 2 ** -11, 2 ** -25);
  if (dtype === 'bf16') return Math.max(Math.abs(original) * 2 ** -8, 2 ** -134);
  return 0;
}

/** The bound for a value of a q8 row. */
export function q8Bound(scale: number): number {
  return (scale / 2) * Q8_SLACK;
}

/** The bound for a value of a q4 block that is not clamped. */
export function q4Bound(scale: number): number {
  return (scale / 2) * Q4_SLACK;
}

/** Whether an original lies beyond the outermost code's half step and decodes to that code, as it has to. */
export function isClamped(original: number, decoded: number, scale: number): boolean {
  return original > 0
    ? original > 7.5 * scale && decoded === Math.fround(7 * scale)
    : original < -8.5 * scale && decoded === Math.fround(-8 * scale);
}
