/** The exit status of a run of the gate. */
import type { AdmissionReport } from '@mirust/admission';
import { EXIT, exitCodeOf } from '@mirust/cli';

/** rejected beats undetermined beats admitted. */
export function worstVerdict(reports: readonly AdmissionReport[]): AdmissionReport['verdict'] {
  const verdicts = new Set(reports.map(({ verdict }) => verdict));
  if (verdicts.has('rejected')) return 'rejected';
  return verdicts.has('undetermined') ? 'undetermined' : 'admitted';
}

/**
 * 0 when every verdict is admitted, and only then; the class of the first error of the first rejected file; 16 where
 * a file could not be read; 4 where something else could not be checked.
 */
export function exitCodeOfReports(reports: readonly AdmissionReport[]): number {
  const verdict = worstVerdict(reports);
  if (verdict === 'admitted') return EXIT.ok;
  const { findings } = reports.find((report) => report.verdict === verdict) ?? { findings: [] };
  if (verdict === 'undetermined') {
    const open = findings.find(({ severity }) => severity === 'undetermined');
    return open?.class === 'io' ? EXIT.io : EXIT.undetermined;
  }
  const error = findings.find(({ severity }) => severity === 'error');
  // A list of findings is cut when it is long; the verdict is not.
  return error === undefined ? EXIT.structure : exitCodeOf(error.class);
}
