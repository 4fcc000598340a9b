/** What the gate can find: every rule with its identity, its class, and what to do. */
import { CHECKPOINT_ERRORS, CHECKPOINT_WARNINGS } from '@mirust/checkpoint';
import { CORE_ERRORS, type ErrorClass, type ErrorTable, JSON_ERRORS } from '@mirust/core';
import { GGUF_ERRORS, GGUF_WARNINGS } from '@mirust/gguf';
import { INTEGRITY_ERRORS } from '@mirust/integrity';
import { MODEL_ERRORS } from '@mirust/model';
import { PROVENANCE_ERRORS } from '@mirust/provenance';
import { QUANT_ERRORS } from '@mirust/quant';
import { SAFETENSORS_ERRORS, SAFETENSORS_WARNINGS } from '@mirust/safetensors';
import type { AdmissionFinding } from '@mirust/schemas';
import { SLM_ERRORS } from '@mirust/slm';
import { TOKENIZER_ERRORS, TOKENIZER_WARNINGS } from '@mirust/tokenizer';
import { ADMISSION_ERRORS, ADMISSION_WARNINGS } from '../errors.ts';
import { severityOf } from '../verdict.ts';
import { RULE_IDS } from './rule-ids.ts';

/** A rule. */
export interface Rule {
  /** `MR-S001` */
  readonly id: string;
  /** The code of the error or warning. */
  readonly code: string;
  readonly class: ErrorClass;
  /** Of its findings. */
  readonly severity: AdmissionFinding['severity'];
  /** One sentence: when it is broken. */
  readonly when: string;
  /** What to do; absent for what may be ignored. */
  readonly remedy?: string;
}

const ERRORS: ErrorTable = {
  ...CORE_ERRORS,
  ...JSON_ERRORS,
  ...GGUF_ERRORS,
  ...SAFETENSORS_ERRORS,
  ...SLM_ERRORS,
  ...CHECKPOINT_ERRORS,
  ...INTEGRITY_ERRORS,
  ...MODEL_ERRORS,
  ...QUANT_ERRORS,
  ...TOKENIZER_ERRORS,
  ...PROVENANCE_ERRORS,
  ...ADMISSION_ERRORS,
};

/** Remarks of readers: what they speak of is the class that findings have. */
const WARNINGS: readonly (readonly [ErrorClass, Readonly<Record<string, string>>])[] = [
  ['structure', { ...GGUF_WARNINGS, ...SAFETENSORS_WARNINGS, ...CHECKPOINT_WARNINGS }],
  ['tokenizer', TOKENIZER_WARNINGS],
  ['contract', ADMISSION_WARNINGS],
];

/** All rules, in the order of their identities. */
export function allRules(): Rule[] {
  const rules = Object.entries(ERRORS).flatMap(([code, { class: kind, when, remedy }]): Rule[] => {
    const id = RULE_IDS[code];
    const severity = severityOf(code, kind);
    return id === undefined ? [] : [{ id, code, class: kind, severity, when, remedy }];
  });
  const remarks = WARNINGS.flatMap(([kind, table]) =>
    Object.entries(table).map(
      ([code, when]): Rule => ({ id: RULE_IDS[code] ?? '', code, class: kind, severity: 'warning', when }),
    ),
  );
  return [...rules, ...remarks].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** The rule of an identity or a code, in any case of letters; undefined for others. */
export function findRule(name: string): Rule | undefined {
  const wanted = name.toUpperCase();
  return allRules().find(({ id, code }) => id === wanted || code === wanted);
}
