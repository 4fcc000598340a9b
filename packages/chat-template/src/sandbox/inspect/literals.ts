/** What a template writes, and compares with: its texts and numbers. */
import type { TemplateRemark } from '../../job.ts';
import type { TemplateNode } from '../library.ts';

/** Longest text of a template in one piece; those in use have up to 3,000 characters. */
const MAX_TEXT_CHARACTERS = 8192;

/** Largest number. Templates count messages, and cut years out of dates. */
const MAX_NUMBER = 100_000;

/** Addresses, scripts, and markup that loads something. */
const ACTIVE =
  /\b(?:https?|ftp|wss?|file):\/\/|\b(?:javascript|vbscript):|data:text\/html|<(?:script|iframe|img|svg|object|embed|link|style|form)\b|\bon(?:error|load|click)\s*=|!\[[^\]]*\]\(/i;

/** Control characters but tab and line breaks, formatting characters (direction, joining, tags), variation selectors. */
const INVISIBLE = /\p{Cf}|\p{Variation_Selector}|(?![\t\n\r])\p{Cc}/u;

/** A special token as chat templates write them: `<|im_start|>`, `<｜User｜>`, `<start_of_turn>`. */
const MARKER = /<\|[^\s|<>]{1,40}\|>|<｜[^\s｜<>]{1,40}｜>|<(?:start|end)_of_turn>/gu;

/** Most markers that are told. */
const MAX_MARKERS = 64;

/** A piece of a text around a place, for a message. */
function excerpt(text: string, at: number): string {
  return text.slice(Math.max(0, at - 20), at + 40);
}

/** Remarks on texts and numbers, at most one per code. */
export function remarksOnLiterals(nodes: readonly TemplateNode[]): TemplateRemark[] {
  const remarks = new Map<TemplateRemark['code'], string>();
  const note = (code: TemplateRemark['code'], message: string): void => {
    if (!remarks.has(code)) remarks.set(code, message);
  };
  for (const { type, value } of nodes) {
    if (typeof value === 'number' && !(Math.abs(value) <= MAX_NUMBER)) {
      note('TEMPLATE_LARGE_LITERAL', `the template has the number ${value}`);
    }
    if (type !== 'StringLiteral' || typeof value !== 'string') continue;
    if (value.length > MAX_TEXT_CHARACTERS) {
      note('TEMPLATE_LARGE_LITERAL', `the template has a text of ${value.length} characters`);
    }
    const active = ACTIVE.exec(value);
    if (active !== null) note('TEMPLATE_ACTIVE_TEXT', `the template has the text "${excerpt(value, active.index)}"`);
    const hidden = INVISIBLE.exec(value);
    if (hidden !== null) {
      const code = (hidden[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
      note('TEMPLATE_INVISIBLE_TEXT', `the template has U+${code} in the text "${excerpt(value, hidden.index)}"`);
    }
  }
  return [...remarks].map(([code, message]) => ({ code, message }));
}

/** Markers in the template's texts, each once. */
export function findMarkers(nodes: readonly TemplateNode[]): string[] {
  const markers = new Set<string>();
  for (const { type, value } of nodes) {
    if (type !== 'StringLiteral' || typeof value !== 'string') continue;
    for (const [marker] of value.matchAll(MARKER)) if (markers.size < MAX_MARKERS) markers.add(marker);
  }
  return [...markers];
}
