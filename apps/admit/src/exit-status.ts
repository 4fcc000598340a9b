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
 * 0 when all are admitted; the class of the first error of the first rejected file; 4 where something could not be
 * checked; 16 where that is because a file could not be read.
 */
export function exitCodeOfReports(reports: readonly AdmissionReport[]): number {
  const rejected = reports.find(({ verdict }) => verdict === 'rejected');
  const error = rejected?.findings.find(({ severity }) => severity === 'error');
  if (error !== undefined) return exitCodeOf(error.class);
  const open = reports.flatMap(({ findings }) => findings).find(({ severity }) => severity === 'undetermined');
  if (open === undefined) return EXIT.ok;
  return open.class === 'io' ? EXIT.io : EXIT.undetermined;
}
