/** An admission report as text: what, where, remedy. */
import type { AdmissionFinding, AdmissionReport } from '@mirust/admission';
import { type Colors, colorsFor } from '@mirust/cli';
import { sanitizeText } from '@mirust/core';

/** The report of one file. */
export function formatReport(report: AdmissionReport): string {
  const colors = colorsFor(process.stdout);
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
    ...report.findings.flatMap((finding) => findingLines(finding, colors)),
  ];
  return `${lines.join('\n')}\n`;
}

function mark(outcome: 'passed' | 'failed' | 'skipped', colors: Colors): string {
  if (outcome === 'passed') return colors.green('✓');
  return outcome === 'failed' ? colors.red('✗') : colors.dim('–');
}

function findingLines(finding: AdmissionFinding, colors: Colors): string[] {
  const paint = finding.severity === 'error' ? colors.red : colors.yellow;
  const place = finding.offset === undefined ? '' : ` (at byte ${finding.offset})`;
  const head = `  ${paint(finding.severity)} ${finding.rule} [${finding.class}]: ${finding.message}${place}`;
  return finding.remedy === undefined ? [head] : [head, `    ${finding.remedy}`];
}

/** One line about several files: `2 admitted, 1 rejected`. */
export function formatSummary(reports: readonly AdmissionReport[]): string {
  const counts = (['admitted', 'rejected', 'undetermined'] as const).map((verdict) => {
    return { verdict, count: reports.filter((report) => report.verdict === verdict).length };
  });
  const shown = counts.filter(({ count }) => count > 0).map(({ verdict, count }) => `${count} ${verdict}`);
  return `${reports.length} files: ${shown.join(', ')}\n`;
}
