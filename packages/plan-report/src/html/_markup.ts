/**
 * HTML that cannot be broken by what stands in it: a template tag that escapes every value. Markup is a type of its own, so
 * that text never passes for it.
 */
import { sanitizeText } from '@mirust/core';

/** Longest text of one value. What a report says is bounded before, names far shorter. */
const MAX_VALUE_CHARACTERS = 8192;

/** A piece of a page. Made by {@link html} and {@link trusted} alone. */
export class Markup {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

/** What may stand in a template: text and numbers are escaped, false and undefined are nothing. */
export type MarkupValue = string | number | Markup | false | undefined | readonly MarkupValue[];

/** Markup from a template: html`<p>${text}</p>`. Values are for contents and for attributes in double quotes. */
export function html(parts: TemplateStringsArray, ...values: readonly MarkupValue[]): Markup {
  return new Markup(parts.map((part, index) => `${part}${sourceOf(values[index])}`).join(''));
}

/** Markup of our own making: styles, drawings. Never text of a report. */
export function trusted(source: string): Markup {
  return new Markup(source);
}

function sourceOf(value: MarkupValue): string {
  if (value === undefined || value === false) return '';
  if (value instanceof Markup) return value.source;
  if (typeof value === 'object') return value.map(sourceOf).join('');
  return escapeHtml(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as HTML; invisible characters, which could reorder a line, become visible. */
function escapeHtml(text: string): string {
  return sanitizeText(text, MAX_VALUE_CHARACTERS).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
