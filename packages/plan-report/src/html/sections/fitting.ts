/** What would fit: changes, answers to the inverse questions, the trade-off table; and what is not known. */
import { sanitizeText } from '@mirust/core';
import type { PlanReport } from '@mirust/schemas';
import { firstOf, sentence } from '../../words/bounds.ts';
import { answerFacts, changeFacts } from '../../words/facts.ts';
import { fitSign, type TradeoffView, tradeoffsView } from '../../words/tradeoffs.ts';
import { html, type Markup } from '../_markup.ts';
import { moreNote, scrollBox, table } from '../_table.ts';
import { factItem } from './summary.ts';

/** Parts that the plan cannot say. */
export function unknownParts({ unknown = [] }: PlanReport): Markup | undefined {
  if (unknown.length === 0) return undefined;
  const { shown, left } = firstOf(unknown);
  const rows = shown.map(({ name, reason }) => ({ cells: [sanitizeText(name), sentence(reason)] }));
  return html`<section id="unknown"><h2>What is not known</h2>
<p class="lead">These parts are not in the total.</p>
${table('Unknown parts', [{ title: 'part' }, { title: 'reason', isText: true }], rows, left)}</section>`;
}

/** Changes that each make the model fit. */
export function changes(report: PlanReport): Markup | undefined {
  if (report.changes === undefined || report.changes.length === 0) return undefined;
  const { shown, left } = firstOf(changeFacts(report.changes));
  const rows = shown.map(({ command, saved, total, cost }) => {
    return { cells: [html`<code>${command}</code>`, saved, total, cost] };
  });
  const columns = [
    { title: 'change' },
    { title: 'saves', isNumber: true },
    { title: 'then needs', isNumber: true },
    { title: 'costs', isText: true },
  ];
  return html`<section id="changes"><h2>What would make it fit</h2>
<p class="lead">Each of these alone is enough; the cheapest first.</p>
${table('Changes that make the model fit', columns, rows, left)}</section>`;
}

/** Answers to: what is the most that fits? */
export function answers(report: PlanReport): Markup | undefined {
  const facts = report.answers === undefined ? [] : answerFacts(report.answers);
  if (facts.length === 0) return undefined;
  return html`<section id="answers"><h2>The most that fits</h2>
<p class="lead">One thing changed at a time, everything else as asked.</p>
<dl class="answers">${facts.map(factItem)}</dl></section>`;
}

/** Quantization by context. */
export function tradeoffs(report: PlanReport): Markup | undefined {
  if (report.tradeoffs === undefined) return undefined;
  const view = tradeoffsView(report.tradeoffs, report);
  const head = view.contexts.map(
    ({ text, isAsked }) => html`<th scope="col" class="number${isAsked && ' asked'}">${text}</th>`,
  );
  const rows = view.rows.map(({ quantization, weights, bitsPerWeight, cells }) => {
    return html`<tr><th scope="row">${quantization}<small>${bitsPerWeight} bits, ${weights}</small></th>${cells.map(cellOf)}</tr>`;
  });
  const caption = `Total memory by quantization (rows) and context in positions (columns), cache ${view.kvType}`;
  const isJudged = view.rows.some(({ cells }) => cells.some(({ fits }) => fits !== undefined));
  return html`<section id="tradeoffs"><h2>Quantization against context</h2>
<p class="lead">${isJudged && '✓ fits into the budget, ✗ does not. '}The context that was asked for is underlined.</p>
${scrollBox(
  caption,
  html`<table class="grid"><caption><span>${caption}</span></caption><thead><tr><th scope="col">quantization</th>${head}</tr></thead><tbody>${rows}</tbody></table>`,
)}
${moreNote(view.leftRows)}</section>`;
}

function cellOf({ text, fits, isAsked }: TradeoffView): Markup {
  const state = fits === undefined ? '' : fits ? ' fits' : ' misses';
  const words = fits === undefined ? '' : fits ? 'fits: ' : 'does not fit: ';
  const sign =
    fits !== undefined && html`<span aria-hidden="true">${fitSign(fits)} </span><span class="unseen">${words}</span>`;
  return html`<td class="number${state}${isAsked && ' asked'}">${sign}${text}</td>`;
}
