/** What the inverse questions are asked of: a total for any input and options, and what the weights could become. */
import { isMirustError } from '@mirust/core';
import type { PlanInput } from '../input.ts';
import type { PlanOptions } from '../options.ts';

/** A way to store the weights. */
export interface QuantizationChoice {
  /** As `--quant` takes it. */
  readonly name: string;
  readonly input: PlanInput;
  /** Payload and scales of all weights. */
  readonly weightBytes: number;
  readonly bitsPerWeight: number;
}

/** A plan under a budget, as the questions need it. */
export interface BudgetQuestion {
  readonly input: PlanInput;
  /** With a budget. */
  readonly options: PlanOptions & { readonly budgetBytes: number };
  /** From the most bits to the fewest; the input's own storage is not among them. */
  readonly quantizations: readonly QuantizationChoice[];
  /** The total that is held against the budget: the model's memory, or the whole process. */
  totalOf(input: PlanInput, options: PlanOptions): number;
}

/**
 * The total, or undefined where it does not fit or what is asked for cannot be planned: a context that is too long, blocks that
 * do not divide the heads. Mistakes in this code are thrown.
 */
export function fittingTotal(
  { input, options, totalOf }: BudgetQuestion,
  change: Partial<PlanOptions> = {},
  changed: PlanInput = input,
): number | undefined {
  try {
    const total = totalOf(changed, { ...options, ...change });
    return total <= options.budgetBytes ? total : undefined;
  } catch (error) {
    if (isMirustError(error)) return undefined;
    throw error;
  }
}

/** The largest value from 1 to `most` that fits; totals never fall as the value rises. Undefined where not even 1 does. */
export function largestFitting(
  most: number,
  totalAt: (value: number) => number | undefined,
): { readonly value: number; readonly totalBytes: number } | undefined {
  let found: { readonly value: number; readonly totalBytes: number } | undefined;
  let low = 1;
  let high = most;
  while (low <= high) {
    const value = low + Math.floor((high - low) / 2);
    const totalBytes = totalAt(value);
    if (totalBytes === undefined) high = value - 1;
    else {
      found = { value, totalBytes };
      low = value + 1;
    }
  }
  return found;
}
