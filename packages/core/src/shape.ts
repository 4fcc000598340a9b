/** Tensor shapes: row-major, outermost dimension first, so the last dimension is the row that codecs see. */
import { checkedMul } from './checked.ts';
import { coreError, type ErrorContext } from './errors.ts';

/** Dimensions of a tensor, outermost first; a matrix is [out, in]. */
export type Shape = readonly number[];

/** No format that we read stores more dimensions. */
export const MAX_RANK = 4;

/**
 * Checks the shape of a tensor that holds weights: rank 1 to {@link MAX_RANK}, every dimension a positive integer,
 * element count within 2^53 - 1. Throws `SHAPE_INVALID` or `OVERFLOW`.
 */
export function checkShape(shape: Shape, what: string, context?: ErrorContext): void {
  if (shape.length < 1 || shape.length > MAX_RANK) {
    throw coreError('SHAPE_INVALID', `${what} has rank ${shape.length}`, {
      ...context,
      expected: `1 to ${MAX_RANK}`,
      actual: shape.length,
    });
  }
  for (const dimension of shape) {
    if (!Number.isSafeInteger(dimension) || dimension < 1) {
      throw coreError('SHAPE_INVALID', `${what} has a dimension of ${dimension}`, { ...context, actual: dimension });
    }
  }
  elementCount(shape, what, context);
}

/** Product of the dimensions (1 for rank 0); throws `OVERFLOW` above 2^53 - 1. */
export function elementCount(shape: Shape, what = 'element count', context?: ErrorContext): number {
  let count = 1;
  for (const dimension of shape) count = checkedMul(count, dimension, `${what}: element count`, context);
  return count;
}

/** The last dimension: how many values one row holds. A rank-1 tensor is one row. */
export function rowLength(shape: Shape): number {
  return shape.at(-1) ?? 1;
}

/** How many rows the tensor has: the product of all dimensions but the last. */
export function rowCount(shape: Shape): number {
  return elementCount(shape.slice(0, -1));
}

/** `[32, 64]`, for messages. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** Whether two shapes have the same dimensions. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dimension, index) => dimension === b[index]);
}
