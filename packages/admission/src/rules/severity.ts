/** How heavily rules weigh, unless a policy says otherwise. */
import type { ErrorClass } from '@mirust/core';

/** What a rule's findings count for of themselves. */
export type RuleSeverity = 'error' | 'warning' | 'undetermined';

/** Findings of these are warnings although something is wrong: files in use have them. */
const MILD: ReadonlySet<string> = new Set([
  'ADMISSION_ROUND_TRIP',
  'ADMISSION_WEIGHT_ZERO',
  'ADMISSION_WEIGHT_CONSTANT',
  'ADMISSION_WEIGHT_SCALE',
  'ADMISSION_UNSAFE_NEIGHBOUR',
]);

/** What was not looked at. */
const OPEN: ReadonlySet<string> = new Set(['ADMISSION_NOT_SCANNED', 'POLICY_NOT_RUN']);

/**
 * How heavily an error weighs. A disk or server that failed says nothing about the file, nor do values that nobody looked
 * at: undetermined.
 */
export function severityOf(code: string, errorClass: ErrorClass): RuleSeverity {
  if (errorClass === 'io' || OPEN.has(code)) return 'undetermined';
  return MILD.has(code) ? 'warning' : 'error';
}
