/** The gate at one path: what the main thread and every worker do. */
import { type AdmissionReport, type AdmitOptions, admit, findingOf, type Policy } from '@mirust/admission';
import { openPath } from '@mirust/checkpoint/node';
import { isMirustError, sanitizeText } from '@mirust/core';

/** What holds for all files of a run; threads are given a copy. */
export interface AdmissionSettings {
  readonly policy: Policy | undefined;
  /** Where the files lie that the policy names. */
  readonly policyFolder: string;
  /** Path of the signature; undefined: beside each model. */
  readonly signaturePath: string | undefined;
  /** By file, as an earlier report names it. */
  readonly baseline: ReadonlyMap<string, AdmissionReport>;
  readonly now: Date;
}

/** Admits what is at a path. A path that cannot be opened is a finding like any other. */
export async function admitPath(
  path: string,
  { policy, policyFolder, signaturePath, baseline, now }: AdmissionSettings,
  options: AdmitOptions & { readonly signal: AbortSignal },
): Promise<AdmissionReport> {
  const file = sanitizeText(path, MAX_PATH_CHARACTERS);
  try {
    // What runs models and reads signatures is loaded only where it is wanted.
    const runner =
      policy?.behaviour === undefined
        ? undefined
        : (await import('./runner.ts')).createRunner(policyFolder, options.signal);
    const signature =
      policy?.signatures === undefined
        ? undefined
        : await (await import('./signature-bytes.ts')).readSignature(path, signaturePath);
    const known = { policy, runner, signature, now, baseline: baseline.get(file) };
    return await admit(await openPath(path), { ...options, ...known });
  } catch (error) {
    if (!isMirustError(error)) throw error;
    const artifact = { format: 'unknown' };
    return { version: 1, file, verdict: 'undetermined', findings: [findingOf(error)], artifact, checks: [] };
  }
}

/** Longest path that the system opens. */
const MAX_PATH_CHARACTERS = 4096;
