/**
 * Canonical JSON, RFC 8785: one text per value, so that a digest of the text is a digest of the value. Members are
 * sorted by the UTF-16 code units of their names, there is no white space, numbers and strings are written as
 * ECMAScript writes them.
 */

import { isJsonArray, isJsonObject, type JsonValue } from '@mirust/core';

/** Deeper nesting than any document of this project has (7); a bound keeps the recursion from a stack overflow. */
export const MAX_CANONICAL_DEPTH = 64;

/**
 * The canonical text of a value. Members whose value is undefined are left out, as in JSON.stringify.
 * Throws TypeError for what is no JSON (NaN, infinities, functions, lone surrogates, …), RangeError for nesting deeper
 * than {@link MAX_CANONICAL_DEPTH}.
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0);
}

function write(value: unknown, depth: number): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return writeString(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`JSON has no number ${value}`);
    // RFC 8785 adopts ECMAScript's number text, which is what JSON.stringify writes; -0 becomes 0.
    return JSON.stringify(value);
  }
  if (typeof value !== 'object') throw new TypeError(`JSON has no ${typeof value}`);
  if (depth === MAX_CANONICAL_DEPTH) throw new RangeError(`nested deeper than ${MAX_CANONICAL_DEPTH}`);
  if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(',')}]`;
  const members = Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    // Strings compare by UTF-16 code units in ECMAScript, which is the order that the RFC asks for.
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, inner]) => `${writeString(key)}:${write(inner, depth + 1)}`);
  return `{${members.join(',')}}`;
}

function writeString(text: string): string {
  // A lone surrogate has no UTF-8 form: two different texts would become the same bytes.
  if (/\p{Surrogate}/u.test(text)) throw new TypeError('JSON text holds a lone surrogate');
  return JSON.stringify(text);
}

/** The strict reader's Maps as plain objects, for a validator. `fromEntries` makes even `__proto__` an own key. */
export function plainJson(value: JsonValue): unknown {
  if (isJsonObject(value)) return Object.fromEntries([...value].map(([key, inner]) => [key, plainJson(inner)]));
  return isJsonArray(value) ? value.map(plainJson) : value;
}
