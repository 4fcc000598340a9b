/** What takes the space. */
import { formatBytes, sanitizeText } from '@mirust/core';
import type { PlanComponent, PlanReport } from '@mirust/schemas';
import { firstOf } from '../../words/bounds.ts';
import { KIND_MEANINGS } from '../../words/facts.ts';
import { familyOf, groupByFamily, sumBytes } from '../../words/families.ts';
import { formatCount, formatShare } from '../../words/numbers.ts';
import { html, type Markup } from '../_markup.ts';
import { type Row, shareCell, table } from '../_table.ts';
import { breakdownChart } from '../charts/breakdown.ts';

const KINDS = ['exact', 'measured', 'estimated'] as const;

/** The stacked bar, its legend, and every component in a table. */
export function breakdown(report: PlanReport): Markup {
  const { components, totalBytes } = report;
  const { shown, left } = firstOf(components);
  const rows: Row[] = [
    ...shown.map((component) => componentRow(component, totalBytes)),
    { role: 'sum', cells: ['total', formatCount(totalBytes), formatBytes(totalBytes), '', ''] },
    ...kindRows(components, totalBytes),
  ];
  const columns = [
    { title: 'component' },
    { title: 'bytes', isNumber: true },
    { title: 'size', isNumber: true },
    { title: 'kind' },
    { title: 'share' },
  ];
  return html`<section id="breakdown"><h2>What takes the space</h2>
<p class="lead">At the peak of the process.</p>
${breakdownChart(report)}
${legend(components, totalBytes)}
${table('Components, to the byte', columns, rows, left)}
${kindLegend(components)}</section>`;
}

/** The families with their colours: shared by all charts of families. */
export function legend(components: readonly PlanComponent[], whole: number | undefined): Markup {
  const items = groupByFamily(components).map(({ key, title, bytes }) => {
    const share = whole !== undefined && html` <b>${formatShare(bytes, whole)}</b>`;
    return html`<li><span class="swatch c-${key}"></span>${title}${share}</li>`;
  });
  return html`<ul class="legend">${items}</ul>`;
}

function componentRow(component: PlanComponent, total: number): Row {
  const { name, bytes, kind } = component;
  const family = familyOf(component);
  return {
    cells: [
      html`<span class="swatch c-${family}"></span>${sanitizeText(name)}`,
      formatCount(bytes),
      formatBytes(bytes),
      html`<span class="kind ${kind}">${kind}</span>`,
      shareCell(bytes, total, `c-${family}`),
    ],
  };
}

/** Subtotals by kind, where there is more than one. */
function kindRows(components: readonly PlanComponent[], total: number): Row[] {
  const kinds = KINDS.filter((kind) => components.some((component) => component.kind === kind));
  if (kinds.length < 2) return [];
  return kinds.map((kind) => {
    const bytes = sumBytes(components.filter((component) => component.kind === kind));
    const cells = [kind, formatCount(bytes), formatBytes(bytes), '', shareCell(bytes, total, 'c-padding')];
    return { role: 'part', cells };
  });
}

/** What the kinds that occur mean. */
function kindLegend(components: readonly PlanComponent[]): Markup {
  const kinds = KINDS.filter((kind) => components.some((component) => component.kind === kind));
  const items = kinds.map((kind) => html`<li><span class="kind ${kind}">${kind}</span>: ${KIND_MEANINGS[kind]}</li>`);
  return html`<ul class="legend kinds">${items}</ul>`;
}
