/** What stands behind the total: loading, buffers, platforms, the cost of a token, notes. */
import { formatBytes, sanitizeText } from '@mirust/core';
import type { PlanReport } from '@mirust/schemas';
import { firstOf, sentence } from '../../words/bounds.ts';
import { decodeFacts, noteLines } from '../../words/facts.ts';
import { sumBytes } from '../../words/families.ts';
import { formatCount, plural } from '../../words/numbers.ts';
import { fitSign } from '../../words/tradeoffs.ts';
import { html, type Markup } from '../_markup.ts';
import { moreNote, type Row, shareBar, table } from '../_table.ts';
import { buffersChart } from '../charts/buffers.ts';
import { timelineChart } from '../charts/timeline.ts';
import { legend } from './breakdown.ts';
import { factItem } from './summary.ts';

/** Moments that a chart has room for: the phases of loading are six. */
const MAX_MOMENTS = 16;
/** Buffers that a chart has room for. */
const MAX_BUFFERS = 48;

const PHASES = {
  start: 'the process before it loads anything',
  allocate: 'memory is taken',
  read: 'weights are read and verified',
  repack: 'weights are laid out for the kernels',
  ready: 'loaded',
  run: 'while it generates',
} as const;

/** What is held while the model is loaded. */
export function timeline({ timeline: moments = [], budgetBytes }: PlanReport): Markup | undefined {
  if (moments.length === 0) return undefined;
  const { shown, left } = firstOf(moments, MAX_MOMENTS);
  const peak = Math.max(...moments.map(({ bytes }) => bytes));
  const rows = shown.map(({ phase, bytes }): Row => {
    const size = `${formatBytes(bytes)}${bytes === peak ? ' (peak)' : ''}`;
    return { cells: [phase, size, formatCount(bytes), PHASES[phase]] };
  });
  const columns = [
    { title: 'moment' },
    { title: 'size', isNumber: true },
    { title: 'bytes', isNumber: true },
    { title: '', isText: true },
  ];
  return html`<section id="timeline"><h2>While it loads</h2>
<p class="lead">The peak is ${formatBytes(peak)}.</p>
${timelineChart(shown, budgetBytes)}
${legend(
  shown.flatMap(({ parts }) => parts),
  undefined,
)}
${table('Moments of loading, in order', columns, rows, left)}</section>`;
}

/** Working buffers: lifetimes and places. */
export function buffers({ buffers: all = [] }: PlanReport): Markup | undefined {
  if (all.length === 0) return undefined;
  const drawn = firstOf(all, MAX_BUFFERS);
  const listed = firstOf(all);
  const rows = listed.shown.map(({ name, bytes, offset, firstStep, lastStep }): Row => {
    return {
      cells: [
        sanitizeText(name),
        formatCount(bytes),
        formatBytes(bytes),
        formatCount(offset),
        `${firstStep} – ${lastStep}`,
      ],
    };
  });
  const columns = [
    { title: 'buffer' },
    { title: 'bytes', isNumber: true },
    { title: 'size', isNumber: true },
    { title: 'offset', isNumber: true },
    { title: 'steps', isNumber: true },
  ];
  const tape = Math.max(...all.map(({ offset, bytes }) => offset + bytes));
  return html`<section id="buffers"><h2>Working buffers</h2>
<p class="lead">Each layer uses them anew. ${formatBytes(sumBytes(all))} of buffers lie in ${formatBytes(tape)}: those that are never needed at the same step share their bytes. Steps are the first and the last over all layers.</p>
${buffersChart(drawn.shown)}
${moreNote(drawn.left)}
<details><summary>Each buffer</summary>${table('Working buffers in the order of their places', columns, rows, listed.left)}</details></section>`;
}

/** What the platforms grant. */
export function ceilings({ ceilings: all = [] }: PlanReport): Markup | undefined {
  if (all.length === 0) return undefined;
  const { shown, left } = firstOf(all);
  const rows = shown.map(({ name, limitBytes, bytes, fits, about }): Row => {
    const state = html`<span class="state ${fits ? 'fits' : 'misses'}">${fitSign(fits)} ${fits ? 'fits' : 'does not fit'}</span>`;
    const held = html`${formatBytes(bytes)}${shareBar(bytes, limitBytes, fits ? '' : 'over')}`;
    return {
      cells: [sanitizeText(name), state, held, formatBytes(limitBytes), sentence(about)],
    };
  });
  const columns = [
    { title: 'platform' },
    { title: 'verdict' },
    { title: 'held', isNumber: true },
    { title: 'limit', isNumber: true },
    { title: '', isText: true },
  ];
  return html`<section id="ceilings"><h2>Ceilings of the platforms</h2>
<p class="lead">Apart from the budget: what each platform grants at most.</p>
${table('Ceilings, each with its own verdict', columns, rows, left)}</section>`;
}

/** The cost of the next token. */
export function decode({ decode: cost, options }: PlanReport): Markup | undefined {
  if (cost === undefined) return undefined;
  const at = plural(options.activePositions ?? options.context, 'position');
  return html`<section id="decode"><h2>What the next token costs</h2>
<p class="lead">Estimates, with ${at} in the cache. Where memory is the limit, no engine is faster.</p>
<dl class="tiles">${decodeFacts(cost).map(factItem)}</dl></section>`;
}

/** Notes. */
export function notes(report: PlanReport): Markup | undefined {
  const { shown, left } = firstOf(noteLines(report));
  if (shown.length === 0) return undefined;
  return html`<section id="notes"><h2>Notes</h2><ul class="notes">${shown.map((note) => html`<li>${note}</li>`)}</ul>${moreNote(left)}</section>`;
}
