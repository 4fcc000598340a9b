/** The gate at one path: what the main thread and every worker do. */
import { existsSync } from 'node:fs';
import { type AdmissionReport, type AdmitOptions, admit, findingOf, type Policy } from '@mirust/admission';
import { openPath } from '@mirust/checkpoint/node';
import { isMirustError, sanitizeText } from '@mirust/core';
import { MAX_SIGNATURE_BYTES } from '@mirust/provenance';
import { signaturePathOf } from './signature-path.ts';
import { readSmall } from './small-file.ts';

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
    // What runs models is loaded only where one is to be run.
    const runner =
      policy?.behaviour === undefined
        ? undefined
        : (await import('./runner.ts')).createRunner(policyFolder, options.signal);
    const signature = policy?.signatures === undefined ? undefined : await readSignature(path, signaturePath);
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

/** The signature of a model; undefined where none lies beside it. One that is named has to be there. */
async function readSignature(path: string, given: string | undefined): Promise<Uint8Array | undefined> {
  const name = given ?? signaturePathOf(path);
  if (given === undefined && !existsSync(name)) return undefined;
  return readSmall(name, MAX_SIGNATURE_BYTES);
}
