/**
 * String escapes that Python knows and the library's lexer refuses. Jinja reads a string as Python does: a backslash in
 * front of a line break joins the lines, one in front of a letter without meaning stays.
 */
import { findTags } from './tags.ts';

/** What the library reads as Python does. */
const KNOWN = /^(?:[ntrbfv'"\\]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4})/;

/** The template with strings that the library can read. Line breaks that strings continue over are lost. */
export function normalizeEscapes(source: string): string {
  if (!source.includes('\\')) return source;
  let normalized = '';
  let done = 0;
  for (const { open, text, at } of findTags(source)) {
    normalized +=
      source.slice(done, at) + (open === '{#' ? text : text.replace(/'(?:[^\\']|\\.)*'|"(?:[^\\"]|\\.)*"/gs, known));
    done = at + text.length;
  }
  return normalized + source.slice(done);
}

/** One string, quotes and all. */
function known(string: string): string {
  return string.replace(/\\(U[0-9a-fA-F]{8}|[0-7]{1,3}|.)([0-9a-fA-F]{0,4})/gs, (whole, name: string, next: string) => {
    // A number that is cut short is an error to Python too.
    if (KNOWN.test(name + next) || /^[xuUN]$/.test(name)) return whole;
    if (name === '\n') return next;
    if (name === 'a') return `\\x07${next}`;
    const code = name.startsWith('U') ? Number.parseInt(name.slice(1), 16) : Number.parseInt(name, 8);
    if (code <= 0x10ffff) return escapeUnits(String.fromCodePoint(code)) + next;
    return `\\\\${name}${next}`;
  });
}

function escapeUnits(text: string): string {
  return Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join(
    '',
  );
}
