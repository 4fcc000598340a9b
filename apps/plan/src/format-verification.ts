/** A verification as a table for a terminal. */
import { colorsFor, formatTable } from '@mirust/cli';
import { formatBytes } from '@mirust/core';
import type { PlanVerification, VerifiedComponent } from '@mirust/schemas';

/** The report as text, the verdict in the last line. */
export function formatVerification(report: PlanVerification): string {
  const { components, bound, options, environment, backend, notes = [] } = report;
  const columns = [
    { title: 'component' },
    { title: 'planned', align: 'right' },
    { title: 'measured', align: 'right' },
    { title: 'difference', align: 'right' },
    { title: 'kind' },
    { title: '' },
  ] as const;
  const lines = [
    `context ${options.context}, cache ${options.kvType}, chunk ${options.chunk}, threads ${options.threads}; ${backend}, Node ${environment.version} (figures of ${environment.baseline}), ${environment.platform}`,
    '',
    formatTable(columns, components.map(row)),
    '',
    `measured rows may be off by ${100 * bound.share} % of the planned peak, ${formatBytes(bound.bytes)}`,
    ...notes.map((note) => `note: ${note}`),
    verdict(report),
  ];
  return `${lines.join('\n')}\n`;
}

function row({ name, plannedBytes, measuredBytes, kind, agrees }: VerifiedComponent): string[] {
  const difference = measuredBytes - plannedBytes;
  const percent = plannedBytes === 0 ? '' : ` (${((100 * difference) / plannedBytes).toFixed(1)} %)`;
  const shown = difference === 0 ? '0' : `${difference > 0 ? '+' : ''}${difference.toLocaleString('en-US')}${percent}`;
  const mark = agrees === undefined ? 'taken as measured' : agrees ? 'ok' : 'OFF';
  return [name, plannedBytes.toLocaleString('en-US'), measuredBytes.toLocaleString('en-US'), shown, kind, mark];
}

function verdict({ verdict: word, components }: PlanVerification): string {
  const colors = colorsFor(process.stdout);
  const wrong = components.filter(({ agrees }) => agrees === false).map(({ name }) => name);
  if (word === 'agrees') return colors.green('the plan agrees with what was measured');
  const what = word === 'differs' ? 'the plan is wrong, which is a mistake in MiRust' : 'outside of the bound';
  return colors.red(`${what}: ${wrong.join(', ')}`);
}
