/** A plan as Markdown, for a comment on a change or the summary of a job: the verdict first, what is long folded away. */
import { escapeMarkdown, formatBytes, sanitizeText } from '@mirust/core';
import type { Ceiling, LoadMoment, PlanReport } from '@mirust/schemas';
import { type Bounded, firstOf, sentence } from './words/bounds.ts';
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
} from './words/facts.ts';
import { sumBytes } from './words/families.ts';
import { formatCount, formatShare, plural } from './words/numbers.ts';
import { fitSign, tradeoffsView } from './words/tradeoffs.ts';
import { planVerdict } from './words/verdict.ts';

const MARKS = { fits: '✅', 'too-large': '❌', unknown: '❔', none: '📏' } as const;

/** Rows of a table: a comment on a change holds 65,536 characters. */
const MAX_MARKDOWN_ROWS = 40;

/** The report as Markdown. Text of the report is escaped and bounded: it becomes no markup and no mention. */
export function markdownReport(report: PlanReport): string {
  const { state, headline, detail } = planVerdict(report);
  const blocks = [
    `### ${MARKS[state]} ${escapeMarkdown(modelTitle(report.model))} ${headline}: ${detail}`,
    escapeMarkdown(modelFacts(report).join(' · ')),
    optionFacts(report)
      .map(({ label, value }) => `${label} **${escapeMarkdown(value)}**`)
      .join(' · '),
    componentTable(report),
    unknownList(report),
    changeList(report),
    tradeoffTable(report),
    details('Answers', factList(report.answers === undefined ? [] : answerFacts(report.answers))),
    details('Weights and cache', weightList(report)),
    details('While it loads', loadTable(report.timeline ?? [])),
    details('Ceilings of the platforms', ceilingTable(report.ceilings ?? [])),
    details('The next token (estimates)', factList(report.decode === undefined ? [] : decodeFacts(report.decode))),
    details('Notes', bulleted(firstOf(noteLines(report).map(escapeMarkdown), MAX_MARKDOWN_ROWS))),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function componentTable({ components, totalBytes }: PlanReport): string {
  const { shown, left } = firstOf(components, MAX_MARKDOWN_ROWS);
  const rows = shown.map(({ name, bytes, kind }) => [
    escapeMarkdown(sanitizeText(name)),
    formatCount(bytes),
    formatBytes(bytes),
    formatShare(bytes, totalBytes),
    kind,
  ]);
  if (left > 0) {
    const rest = sumBytes(components.slice(shown.length));
    rows.push([`${formatCount(left)} more`, formatCount(rest), formatBytes(rest), formatShare(rest, totalBytes), '']);
  }
  rows.push(['**total**', `**${formatCount(totalBytes)}**`, `**${formatBytes(totalBytes)}**`, '', '']);
  return table(['component', 'bytes', 'size', 'share', 'kind'], ['---', '---:', '---:', '---:', '---'], rows);
}

function unknownList({ unknown = [] }: PlanReport): string {
  const { shown, left } = firstOf(unknown, MAX_MARKDOWN_ROWS);
  const lines = shown.map(
    ({ name, reason }) => `${escapeMarkdown(sanitizeText(name))}: ${escapeMarkdown(sentence(reason))}`,
  );
  return unknown.length === 0 ? '' : `**Not known, and not in the total**\n\n${bulleted({ shown: lines, left })}`;
}

function changeList({ changes = [] }: PlanReport): string {
  const { shown, left } = firstOf(changeFacts(changes), MAX_MARKDOWN_ROWS);
  const lines = shown.map(({ command, saved, total, cost }) => {
    return `**${escapeMarkdown(command)}**: saves ${saved}, then needs ${total}; ${escapeMarkdown(cost)}`;
  });
  return changes.length === 0 ? '' : `**Each of these would make it fit**\n\n${bulleted({ shown: lines, left })}`;
}

function tradeoffTable(report: PlanReport): string {
  if (report.tradeoffs === undefined) return '';
  const view = tradeoffsView(report.tradeoffs, report);
  const rows = firstOf(view.rows, MAX_MARKDOWN_ROWS);
  const head = ['', 'bits', ...view.contexts.map(({ text, isAsked }) => (isAsked ? `**${text}**` : text))];
  const cells = rows.shown.map(({ quantization, bitsPerWeight, cells: row }) => [
    escapeMarkdown(quantization),
    bitsPerWeight,
    ...row.map(({ text, fits, isAsked }) => {
      const words = `${fitSign(fits)} ${text}`.trim();
      return isAsked ? `**${words}**` : words;
    }),
  ]);
  const left = view.leftRows + rows.left;
  const more = left === 0 ? '' : `\n\n… and ${plural(left, 'more row')}`;
  const title = `**Quantization against context**, cache ${escapeMarkdown(view.kvType)}`;
  return `${title}\n\n${table(head, ['---', '---:', ...view.contexts.map(() => '---:')], cells)}${more}`;
}

function weightList(report: PlanReport): string {
  const { weights } = report;
  const types = firstOf(Object.entries(weights?.byDtype ?? {}), MAX_MARKDOWN_ROWS);
  const rows = types.shown.map(([name, bytes]) => [
    escapeMarkdown(sanitizeText(name)),
    formatCount(bytes),
    formatBytes(bytes),
  ]);
  const facts = factList([...parameterFacts(report), ...cacheFacts(report).map(ofCache)]);
  if (rows.length === 0) return facts;
  const more = types.left === 0 ? '' : `\n\n… and ${plural(types.left, 'more row')}`;
  const byType = table(['weights', 'bytes', 'size'], ['---', '---:', '---:'], rows);
  return [facts, `${byType}${more}`].filter((part) => part !== '').join('\n\n');
}

function ofCache(fact: Fact): Fact {
  return { ...fact, label: `Cache, ${fact.label.toLowerCase()}` };
}

function loadTable(moments: readonly LoadMoment[]): string {
  const { shown, left } = firstOf(moments, MAX_MARKDOWN_ROWS);
  if (shown.length === 0) return '';
  const peak = Math.max(...moments.map(({ bytes }) => bytes));
  const rows = shown.map(({ phase, bytes }) => {
    return [phase, formatCount(bytes), `${formatBytes(bytes)}${bytes === peak ? ' (peak)' : ''}`];
  });
  if (left > 0) rows.push([`${formatCount(left)} more`, '', '']);
  return table(['moment', 'bytes', 'size'], ['---', '---:', '---:'], rows);
}

function ceilingTable(ceilings: readonly Ceiling[]): string {
  const { shown, left } = firstOf(ceilings, MAX_MARKDOWN_ROWS);
  if (shown.length === 0) return '';
  const rows = shown.map(({ name, limitBytes, bytes, fits, about }) => [
    `${fitSign(fits)} ${escapeMarkdown(sanitizeText(name))}`,
    formatBytes(bytes),
    formatBytes(limitBytes),
    escapeMarkdown(sentence(about)),
  ]);
  if (left > 0) rows.push([`${formatCount(left)} more`, '', '', '']);
  return table(['', 'held', 'limit', ''], ['---', '---:', '---:', '---'], rows);
}

function factList(facts: readonly Fact[]): string {
  const lines = facts.map(({ label, value, detail }) => {
    return `${label}: **${escapeMarkdown(value)}**${detail === undefined ? '' : ` (${escapeMarkdown(detail)})`}`;
  });
  return bulleted(firstOf(lines));
}

function bulleted({ shown, left }: Bounded<string>): string {
  return [...shown.map((line) => `- ${line}`), ...(left > 0 ? [`- and ${formatCount(left)} more`] : [])].join('\n');
}

function details(summary: string, body: string): string {
  return body === '' ? '' : `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;
}

function table(head: readonly string[], rules: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, rules, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
