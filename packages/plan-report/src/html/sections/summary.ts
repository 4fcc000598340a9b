/** The head of the page: which model, whether it fits, the numbers that matter most. */
import { formatBytes } from '@mirust/core';
import type { PlanReport } from '@mirust/schemas';
import { cacheFacts, type Fact, modelFacts, modelTitle, optionFacts } from '../../words/facts.ts';
import { formatDecimal, formatShare } from '../../words/numbers.ts';
import { planVerdict, VERDICT_SIGNS } from '../../words/verdict.ts';
import { html, type Markup } from '../_markup.ts';

/** See the module comment. */
export function summary(report: PlanReport, title: string | undefined): Markup {
  const { state, headline, detail } = planVerdict(report);
  const sign = VERDICT_SIGNS[state];
  return html`<header id="summary">
<h1>${title ?? `Memory of ${modelTitle(report.model)}`}</h1>
<ul class="facts">${modelFacts(report).map((fact) => html`<li>${fact}</li>`)}</ul>
<p class="verdict ${state}" id="verdict">${sign !== '' && html`<span class="sign" aria-hidden="true">${sign}</span>`}<span><strong>${unbroken(headline)}</strong><span>${detail}</span></span></p>
<dl class="tiles">${tiles(report).map(factItem)}</dl>
<ul class="chips" aria-label="Options">${optionFacts(report).map(({ label, value }) => html`<li>${label} <b>${value}</b></li>`)}</ul>
</header>`;
}

/** A label and its value, for a definition list. */
export function factItem({ label, value, detail }: Fact): Markup {
  return html`<div><dt>${label}</dt><dd>${value}${detail !== undefined && html` <small>${detail}</small>`}</dd></div>`;
}

function tiles(report: PlanReport): Fact[] {
  const { totalBytes, budgetBytes, weights, parameters } = report;
  const whole: Fact = {
    label: report.unknown === undefined ? 'Total' : 'Known total',
    value: formatBytes(totalBytes),
    ...(budgetBytes === undefined ? {} : { detail: `${formatShare(totalBytes, budgetBytes)} of the budget` }),
  };
  const perWeight = weights === undefined || !parameters?.total ? undefined : (weights.bytes * 8) / parameters.total;
  const weightTile: Fact[] =
    weights === undefined
      ? []
      : [
          {
            label: 'Weights',
            value: formatBytes(weights.bytes),
            ...(perWeight === undefined ? {} : { detail: `${formatDecimal(perWeight, 2)} bits per parameter` }),
          },
        ];
  const [perToken, full] = cacheFacts(report);
  const cacheTiles: Fact[] = [
    ...(full === undefined ? [] : [{ ...full, label: 'KV cache' }]),
    ...(perToken === undefined ? [] : [{ ...perToken, label: 'Cache per token' }]),
  ];
  return [whole, ...weightTile, ...cacheTiles];
}

/** Keeps a number and its unit on one line. */
function unbroken(text: string): string {
  return text.replace(/(\d) (?=\S*B$)/, '$1\u00a0');
}
