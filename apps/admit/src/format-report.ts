/** An admission report as text: what, where, remedy. */
import type { AdmissionFinding, AdmissionReport } from '@mirust/admission';
import type { Colors } from '@mirust/cli';
import { sanitizeText } from '@mirust/core';

/** The report of one file. */
export function formatReport(report: AdmissionReport, colors: Colors): string {
  const paint = { admitted: colors.green, rejected: colors.red, undetermined: colors.yellow }[report.verdict];
  const { format, rootDigest, architecture, parameters } = report.artifact;
  const facts = [
    format,
    architecture,
    parameters === undefined ? undefined : `${parameters.toLocaleString('en-US')} parameters`,
  ].filter((fact) => fact !== undefined);
  const lines = [
    `${paint(report.verdict)}  ${sanitizeText(report.file, 300)}  (${facts.join(', ')})`,
    ...(rootDigest === undefined ? [] : [`  root digest ${rootDigest}`]),
    ...(report.checks ?? []).map(({ name, outcome }) => `  ${mark(outcome, colors)} ${name}`),
    ...findingLines(report.findings, colors),
    ...(report.knownFindings === undefined ? [] : [`  ${report.knownFindings} more are in the baseline`]),
  ];
  return `${lines.join('\n')}\n`;
}

function mark(outcome: 'passed' | 'failed' | 'skipped', colors: Colors): string {
  if (outcome === 'passed') return colors.green('✓');
  return outcome === 'failed' ? colors.red('✗') : colors.dim('–');
}

/** A model without weights breaks hundreds of rules of one kind: a person sees the first, JSON lists them. */
const MAX_SHOWN_PER_RULE = 4;

function findingLines(findings: readonly AdmissionFinding[], colors: Colors): string[] {
  const byRule = new Map<string, AdmissionFinding[]>();
  for (const finding of findings) byRule.set(finding.rule, [...(byRule.get(finding.rule) ?? []), finding]);
  return [...byRule].flatMap(([rule, group]) => {
    const shown = group.slice(0, MAX_SHOWN_PER_RULE);
    const more = group.length - shown.length;
    const remedies = new Set(shown.map(({ remedy }) => remedy).filter((remedy) => remedy !== undefined));
    return [
      ...shown.map((finding) => findingLine(finding, colors)),
      ...(more > 0 ? [`    and ${more} more of ${rule} (--json lists them)`] : []),
      ...[...remedies].map((remedy) => `    ${remedy}`),
    ];
  });
}

function findingLine(
  { id, rule, class: kind, severity, message, offset, suppression }: AdmissionFinding,
  colors: Colors,
): string {
  const paint = { error: colors.red, suppressed: colors.dim, warning: colors.yellow, undetermined: colors.yellow }[
    severity
  ];
  const place = offset === undefined ? '' : ` (at byte ${offset})`;
  const accepted =
    suppression === undefined
      ? ''
      : ` (accepted until ${suppression.expires}: ${sanitizeText(suppression.reason, 300)})`;
  return `  ${paint(severity)} ${id === undefined ? '' : `${id} `}${rule} [${kind}]: ${message}${place}${accepted}`;
}

/** One line about several files: `2 admitted, 1 rejected`. */
export function formatSummary(reports: readonly AdmissionReport[]): string {
  const counts = (['admitted', 'rejected', 'undetermined'] as const).map((verdict) => {
    return { verdict, count: reports.filter((report) => report.verdict === verdict).length };
  });
  const shown = counts.filter(({ count }) => count > 0).map(({ verdict, count }) => `${count} ${verdict}`);
  return `${reports.length} files: ${shown.join(', ')}\n`;
}
