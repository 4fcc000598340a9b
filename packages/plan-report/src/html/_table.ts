/** Tables of the page: with a caption, and in a box of their own that scrolls where the screen is narrower. */
import { formatShare, plural } from '../words/numbers.ts';
import { html, type Markup, type MarkupValue } from './_markup.ts';

/** A column. */
export interface Column {
  readonly title: string;
  readonly isNumber?: boolean;
  /** Sentences: kept wide enough to read. */
  readonly isText?: boolean;
}

/** A row: its first cell names it. */
export interface Row {
  readonly cells: readonly MarkupValue[];
  /** `sum` and `part` of a sum. */
  readonly role?: 'sum' | 'part';
}

/** See the module comment. `left`: rows that are not shown. */
export function table(caption: string, columns: readonly Column[], rows: readonly Row[], left = 0): Markup {
  const head = columns.map(
    ({ title, isNumber }) => html`<th scope="col"${classOf(isNumber && 'number')}>${title}</th>`,
  );
  const body = rows.map(
    ({ cells, role }) => html`<tr${classOf(role)}>${cells.map((cell, at) => cellOf(cell, columns[at], at))}</tr>`,
  );
  return scrollBox(
    caption,
    html`<table><caption><span>${caption}</span></caption><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`,
    left,
  );
}

/** A box that scrolls sideways, also by the keyboard. */
export function scrollBox(label: string, content: Markup, left = 0): Markup {
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0">${content}</div>${moreNote(left)}`;
}

/** How many are not shown. */
export function moreNote(left: number): Markup | undefined {
  return left === 0 ? undefined : html`<p class="muted">… and ${plural(left, 'more row')}</p>`;
}

/** A share as a number and a bar. */
export function shareCell(part: number, whole: number, modifiers: string): Markup {
  return html`<span class="share"><span>${formatShare(part, whole)}</span>${shareBar(part, whole, modifiers)}</span>`;
}

/** A bar of some share of a cell's width. */
export function shareBar(part: number, whole: number, modifiers: string): Markup {
  const share = whole === 0 ? (part === 0 ? 0 : 1) : Math.min(1, part / whole);
  return html`<span class="bar ${modifiers}" aria-hidden="true"><i style="width:${(share * 100).toFixed(1)}%"></i></span>`;
}

function cellOf(cell: MarkupValue, column: Column | undefined, at: number): Markup {
  if (at === 0) return html`<th scope="row">${cell}</th>`;
  return html`<td${classOf(column?.isNumber ? 'number' : column?.isText && 'text')}>${cell}</td>`;
}

function classOf(name: string | false | undefined): Markup | undefined {
  return name === undefined || name === false ? undefined : html` class="${name}"`;
}
