/**
 * Arithmetic on values that came from a file. JavaScript numbers are exact up to 2^53 - 1 and silently wrong above;
 * 32-bit operators wrap. So every sum and product of file values goes through these functions, and a u64 stays a
 * bigint until it is proven safe.
 */
import { coreError, type ErrorContext } from './errors.ts';

/** Narrows a u64 from a file to a number; throws `OVERFLOW` above 2^53 - 1. */
export function toSafeNumber(value: bigint, what: string, context?: ErrorContext): number {
  if (value < 0n || value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw coreError('OVERFLOW', `${what} is ${value}, which passes 2^53 - 1`, { ...context, actual: value });
  }
  return Number(value);
}

/** a + b for non-negative safe integers; throws `OVERFLOW` above 2^53 - 1. */
export function checkedAdd(a: number, b: number, what: string, context?: ErrorContext): number {
  const sum = a + b;
  if (!Number.isSafeInteger(sum)) throw coreError('OVERFLOW', `${what}: ${a} + ${b} passes 2^53 - 1`, context);
  return sum;
}

/** a * b for non-negative safe integers; throws `OVERFLOW` above 2^53 - 1. */
export function checkedMul(a: number, b: number, what: string, context?: ErrorContext): number {
  const product = a * b;
  if (!Number.isSafeInteger(product)) throw coreError('OVERFLOW', `${what}: ${a} * ${b} passes 2^53 - 1`, context);
  return product;
}

/**
 * The smallest multiple of `alignment` that is >= `value`.
 * Throws RangeError unless `alignment` is a power of two up to 2^30 (0, 3 and 2^31 have all been seen in the wild,
 * each a different overlap), and `OVERFLOW` where the result passes 2^53 - 1.
 */
export function alignUp(value: number, alignment: number, what = 'aligned offset'): number {
  if (!isAlignment(alignment)) throw new RangeError(`alignment must be a power of two up to 2^30, got ${alignment}`);
  const remainder = value % alignment;
  return remainder === 0 ? value : checkedAdd(value, alignment - remainder, what);
}

/** Whether a value may be used as an alignment: a power of two from 1 to 2^30. */
export function isAlignment(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 2 ** 30 && (value & (value - 1)) === 0;
}
