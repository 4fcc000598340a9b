/** Where the tags of a template are. The library's tokens carry no position, so that errors could not name a line. */

/** A tag, or a comment. */
export interface TemplateTag {
  /** `{{`, `{%` or `{#`. */
  readonly open: string;
  /** From the opening to the closing delimiter. */
  readonly text: string;
  /** Where it starts: index in the source, and line counted from 1. */
  readonly at: number;
  readonly line: number;
  /** First word: `for`. */
  readonly word: string;
}

/** Finds all tags as the library's lexer does: text up to an opening delimiter, quotes inside. A tag without end is the last. */
export function findTags(source: string): TemplateTag[] {
  const tags: TemplateTag[] = [];
  let line = 1;
  let counted = 0;
  let at = 0;
  for (;;) {
    at = nextOpening(source, at);
    if (at < 0) return tags;
    for (; counted < at; counted++) if (source.charCodeAt(counted) === 10) line++;
    const open = source.slice(at, at + 2);
    const end = open === '{#' ? endOfComment(source, at + 2) : endOfTag(source, at + 2, open === '{{' ? '}}' : '%}');
    const text = source.slice(at, end);
    tags.push({ open, text, at, line, word: /^..[-+]?\s*(\w*)/s.exec(text)?.[1] ?? '' });
    at = end;
  }
}

function nextOpening(source: string, from: number): number {
  for (let at = source.indexOf('{', from); at >= 0; at = source.indexOf('{', at + 1)) {
    const next = source[at + 1];
    if (next === '{' || next === '%' || next === '#') return at;
  }
  return -1;
}

function endOfComment(source: string, from: number): number {
  const end = source.indexOf('#}', from);
  return end < 0 ? source.length : end + 2;
}

function endOfTag(source: string, from: number, close: string): number {
  let braces = 0;
  for (let at = from; at < source.length; at++) {
    const character = source[at];
    if (character === '"' || character === "'") {
      at = endOfQuote(source, at + 1, character);
    } else if (source.startsWith(close, at) && (close === '%}' || braces === 0)) {
      return at + 2;
    } else if (character === '{') braces++;
    else if (character === '}') braces--;
  }
  return source.length;
}

/** Index of the closing quote. */
function endOfQuote(source: string, from: number, quote: string): number {
  for (let at = from; at < source.length; at++) {
    if (source[at] === '\\') at++;
    else if (source[at] === quote) return at;
  }
  return source.length;
}
