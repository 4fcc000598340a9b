/** Demands of a policy that a model does not meet. */
import type { AdmissionFinding } from '@mirust/schemas';
import { findingOf } from '../verdict.ts';
import { type PolicyErrorCode, policyError } from './errors.ts';

/** The finding that a demand is not met. */
export function unmet(code: PolicyErrorCode, message: string, tensor?: string): AdmissionFinding {
  return findingOf(policyError(code, message, tensor === undefined ? {} : { tensor }));
}
