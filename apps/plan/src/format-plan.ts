/** A plan as a table for a terminal. */
import { colorsFor, formatTable } from '@mirust/cli';
import { formatBytes } from '@mirust/core';
import type { PlanReport } from '@mirust/schemas';

/** Width of a full bar. */
const BAR_CHARACTERS = 24;

/** The report as text, with a share bar per component. */
export function formatPlan(report: PlanReport): string {
  const colors = colorsFor(process.stdout);
  const rows = report.components.map(({ name, bytes, kind }) => row(name, bytes, kind, report.totalBytes));
  rows.push(row('total', report.totalBytes, '', report.totalBytes));
  const columns = [
    { title: 'component' },
    { title: 'bytes', align: 'right' },
    { title: '', align: 'right' },
    { title: 'kind' },
    { title: 'share' },
  ] as const;
  const { context, chunk, kvType, threads } = report.options;
  const { architecture, parameters } = report.model;
  const lines = [
    `${architecture}, ${parameters.toLocaleString('en-US')} parameters; context ${context}, cache ${kvType}, chunk ${chunk}, threads ${threads}`,
    '',
    formatTable(columns, rows),
    '',
    ...(report.notes ?? []).map((note) => `note: ${note}`),
  ];
  if (report.fits !== undefined && report.budgetBytes !== undefined) {
    const difference = Math.abs(report.budgetBytes - report.totalBytes);
    const budget = formatBytes(report.budgetBytes);
    lines.push(
      report.fits
        ? colors.green(`fits into ${budget}: ${formatBytes(difference)} to spare`)
        : colors.red(`does not fit into ${budget}: ${formatBytes(difference)} too much`),
    );
  }
  return `${lines.join('\n')}\n`;
}

function row(name: string, bytes: number, kind: string, total: number): string[] {
  const share = total === 0 ? 0 : bytes / total;
  const bar = '█'.repeat(Math.round(share * BAR_CHARACTERS));
  return [name, bytes.toLocaleString('en-US'), formatBytes(bytes), kind, bar];
}
