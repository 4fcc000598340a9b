/** One run of the gate: checks one after the other, what they found, and the report of it. */
import type { Checkpoint, FileSet } from '@mirust/checkpoint';
import { isMirustError, sanitizeText } from '@mirust/core';
import type { Digester } from '@mirust/integrity';
import { parameterCount } from '@mirust/model';
import type { AdmissionCheck, AdmissionFinding, AdmissionReport } from '@mirust/schemas';
import type { ModelRunner } from './behaviour-check.ts';
import { createFindings } from './findings.ts';
import { createJudge } from './policy/judge.ts';
import { NO_POLICY, type Policy } from './policy/policy.ts';
import { findingOf } from './verdict.ts';

/** How to admit. */
export interface AdmitOptions {
  /** What is demanded beyond a model that can be used. Default: nothing. */
  readonly policy?: Policy | undefined;
  /** An earlier report of the same file: its findings are left out. */
  readonly baseline?: AdmissionReport | undefined;
  /** When it is: suppressions expire. Default: now. */
  readonly now?: Date;
  /** Runs the model where the policy demands it. */
  readonly runner?: ModelRunner | undefined;
  /** The signature of the model, for a policy that demands one. Default: the file beside it, `model.slm.sig`. */
  readonly signature?: Uint8Array | undefined;
  readonly signal?: AbortSignal;
  /** Takes the digests of an SLM2. Default: the caller's thread. */
  readonly digester?: Digester | undefined;
  /** Called while digests are verified, and again while values are looked at. */
  readonly onProgress?: (checkedBytes: number, totalBytes: number) => void;
}

/** A run under way. */
export interface AdmissionRun {
  /**
   * Runs one check and gives its result; undefined where it failed or has nothing to look at. What it throws about the file
   * is a finding; an abort and mistakes in this code are thrown on.
   */
  check<T>(
    name: string,
    work: (() => Promise<T>) | undefined,
    findingsOf?: (result: T) => readonly AdmissionFinding[],
  ): Promise<T | undefined>;
  /** Counts errors that are known and of which no findings were made. */
  omit(count: number): void;
  /** Whether a check has passed. */
  hasPassed(name: string): boolean;
  /** Whether nothing was found yet that keeps the model from being admitted. */
  readonly isSound: boolean;
  /** The report, with what checks have computed. */
  report(checkpoint: Checkpoint | undefined, facts: { readonly templateDigest?: string }): AdmissionReport;
}

/** Longest path in a report. */
const MAX_PATH_CHARACTERS = 4096;

/** Starts the run for one model. */
export function startRun({ name }: Pick<FileSet, 'name'>, options: AdmitOptions): AdmissionRun {
  const { signal, policy = NO_POLICY, baseline, now = new Date() } = options;
  const judge = createJudge({ policy, file: name, now, baseline });
  const findings = createFindings(judge.judge);
  const checks: AdmissionCheck[] = [];
  return {
    async check<T>(
      name: string,
      work: (() => Promise<T>) | undefined,
      findingsOf: (result: T) => readonly AdmissionFinding[] = () => [],
    ): Promise<T | undefined> {
      signal?.throwIfAborted();
      if (work === undefined) {
        checks.push({ name, outcome: 'skipped' });
        return undefined;
      }
      const before = findings.severeCount;
      let result: T | undefined;
      try {
        result = await work();
        findings.add(findingsOf(result));
      } catch (error) {
        if (!isMirustError(error)) throw error;
        findings.add([findingOf(error)]);
      }
      checks.push({ name, outcome: findings.severeCount > before ? 'failed' : 'passed' });
      return result;
    },
    omit: findings.omit,
    hasPassed: (name) => checks.some((check) => check.name === name && check.outcome === 'passed'),
    get isSound() {
      return findings.severeCount === 0;
    },
    report(checkpoint, facts) {
      const { rootDigest, model, format = 'unknown' } = checkpoint ?? {};
      return {
        version: 1,
        file: sanitizeText(name, MAX_PATH_CHARACTERS),
        verdict: findings.verdict(),
        findings: findings.list(),
        ...(judge.knownCount === 0 ? {} : { knownFindings: judge.knownCount }),
        artifact: {
          format,
          ...(rootDigest === undefined ? {} : { rootDigest }),
          ...(model === undefined
            ? {}
            : { architecture: model.architecture, parameters: parameterCount(model.contract) }),
          ...facts,
        },
        checks: [...checks],
      };
    },
  };
}
