/**
 * The two 16-bit floats.
 *
 * ```
 * f16    s eeeee mmmmmmmmmm      IEEE 754 binary16: bias 15, largest 65,504, smallest 2^-24
 * bf16   s eeeeeeee mmmmmmm      the upper half of an f32
 * ```
 * Every 16-bit value is exactly an f32. The other way rounds to nearest, ties to even. These functions follow IEEE
 * 754: what is too large becomes an infinity, and NaN one quiet NaN. The tile codecs refuse both.
 */

/** Largest finite f16. */
export const MAX_F16 = 65504;

/** Smallest positive f16, a subnormal number. */
export const MIN_F16: number = 2 ** -24;

/** 2^(e - 25) for an exponent field e: what one unit of the significand is worth. Field 0 counts as 1. */
const F16_UNITS: readonly number[] = Array.from({ length: 31 }, (_, field) => 2 ** (Math.max(field, 1) - 25));

/** The value of f16 bits (0 to 65,535); exact. */
export function f16ToF32(bits: number): number {
  const field = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const magnitude =
    field === 31
      ? fraction === 0
        ? Number.POSITIVE_INFINITY
        : Number.NaN
      : (field === 0 ? fraction : fraction + 1024) * (F16_UNITS[field] as number);
  return (bits & 0x8000) === 0 ? magnitude : -magnitude;
}

// The one way to see the bits of a float. Written and read within one call: no state.
const FLOAT = new Float32Array(1);
const BITS = new Uint32Array(FLOAT.buffer);

/** The f16 bits nearest to an f32 value. */
export function f32ToF16(value: number): number {
  FLOAT[0] = value;
  const bits = BITS[0] as number;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return 0x7e00;
  // From 65,520, half-way between the largest f16 and the next step, on.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  // Below 2^-14 results are multiples of 2^-24: one rounding of the value in those units.
  if (magnitude < 0x38800000) return sign | roundHalfEven(Math.abs(FLOAT[0] as number) * 2 ** 24);
  // 13 bits go. Half an even step is added; a carry moves into the exponent, as it should.
  return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
}

/** The value of bf16 bits (0 to 65,535); exact. */
export function bf16ToF32(bits: number): number {
  BITS[0] = bits << 16;
  return FLOAT[0] as number;
}

/** The bf16 bits nearest to an f32 value. */
export function f32ToBf16(value: number): number {
  FLOAT[0] = value;
  const bits = BITS[0] as number;
  if ((bits & 0x7fffffff) > 0x7f800000) return 0x7fc0;
  return (bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16;
}

/** The f16 value nearest to an f32 value. */
export function roundToF16(value: number): number {
  return f16ToF32(f32ToF16(value));
}

/** Rounds a number below 2^51 in magnitude to the nearest integer, ties to even: there, doubles have no fraction. */
export function roundHalfEven(value: number): number {
  return value + ROUNDER - ROUNDER;
}

/** 1.5 · 2^52: sums near it have a unit in the last place of 1, and keep it for small negative values. */
const ROUNDER = 6755399441055744;
