/** What a policy demands of the file itself: its format, what is in it, how large it is, which one it is. */
import type { Checkpoint } from '@mirust/checkpoint';
import { formatBytes, isMirustError, type ReadOptions, sanitizeText } from '@mirust/core';
import { parameterCount } from '@mirust/model';
import { planInputOf, planMemory } from '@mirust/planner';
import type { AdmissionFinding } from '@mirust/schemas';
import type { PolicyErrorCode } from './policy/errors.ts';
import type { Policy } from './policy/policy.ts';
import { unmet } from './policy/unmet.ts';

/** SHA-256, hex, of the files that a checkpoint was read from, by name. */
export type FileDigests = (options?: ReadOptions) => Promise<ReadonlyMap<string, string>>;

/** Findings about the demands of a policy. `digestsOf` is asked only where the policy names digests of files. */
export async function checkPolicy(
  checkpoint: Checkpoint,
  policy: Policy,
  digestsOf: FileDigests | undefined,
  options?: ReadOptions,
): Promise<AdmissionFinding[]> {
  return [
    ...allowed('POLICY_FORMAT', policy.formats, checkpoint.format, 'the format is'),
    ...allowed('POLICY_ARCHITECTURE', policy.architectures, checkpoint.model.architecture, 'the architecture is'),
    ...storageTypes(checkpoint, policy),
    ...size(checkpoint, policy),
    ...memory(checkpoint, policy),
    ...(await digests(checkpoint, policy, digestsOf, options)),
  ];
}

function allowed(
  code: PolicyErrorCode,
  names: readonly string[] | undefined,
  actual: string,
  what: string,
): AdmissionFinding[] {
  if (names === undefined || names.includes(actual)) return [];
  return [unmet(code, `${what} ${sanitizeText(actual)}, allowed are ${names.join(', ')}`)];
}

/** One finding for each type, with the first of its tensors. */
function storageTypes({ tensors }: Checkpoint, { dtypes }: Policy): AdmissionFinding[] {
  if (dtypes === undefined) return [];
  const others = new Map<string, { readonly first: string; count: number }>();
  for (const { name, encoding } of tensors.values()) {
    const { dtype } = encoding;
    if (dtypes.includes(dtype)) continue;
    const known = others.get(dtype);
    if (known === undefined) others.set(dtype, { first: name, count: 1 });
    else known.count++;
  }
  return [...others].map(([dtype, { first, count }]) => {
    const where = count === 1 ? `tensor ${first} is` : `${count} tensors, the first ${first}, are`;
    return unmet('POLICY_DTYPE', `${where} stored as ${dtype}, allowed are ${dtypes.join(', ')}`, first);
  });
}

function size({ files, model }: Checkpoint, { maxFileBytes, maxParameters }: Policy): AdmissionFinding[] {
  const found: AdmissionFinding[] = [];
  const bytes = files.reduce((sum, { source }) => sum + source.byteLength, 0);
  if (maxFileBytes !== undefined && bytes > maxFileBytes) {
    const message = `its files have ${formatBytes(bytes)}, allowed are ${formatBytes(maxFileBytes)}`;
    found.push(unmet('POLICY_SIZE', message));
  }
  const parameters = parameterCount(model.contract);
  if (maxParameters !== undefined && parameters > maxParameters) {
    const [actual, most] = [parameters, maxParameters].map((count) => count.toLocaleString('en-US'));
    found.push(unmet('POLICY_SIZE', `it has ${actual} parameters, allowed are ${most}`));
  }
  return found;
}

function memory(checkpoint: Checkpoint, { memory: demand }: Policy): AdmissionFinding[] {
  if (demand === undefined) return [];
  const { budgetBytes, kvCache, context, ...request } = demand;
  const { maxContext } = checkpoint.model.hyperparameters;
  const options = {
    ...request,
    ...(context === undefined ? {} : { context: Math.min(context, maxContext) }),
    ...(kvCache === undefined ? {} : { kvType: kvCache }),
  };
  try {
    const { totalBytes, options: planned } = planMemory(planInputOf(checkpoint), options);
    if (totalBytes <= budgetBytes) return [];
    const needs = `it needs ${formatBytes(totalBytes)} for ${planned.context.toLocaleString('en-US')} positions`;
    return [unmet('POLICY_MEMORY', `${needs}, allowed are ${formatBytes(budgetBytes)}`)];
  } catch (error) {
    // A plan that cannot be made is none that fits.
    if (!isMirustError(error)) throw error;
    return [unmet('POLICY_MEMORY', error.message)];
  }
}

async function digests(
  { rootDigest, format }: Checkpoint,
  { rootDigests, fileDigests }: Policy,
  digestsOf: FileDigests | undefined,
  options: ReadOptions | undefined,
): Promise<AdmissionFinding[]> {
  if (rootDigests === undefined && fileDigests === undefined) return [];
  if (rootDigest !== undefined && rootDigests?.includes(rootDigest) === true) return [];
  if (fileDigests === undefined) {
    const has = rootDigest === undefined ? `${format} has no root digest` : `its root digest is ${rootDigest}`;
    return [unmet('POLICY_DIGEST', `${has}, and the policy names others`)];
  }
  if (digestsOf === undefined) return [unmet('POLICY_DIGEST', 'the digests of its files are not known')];
  const strangers = [...(await digestsOf(options))].filter(([, digest]) => !fileDigests.includes(digest));
  return strangers.slice(0, MAX_FILES_SHOWN).map(([name, digest]) => {
    return unmet('POLICY_DIGEST', `${sanitizeText(name)} has the SHA-256 ${digest}, and the policy names others`);
  });
}

/** Files of a directory that are named: a sharded checkpoint has hundreds. */
const MAX_FILES_SHOWN = 20;
