/** @packageDocumentation Rules and verdicts: whether a model file may pass. */
export { type AdmitOptions, admit } from './admit.ts';
export * from './errors.ts';
export { MAX_FINDINGS } from './findings.ts';
export { githubAnnotations } from './reports/annotations.ts';
export { junitXml } from './reports/junit.ts';
export { markdownSummary } from './reports/markdown.ts';
export { type ReportTool, sarifLog } from './reports/sarif.ts';
export { RULE_IDS } from './rules/rule-ids.ts';
export { allRules, findRule, type Rule } from './rules/rules.ts';
export { type AdmissionFinding, type AdmissionReport, findingOf, type Verdict, verdictOf } from './verdict.ts';
