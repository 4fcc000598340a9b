/** The files that steer a run: the policy and the baseline. They are the user's own: mistakes in them are wrong usage. */
import { dirname } from 'node:path';
import { type AdmissionReport, createPolicy, type Policy, PRESETS, parsePolicy } from '@mirust/admission';
import { readTextFile, UsageError } from '@mirust/cli';
import { isMirustError, sanitizeText } from '@mirust/core';
import { validateAdmissionReport } from '@mirust/schemas';

/** A policy and where the files lie that it names. */
export interface LoadedPolicy {
  readonly policy: Policy;
  readonly folder: string;
}

/** Reads a policy: the name of a bundled one, or a file. Throws UsageError, and what reading throws. */
export async function loadPolicy(name: string, context: { readonly signal: AbortSignal }): Promise<LoadedPolicy> {
  const preset = Object.entries(PRESETS).find(([key]) => key === name)?.[1];
  if (preset !== undefined) return { policy: createPolicy(preset), folder: '.' };
  const text = await readTextFile(name, context);
  try {
    return { policy: parsePolicy(text), folder: dirname(name) };
  } catch (error) {
    if (!isMirustError(error)) throw error;
    const place = error.offset === undefined ? '' : ` (at byte ${error.offset})`;
    throw new UsageError(`${sanitizeText(name)}: ${error.message}${place}`, { cause: error });
  }
}

/** Reads the reports of an earlier run, as `--json` gives them: by file. Throws UsageError, and what reading throws. */
export async function loadBaseline(
  path: string,
  context: { readonly signal: AbortSignal },
): Promise<ReadonlyMap<string, AdmissionReport>> {
  const name = sanitizeText(path);
  const document = parseJson(await readTextFile(path, context), name);
  const reports = isReportList(document) ? document.reports : [document];
  return new Map(
    reports.map((report) => {
      const result = validateAdmissionReport(report);
      if (result.ok) return [result.value.file, result.value];
      const { path: at, message } = result.errors[0] ?? { path: '', message: 'is wrong' };
      throw new UsageError(`${name} is no report of mirust-admit --json: ${sanitizeText(`${at} ${message}`)}`);
    }),
  );
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`${name} is not JSON`, { cause });
  }
}

function isReportList(document: unknown): document is { readonly reports: readonly unknown[] } {
  return typeof document === 'object' && document !== null && 'reports' in document && Array.isArray(document.reports);
}
