/** The codes of this package: what cannot be planned although its parts are sound. */
import { type ErrorContext, MirustError } from '@mirust/core';

/** Error table of `@mirust/planner`. */
export const PLANNER_ERRORS = {
  PLAN_KV_BLOCKS: {
    class: 'unsupported',
    when: 'A cache in blocks of 32 values was asked for, and the heads of the model do not divide into them.',
    remedy: 'Plan with f16 or q8, which have no blocks.',
  },
} as const;

/** An error of this package. */
export function plannerError(
  code: keyof typeof PLANNER_ERRORS,
  message: string,
  context: ErrorContext = {},
): MirustError {
  return new MirustError(code, PLANNER_ERRORS[code], message, context);
}
