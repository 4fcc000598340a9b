/** The codes of this package: every way in which an SLM1 or SLM2 container can be wrong. */
import { type ErrorContext, MirustError } from '@mirust/core';
import { SLM1_ERRORS } from './slm1/errors.ts';
import { SLM2_ERRORS } from './slm2/errors.ts';

/** The codes of both containers. */
export const SLM_ERRORS: typeof SLM1_ERRORS & typeof SLM2_ERRORS = { ...SLM1_ERRORS, ...SLM2_ERRORS };

/** A code of {@link SLM_ERRORS}. */
export type SlmErrorCode = keyof typeof SLM_ERRORS;

/** Makes an error of this package's table. */
export function slmError(code: SlmErrorCode, message: string, context?: ErrorContext): MirustError {
  return new MirustError(code, SLM_ERRORS[code], message, context);
}
