/** Where a model says that it comes from, held against a policy. */
import type { Checkpoint, CheckpointFacts } from '@mirust/checkpoint';
import { sanitizeText } from '@mirust/core';
import type { AdmissionFinding } from '@mirust/schemas';
import type { PolicyErrorCode } from './policy/errors.ts';
import type { Policy } from './policy/policy.ts';
import { unmet } from './policy/unmet.ts';

/** Whether a policy demands anything of this kind. */
export function demandsProvenance({ licenses, provenance }: Policy): boolean {
  return licenses !== undefined || provenance !== undefined;
}

/** Findings about licence, base model, sources and recipe. */
export function checkProvenance({ facts, format }: Checkpoint, policy: Policy): AdmissionFinding[] {
  const { licenses, provenance: { require: required = [], baseModels, sourceDigests } = {} } = policy;
  const missing = required.filter((name) => !isNamed(name, facts, format));
  return [
    ...missing.map((name) => unmet('POLICY_PROVENANCE', `the model does not name its ${WORDS[name]}`)),
    ...named('POLICY_LICENSE', 'licence', facts.license, licenses),
    ...named('POLICY_BASE_MODEL', 'base model', facts.baseModel, baseModels),
    ...sources(facts, sourceDigests),
  ];
}

type Fact = NonNullable<NonNullable<Policy['provenance']>['require']>[number];

const WORDS: Readonly<Record<Fact, string>> = {
  license: 'licence',
  baseModel: 'base model',
  sources: 'sources',
  recipe: 'recipe',
};

function isNamed(name: Fact, facts: CheckpointFacts, format: Checkpoint['format']): boolean {
  // An SLM2 cannot be without a recipe, and nothing else has one.
  if (name === 'recipe') return format === 'slm2';
  if (name === 'sources') return (facts.sources ?? []).length > 0;
  return facts[name] !== undefined;
}

/** Licences and models go by names that people write: in any case of letters. */
function named(
  code: PolicyErrorCode,
  what: string,
  actual: string | undefined,
  names: readonly string[] | undefined,
): AdmissionFinding[] {
  if (names === undefined) return [];
  const wanted = names.map((name) => name.toLowerCase());
  if (actual !== undefined && wanted.includes(actual.toLowerCase())) return [];
  const says = actual === undefined ? `the model names no ${what}` : `its ${what} is ${sanitizeText(actual)}`;
  return [unmet(code, `${says}, allowed are ${names.slice(0, MAX_NAMES_SHOWN).join(', ')}`)];
}

/** Names of a policy that a message repeats. */
const MAX_NAMES_SHOWN = 10;

function sources({ sources: own = [] }: CheckpointFacts, digests: readonly string[] | undefined): AdmissionFinding[] {
  if (digests === undefined) return [];
  if (own.length === 0) return [unmet('POLICY_SOURCES', 'the model does not say what it was packed from')];
  const strangers = own.filter(({ sha256 }) => !digests.includes(sha256));
  const [first] = strangers;
  if (first === undefined) return [];
  const more = strangers.length === 1 ? '' : `, and ${strangers.length - 1} more are not, either`;
  return [unmet('POLICY_SOURCES', `its source ${sanitizeText(first.name)} is not among those of the policy${more}`)];
}
