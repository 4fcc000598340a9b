/** Findings and the verdict that follows from them. */
import { type ErrorClass, type MirustError, sanitizeText, type Warning } from '@mirust/core';
import type { AdmissionFinding, AdmissionReport } from '@mirust/schemas';
import { RULE_IDS } from './rules/rule-ids.ts';

export type { AdmissionFinding, AdmissionReport } from '@mirust/schemas';

/** The three verdicts. Undetermined never counts as admitted. */
export type Verdict = AdmissionReport['verdict'];

/** Longest message in a report. */
const MAX_MESSAGE_CHARACTERS = 300;

/**
 * The verdict: any error rejects, otherwise anything that could not be checked leaves it undetermined; warnings change
 * nothing.
 */
export function verdictOf(findings: readonly Pick<AdmissionFinding, 'severity'>[]): Verdict {
  if (findings.some(({ severity }) => severity === 'error')) return 'rejected';
  return findings.some(({ severity }) => severity === 'undetermined') ? 'undetermined' : 'admitted';
}

/** Findings of these are warnings although something is wrong: files in use have them. */
const MILD: ReadonlySet<string> = new Set([
  'ADMISSION_ROUND_TRIP',
  'ADMISSION_WEIGHT_ZERO',
  'ADMISSION_WEIGHT_CONSTANT',
  'TEMPLATE_PROBE',
  'TEMPLATE_TURN_DROPPED',
  'TEMPLATE_NOT_DETERMINISTIC',
  'TEMPLATE_LARGE_LITERAL',
  'TEMPLATE_ACTIVE_TEXT',
  'TEMPLATE_INVISIBLE_TEXT',
  'TEMPLATE_CONDITION',
  'TEMPLATE_MARKER',
]);

/** Findings of these say that something was not looked at. */
const OPEN: ReadonlySet<string> = new Set([
  'ADMISSION_NOT_SCANNED',
  'TEMPLATE_UNSUPPORTED',
  'TEMPLATE_TIME',
  'TEMPLATE_SANDBOX',
]);

/**
 * How heavily an error weighs. A disk or server that failed says nothing about the file, nor do values that nobody looked
 * at or a template that could not be rendered here: undetermined.
 */
export function severityOf(code: string, errorClass: ErrorClass): AdmissionFinding['severity'] {
  if (errorClass === 'io' || OPEN.has(code)) return 'undetermined';
  return MILD.has(code) ? 'warning' : 'error';
}

/** The finding of an error. */
export function findingOf(error: MirustError): AdmissionFinding {
  const { offset, tensor } = error.context;
  return {
    rule: error.code,
    ...idField(error.code),
    class: error.class,
    severity: severityOf(error.code, error.class),
    message: sanitizeText(error.message, MAX_MESSAGE_CHARACTERS),
    remedy: error.remedy,
    ...offsetField(offset),
    ...(tensor === undefined ? {} : { tensor: sanitizeText(tensor) }),
  };
}

/** A finding that does not reject. */
export function warningOf(errorClass: ErrorClass, warning: Warning): AdmissionFinding {
  return {
    rule: warning.code,
    ...idField(warning.code),
    class: errorClass,
    severity: 'warning',
    message: sanitizeText(warning.message, MAX_MESSAGE_CHARACTERS),
    ...offsetField(warning.offset),
    ...(warning.tensor === undefined ? {} : { tensor: sanitizeText(warning.tensor) }),
  };
}

function idField(code: string): { id?: string } {
  const id = RULE_IDS[code];
  return id === undefined ? {} : { id };
}

function offsetField(offset: number | bigint | undefined): { offset?: number } {
  if (offset === undefined) return {};
  const value = Number(offset);
  return Number.isSafeInteger(value) ? { offset: value } : {};
}
