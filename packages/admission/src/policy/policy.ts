/**
 * What a team demands of the models that it uses: a document, `schemas/admission-policy.schema.json`, read and checked, with
 * its preset worked in and its texts made into what the checks need.
 */
import { isMirustError, parseBytes, parseStrictJson, sanitizeText } from '@mirust/core';
import { type AdmissionPolicy, type PolicySuppression, validateAdmissionPolicy } from '@mirust/schemas';
import stripJsonComments from 'strip-json-comments';
import { findRule, isFixed, type Rule } from '../rules/rules.ts';
import { policyError } from './errors.ts';
import { PRESETS } from './presets.ts';

/** A policy as the checks use it: complete, consistent, sizes in bytes, rules by code. */
export interface Policy
  extends Omit<AdmissionPolicy, 'extends' | 'maxFileBytes' | 'memory' | 'severities' | 'suppressions'> {
  readonly maxFileBytes?: number;
  readonly memory?: Omit<NonNullable<AdmissionPolicy['memory']>, 'budget'> & { readonly budgetBytes: number };
  /** By code. */
  readonly severities: ReadonlyMap<string, 'error' | 'warning'>;
  readonly suppressions: readonly Suppression[];
}

/** A suppression, its rule by code. */
export interface Suppression extends PolicySuppression {
  /** The first moment at which it does not count any more. */
  readonly endsAt: Date;
}

/** A policy that demands nothing. */
export const NO_POLICY: Policy = { version: 1, severities: new Map(), suppressions: [] };

/** Longest text of a policy: it may list some ten thousand digests. */
const MAX_POLICY_BYTES = 16 * 2 ** 20;

/**
 * Reads a policy. Comments and trailing commas are allowed, since people write it; everything else is strict JSON. Throws
 * `POLICY_SYNTAX` for what is no JSON, `POLICY_INVALID` for what the schema or the sense of it forbids, with the place.
 */
export function parsePolicy(text: string): Policy {
  // Comments become blanks, so that offsets stay.
  const json = stripJsonComments(text, { trailingCommas: true });
  try {
    parseStrictJson(json, { what: 'the policy', maxBytes: MAX_POLICY_BYTES });
  } catch (error) {
    if (!isMirustError(error)) throw error;
    const { offset } = error;
    throw policyError('POLICY_SYNTAX', error.message, { cause: error, ...(offset === undefined ? {} : { offset }) });
  }
  // The strict reader has vouched for the text; the platform's makes the plain objects that the validator needs.
  return createPolicy(JSON.parse(json));
}

/** Makes a policy of a document that is parsed already. Throws `POLICY_INVALID`. */
export function createPolicy(document: unknown): Policy {
  const result = validateAdmissionPolicy(document);
  if (!result.ok) {
    const { path, message } = result.errors[0] ?? { path: '', message: 'is wrong' };
    throw invalid(path, message);
  }
  const own = result.value;
  const base = own.extends === undefined ? undefined : PRESETS[own.extends];
  const { extends: _extends, maxFileBytes, memory, severities, suppressions, ...rest } = { ...base, ...own };
  const { budget, ...request } = memory ?? { budget: 0 };
  return {
    ...rest,
    ...(maxFileBytes === undefined ? {} : { maxFileBytes: bytesOf(maxFileBytes, '/maxFileBytes') }),
    ...(memory === undefined ? {} : { memory: { ...request, budgetBytes: bytesOf(budget, '/memory/budget') } }),
    severities: severitiesOf({ ...base?.severities, ...severities }),
    suppressions: [...(base?.suppressions ?? []), ...(own.suppressions ?? [])].map(suppressionOf),
  };
}

function bytesOf(size: number | string, path: string): number {
  if (typeof size === 'number') return size;
  try {
    return parseBytes(size);
  } catch (error) {
    throw invalid(path, (error as RangeError).message);
  }
}

function severitiesOf(severities: NonNullable<AdmissionPolicy['severities']>): Map<string, 'error' | 'warning'> {
  const found = new Map<string, 'error' | 'warning'>();
  for (const [name, severity] of Object.entries(severities)) {
    const rule = ruleOf(name, '/severities');
    if (severity === 'warning') refuseFixed(rule, '/severities', 'cannot be made a warning');
    const before = found.get(rule.code);
    if (before !== undefined && before !== severity) throw invalid('/severities', `${rule.code} stands twice`);
    found.set(rule.code, severity);
  }
  return found;
}

function suppressionOf(suppression: PolicySuppression, index: number): Suppression {
  const path = `/suppressions/${index}`;
  const rule = ruleOf(suppression.rule, path);
  refuseFixed(rule, path, 'cannot be suppressed');
  const day = new Date(`${suppression.expires}T00:00:00Z`);
  // 2027-02-30 is a date in March for some platforms.
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== suppression.expires) {
    throw invalid(`${path}/expires`, `${suppression.expires} is no date`);
  }
  return { ...suppression, rule: rule.code, endsAt: new Date(day.getTime() + 86_400_000) };
}

function ruleOf(name: string, path: string): Rule {
  const rule = findRule(name);
  if (rule === undefined) throw invalid(path, `there is no rule ${sanitizeText(name)}`);
  return rule;
}

function refuseFixed(rule: Rule, path: string, what: string): void {
  if (isFixed(rule)) throw invalid(path, `${rule.id} ${what}: a file that breaks it cannot be used`);
}

function invalid(path: string, message: string): Error {
  return policyError('POLICY_INVALID', `the policy${sanitizeText(path)}: ${sanitizeText(message, 300)}`);
}
