/** @packageDocumentation Rules and verdicts: whether a model file may pass. */
export { admit } from './admit.ts';
export type { ModelRunner, RunningModel } from './behaviour-check.ts';
export * from './errors.ts';
export { MAX_FINDINGS } from './findings.ts';
export { type AdmissionGate, admissionGate, type GateOptions } from './gate.ts';
export { isForeignWeights } from './neighbours.ts';
export { POLICY_ERRORS } from './policy/errors.ts';
export { createPolicy, type Policy, parsePolicy } from './policy/policy.ts';
export { PRESETS, type PresetName } from './policy/presets.ts';
export { starterPolicy } from './policy/starter.ts';
export { githubAnnotations } from './reports/annotations.ts';
export { junitXml } from './reports/junit.ts';
export { markdownSummary } from './reports/markdown.ts';
export { type ReportTool, sarifLog } from './reports/sarif.ts';
export { RULE_IDS } from './rules/rule-ids.ts';
export { allRules, findRule, type Rule } from './rules/rules.ts';
export type { AdmitOptions } from './run.ts';
export {
  type AdmissionFinding,
  type AdmissionReport,
  findingOf,
  isSevere,
  type Verdict,
  verdictOf,
} from './verdict.ts';
