/** The findings of one run, bounded: a hostile file can have a hundred thousand things wrong. */
import type { AdmissionFinding } from '@mirust/schemas';
import { isSevere, type Verdict, verdictOf, warningOf } from './verdict.ts';

/** Most findings that a report lists, the note about those that it leaves out not counted. */
export const MAX_FINDINGS = 200;

/** Collects findings. Where the list is full, errors take the places of warnings. */
export interface Findings {
  add(found: readonly AdmissionFinding[]): void;
  /** Counts errors that are known and of which no findings were made. */
  omit(count: number): void;
  /** Findings so far, omitted ones too, that keep a file from being admitted. */
  readonly severeCount: number;
  /** Of all findings, omitted ones too. */
  verdict(): Verdict;
  /** In order of arrival, with a note where some are left out. */
  list(): AdmissionFinding[];
}

/** Makes an empty collection. `judge` says what a finding counts for; undefined leaves it out. */
export function createFindings(
  judge: (finding: AdmissionFinding) => AdmissionFinding | undefined = (finding) => finding,
): Findings {
  const listed: AdmissionFinding[] = [];
  let severe = 0;
  let omitted = 0;
  const seen = new Set<AdmissionFinding['severity']>();
  return {
    add(found) {
      for (const raw of found) {
        const finding = judge(raw);
        if (finding === undefined) continue;
        seen.add(finding.severity);
        if (isSevere(finding)) severe++;
        if (listed.length < MAX_FINDINGS) {
          listed.push(finding);
          continue;
        }
        omitted++;
        const mild = isSevere(finding) ? listed.findLastIndex((other) => !isSevere(other)) : -1;
        if (mild >= 0) listed.splice(mild, 1, finding);
      }
    },
    omit(count) {
      if (count > 0) seen.add('error');
      severe += count;
      omitted += count;
    },
    get severeCount() {
      return severe;
    },
    verdict: () => verdictOf([...seen].map((severity) => ({ severity }))),
    list() {
      if (omitted === 0) return [...listed];
      const message = `${omitted.toLocaleString('en-US')} more findings are not listed`;
      return [...listed, warningOf('contract', { code: 'ADMISSION_FINDINGS_OMITTED', message })];
    },
  };
}
