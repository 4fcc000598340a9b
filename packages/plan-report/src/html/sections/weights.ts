/** Weights by type and by layer, counts of parameters, the cache. */
import { formatBytes, sanitizeText } from '@mirust/core';
import type { PlanReport, WeightBytes, WeightGroup } from '@mirust/schemas';
import { firstOf } from '../../words/bounds.ts';
import { cacheFacts, parameterFacts } from '../../words/facts.ts';
import { sumBytes } from '../../words/families.ts';
import { formatCount, plural } from '../../words/numbers.ts';
import { html, type Markup } from '../_markup.ts';
import { type Row, shareCell, table } from '../_table.ts';
import { layersChart } from '../charts/layers.ts';
import { factItem } from './summary.ts';

/** Weights by type and by layer; counts of parameters. */
export function weights(report: PlanReport): Markup | undefined {
  const counts = parameterFacts(report);
  if (report.weights === undefined && counts.length === 0) return undefined;
  return html`<section id="weights"><h2>Weights</h2>
${counts.length > 0 && html`<dl class="answers">${counts.map(factItem)}</dl>`}
${report.weights !== undefined && weightTables(report.weights)}</section>`;
}

function weightTables({ bytes: total, byDtype, byLayer }: WeightBytes): Markup {
  const layers = byLayer.filter(isLayer);
  const others = byLayer.filter((group) => !isLayer(group));
  const { shown, left } = firstOf(layers);
  const layersRow: Row[] =
    layers.length === 0 ? [] : [sizeRow(`${plural(layers.length, 'layer')}`, sumBytes(layers), total)];
  const dtypes = firstOf(Object.entries(byDtype));
  const types = dtypes.shown.map(([name, bytes]) => sizeRow(name, bytes, total));
  const groups = firstOf(others);
  const columns = (title: string): { title: string; isNumber?: boolean }[] => [
    { title },
    { title: 'bytes', isNumber: true },
    { title: 'size', isNumber: true },
    { title: 'share' },
  ];
  return html`<h3>By type</h3>
${table('Weights by storage type', columns('type'), types, dtypes.left)}
<h3>By layer</h3>
${layersChart(shown)}
${table('Weights by group', columns('group'), [...groups.shown.map(({ name, bytes }) => sizeRow(name, bytes, total)), ...layersRow], groups.left)}
${
  layers.length > 0 &&
  html`<details><summary>Each layer</summary>${table(
    'Weights of each layer',
    columns('layer'),
    shown.map(({ name, bytes }) => sizeRow(name, bytes, total)),
    left,
  )}</details>`
}`;
}

/** Groups of layers are named with their number: `layer 0`, `blk.0`. */
function isLayer({ name }: WeightGroup): boolean {
  return /^(?:layers?|blk|block)\W?\d+$/i.test(name);
}

function sizeRow(name: string, bytes: number, total: number): Row {
  const share = shareCell(bytes, total, 'c-weights');
  return { cells: [sanitizeText(name), formatCount(bytes), formatBytes(bytes), share] };
}

/** The cache. */
export function cache(report: PlanReport): Markup | undefined {
  const facts = cacheFacts(report);
  if (facts.length === 0) return undefined;
  return html`<section id="cache"><h2>Key/value cache</h2><dl class="tiles">${facts.map(factItem)}</dl></section>`;
}
