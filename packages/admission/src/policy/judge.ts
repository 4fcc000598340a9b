/** What a finding counts for under a policy. */
import { matchesGlob } from '@mirust/quant';
import type { AdmissionFinding, AdmissionReport } from '@mirust/schemas';
import { findRule, isFixed } from '../rules/rules.ts';
import type { Policy, Suppression } from './policy.ts';

/** Weighs the findings of one file. */
export interface Judge {
  /** The finding as it counts; undefined where the baseline has it, too. */
  judge(finding: AdmissionFinding): AdmissionFinding | undefined;
  /** Findings that the baseline has, too. */
  readonly knownCount: number;
}

/** Circumstances of a judgement. */
export interface JudgeOptions {
  readonly policy: Policy;
  /** Path of the file, for suppressions that name one. */
  readonly file: string;
  /** When it is: suppressions expire. */
  readonly now: Date;
  /** What was found in the file before: it is left out, unless it keeps the file from being used. */
  readonly baseline?: AdmissionReport | undefined;
}

/** A judge for one file. */
export function createJudge({ policy, file, now, baseline }: JudgeOptions): Judge {
  const before = new Set((baseline?.findings ?? []).map(fingerprint));
  let knownCount = 0;
  return {
    judge(finding) {
      const { rule } = finding;
      // Judged already.
      if (finding.severity === 'suppressed') return finding;
      const known = findRule(rule);
      if (known !== undefined && isFixed(known)) return finding;
      const severity = policy.severities.get(rule) ?? finding.severity;
      const weighed = { ...finding, severity };
      if (before.has(fingerprint(finding))) {
        knownCount++;
        return undefined;
      }
      const matching = policy.suppressions.filter((suppression) => matches(suppression, finding, file));
      const valid = matching.find(({ endsAt }) => now < endsAt);
      if (valid !== undefined) {
        const { reason, expires } = valid;
        return { ...weighed, severity: 'suppressed', suppression: { reason, expires, severity } };
      }
      const [expired] = matching;
      if (expired === undefined) return weighed;
      return { ...weighed, message: `${finding.message} (its suppression expired on ${expired.expires})` };
    },
    get knownCount() {
      return knownCount;
    },
  };
}

/** What makes two findings of one file the same. Their words belong to it: a size that has grown is something new. */
function fingerprint({ rule, tensor, message }: AdmissionFinding): string {
  return `${rule}\n${tensor ?? ''}\n${message}`;
}

function matches({ rule, tensor, file: files }: Suppression, finding: AdmissionFinding, file: string): boolean {
  if (rule !== finding.rule) return false;
  if (tensor !== undefined && !matchesGlob(tensor, finding.tensor ?? '')) return false;
  return files === undefined || endsWithGlob(files, file.replaceAll('\\', '/'));
}

/** The end of a path, whole names of it: `chat.slm` is the end of `models/chat.slm`, not of `models/mychat.slm`. */
function endsWithGlob(glob: string, path: string): boolean {
  return matchesGlob(glob, path) || matchesGlob(`*/${glob}`, path);
}
