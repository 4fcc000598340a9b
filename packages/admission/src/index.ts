/** @packageDocumentation Rules and verdicts: whether a model file may pass. */
export { type AdmitOptions, admit } from './admit.ts';
export * from './errors.ts';
export { MAX_FINDINGS } from './findings.ts';
export { type AdmissionFinding, type AdmissionReport, findingOf, type Verdict, verdictOf } from './verdict.ts';
