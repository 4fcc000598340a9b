/** What the gate can find: every rule with its identity, its class, and what to do. */
import { TEMPLATE_ERRORS } from '@mirust/chat-template';
import { CHECKPOINT_ERRORS, CHECKPOINT_WARNINGS } from '@mirust/checkpoint';
import { CORE_ERRORS, type ErrorClass, type ErrorTable, JSON_ERRORS } from '@mirust/core';
import { GGUF_ERRORS, GGUF_WARNINGS } from '@mirust/gguf';
import { INTEGRITY_ERRORS } from '@mirust/integrity';
import { MODEL_ERRORS } from '@mirust/model';
import { PROVENANCE_ERRORS } from '@mirust/provenance/errors';
import { QUANT_ERRORS } from '@mirust/quant';
import { SAFETENSORS_ERRORS, SAFETENSORS_WARNINGS } from '@mirust/safetensors';
import { SLM_ERRORS } from '@mirust/slm';
import { TOKENIZER_ERRORS, TOKENIZER_WARNINGS } from '@mirust/tokenizer';
import { ADMISSION_ERRORS, ADMISSION_WARNINGS } from '../errors.ts';
import { POLICY_ERRORS } from '../policy/errors.ts';
import { RULE_IDS } from './rule-ids.ts';
import { type RuleSeverity, severityOf } from './severity.ts';

/** A rule. */
export interface Rule {
  /** `MR-S001` */
  readonly id: string;
  /** The code of the error or warning. */
  readonly code: string;
  readonly class: ErrorClass;
  /** Of its findings, unless a policy says otherwise. */
  readonly severity: RuleSeverity;
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
  ...TEMPLATE_ERRORS,
  ...PROVENANCE_ERRORS,
  ...ADMISSION_ERRORS,
  ...POLICY_ERRORS,
};

const { ADMISSION_FINDINGS_OMITTED, ADMISSION_SAMPLED } = ADMISSION_WARNINGS;

/** Remarks of readers: what they speak of is the class that findings have. */
const WARNINGS: readonly (readonly [ErrorClass, Readonly<Record<string, string>>])[] = [
  ['structure', { ...GGUF_WARNINGS, ...SAFETENSORS_WARNINGS }],
  ['tokenizer', TOKENIZER_WARNINGS],
  ['contract', { ...CHECKPOINT_WARNINGS, ADMISSION_FINDINGS_OMITTED }],
  ['weights', { ADMISSION_SAMPLED }],
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

/** By identity and by code. */
const RULES: ReadonlyMap<string, Rule> = new Map(
  allRules().flatMap((rule) => [
    [rule.id, rule],
    [rule.code, rule],
  ]),
);

/** The rule of an identity or a code, in any case of letters; undefined for others. */
export function findRule(name: string): Rule | undefined {
  return RULES.get(name.toUpperCase());
}

/** Classes of what the runtime refuses, too. */
const FIXED_CLASSES: ReadonlySet<ErrorClass> = new Set([
  'structure',
  'integrity',
  'contract',
  'tokenizer',
  'unsupported',
  'resource',
  'io',
]);

/**
 * Whether no policy can make findings of a rule lighter: a file that breaks it cannot be loaded, or could not be looked at.
 * What the gate itself finds and the runtime does not mind is open to the judgement of its user.
 */
export function isFixed({ code, class: kind, severity }: Rule): boolean {
  if (severity === 'warning' || !FIXED_CLASSES.has(kind)) return false;
  return code === 'ADMISSION_DTYPE' || !/^(ADMISSION|POLICY)_/.test(code);
}
