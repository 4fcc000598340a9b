/** Findings and the verdict that follows from them. */
import { type ErrorClass, type MirustError, sanitizeText, type Warning } from '@mirust/core';
import type { AdmissionFinding, AdmissionReport } from '@mirust/schemas';
import { RULE_IDS } from './rules/rule-ids.ts';
import { findRule } from './rules/rules.ts';
import { severityOf } from './rules/severity.ts';

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

/** Whether a finding keeps a file from being admitted. */
export function isSevere({ severity }: Pick<AdmissionFinding, 'severity'>): boolean {
  return severity === 'error' || severity === 'undetermined';
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

/** The finding of what a reader noticed, in the class that its rule has. */
export function readerWarning(warning: Warning): AdmissionFinding {
  return warningOf(findRule(warning.code)?.class ?? 'structure', warning);
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
