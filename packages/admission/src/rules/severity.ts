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
  'TEMPLATE_PROBE',
  'TEMPLATE_TURN_DROPPED',
  'TEMPLATE_NOT_DETERMINISTIC',
  'TEMPLATE_LARGE_LITERAL',
  'TEMPLATE_ACTIVE_TEXT',
  'TEMPLATE_INVISIBLE_TEXT',
  'TEMPLATE_CONDITION',
  'TEMPLATE_MARKER',
]);

/** What was not looked at. */
const OPEN: ReadonlySet<string> = new Set([
  'ADMISSION_NOT_SCANNED',
  'POLICY_NOT_RUN',
  'TEMPLATE_UNSUPPORTED',
  'TEMPLATE_TIME',
  'TEMPLATE_SANDBOX',
]);

/**
 * How heavily an error weighs. A disk or server that failed says nothing about the file, nor do values that nobody looked
 * at or a template that could not be rendered here: undetermined.
 */
export function severityOf(code: string, errorClass: ErrorClass): RuleSeverity {
  if (errorClass === 'io' || OPEN.has(code)) return 'undetermined';
  return MILD.has(code) ? 'warning' : 'error';
}
