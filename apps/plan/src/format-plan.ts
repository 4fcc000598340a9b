/** A plan as text for a terminal of 80 columns. What a report does not say is left out. */
import { type Colors, colorsFor, formatTable } from '@mirust/cli';
import { formatBytes, sanitizeText } from '@mirust/core';
import {
  answerFacts,
  cacheFacts,
  changeFacts,
  decodeFacts,
  type Fact,
  modelFacts,
  modelTitle,
  noteLines,
  optionFacts,
  parameterFacts,
  planVerdict,
  sentence,
  verdictLine,
} from '@mirust/plan-report';
import type { PlanReport } from '@mirust/planner';
import wrapAnsi from 'wrap-ansi';
import { breakdownTable } from './_breakdown-table.ts';
import { tradeoffsTable } from './_tradeoffs-table.ts';

/** Columns that text is wrapped to; tables are made to fit. */
const TERMINAL_COLUMNS = 80;

/** The report as text: the verdict, where there is one, is the last line. */
export function formatPlan(report: PlanReport): string {
  const colors = colorsFor(process.stdout);
  const { answers, ceilings = [], changes = [], decode, unknown = [] } = report;
  const blocks = [
    summary(report),
    breakdownTable(report),
    section(colors, 'weights', [factLines(parameterFacts(report)), weightTypes(report)]),
    section(colors, 'cache', [factLines(cacheFacts(report))]),
    section(colors, 'ceilings', [ceilingTable(ceilings, colors)]),
    section(colors, 'next token (estimates)', [factLines(decode === undefined ? [] : decodeFacts(decode))]),
    section(colors, 'the most that fits', [factLines(answers === undefined ? [] : answerFacts(answers))]),
    section(colors, 'quantization against context', [tradeoffsTable(report, colors)]),
    section(colors, 'what would make it fit', changeFacts(changes).map(changeLines)),
    section(
      colors,
      'not known, and not in the total',
      unknown.map(({ name, reason }) => wrap(`${sanitizeText(name)}: ${sentence(reason)}`, 2)),
    ),
    noteLines(report)
      .map((note) => wrap(`note: ${note}`))
      .join('\n'),
    verdict(report, colors),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function summary(report: PlanReport): string {
  const options = optionFacts(report).map(({ label, value }) => `${label} ${value}`);
  const model = [modelTitle(report.model), ...modelFacts(report)];
  return `${wrap(model.join(', '))}\n${wrap(options.join(', '))}`;
}

/** A title and the lines under it; nothing where there are none. */
function section(colors: Colors, title: string, parts: readonly string[]): string {
  const lines = parts.filter((part) => part !== '').flatMap((part) => part.split('\n'));
  if (lines.length === 0) return '';
  return [colors.bold(title), ...lines.map((line) => (line === '' ? '' : `  ${line}`))].join('\n');
}

function factLines(facts: readonly Fact[]): string {
  if (facts.length === 0) return '';
  const rows = facts.map(({ label, value, detail = '' }) => [label, value, detail]);
  return tableBody([{ title: '' }, { title: '' }, { title: '' }], rows);
}

/** Bytes of each type, in a line or a few. */
function weightTypes({ weights }: PlanReport): string {
  const types = Object.entries(weights?.byDtype ?? {});
  return wrap(types.map(([name, bytes]) => `${sanitizeText(name)} ${formatBytes(bytes)}`).join(', '), 2);
}

function ceilingTable(ceilings: NonNullable<PlanReport['ceilings']>, colors: Colors): string {
  if (ceilings.length === 0) return '';
  const rows = ceilings.map(({ name, limitBytes, bytes, fits }) => [
    sanitizeText(name),
    fits ? colors.green('✓ fits') : colors.red('✗ does not fit'),
    `${formatBytes(bytes)} of ${formatBytes(limitBytes)}`,
  ]);
  return tableBody([{ title: '' }, { title: '' }, { title: '' }], rows);
}

/** A table without its line of titles. */
function tableBody(columns: Parameters<typeof formatTable>[0], rows: readonly (readonly string[])[]): string {
  return formatTable(columns, rows).split('\n').slice(1).join('\n');
}

function changeLines({ command, saved, total, cost }: ReturnType<typeof changeFacts>[number]): string {
  const costLines = wrap(cost, 4).split('\n');
  return [`${command}  saves ${saved}, then needs ${total}`, ...costLines.map((line) => `  ${line}`)].join('\n');
}

function verdict(report: PlanReport, colors: Colors): string {
  const { state } = planVerdict(report);
  if (state === 'none') return '';
  const paint = { fits: colors.green, 'too-large': colors.red, unknown: colors.yellow }[state];
  return paint(verdictLine(report));
}

/** Text in lines that leave room for an indent. */
function wrap(text: string, indent = 0): string {
  return wrapAnsi(text, TERMINAL_COLUMNS - indent, { hard: true });
}
