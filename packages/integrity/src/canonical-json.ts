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
 * Throws TypeError for what is no JSON (NaN, infinities, functions, lone surrogates, objects of a class, …), RangeError for
 * nesting deeper than {@link MAX_CANONICAL_DEPTH}.
 */
export function canonicalJson(value: unknown): string {
  // RFC 8785 adopts ECMAScript's text of numbers and strings, so for sorted members the platform's writer is the RFC's,
  // and several times faster than any of ours: META of a large model has a million values, mostly in order already.
  return checkValue(value, 0) ? JSON.stringify(value) : write(value);
}

/** Throws where a value is no JSON; gives whether all members are sorted. */
function checkValue(value: unknown, depth: number): boolean {
  if (value === null || typeof value === 'boolean') return true;
  if (typeof value === 'string') return checkString(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`JSON has no number ${value}`);
    return true;
  }
  if (typeof value !== 'object') throw new TypeError(`JSON has no ${typeof value}`);
  if (depth === MAX_CANONICAL_DEPTH) throw new RangeError(`nested deeper than ${MAX_CANONICAL_DEPTH}`);
  let sorted = true;
  if (Array.isArray(value)) {
    for (const item of value) sorted = checkValue(item, depth + 1) && sorted;
    return sorted;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw new TypeError('JSON has no objects of a class');
  const members = value as Readonly<Record<string, unknown>>;
  let previous = '';
  for (const key of Object.keys(members)) {
    const member = members[key];
    if (member === undefined) continue;
    // Strings compare by UTF-16 code units, which is the order that the RFC asks for.
    if (key < previous) sorted = false;
    previous = key;
    checkString(key);
    sorted = checkValue(member, depth + 1) && sorted;
  }
  return sorted;
}

/** A lone surrogate has no UTF-8 form: two different texts would become the same bytes. */
function checkString(text: string): true {
  // Most strings have no surrogate at all, which the first expression finds faster than the second.
  if (/[\ud800-\udfff]/.test(text) && /\p{Surrogate}/u.test(text)) {
    throw new TypeError('JSON text holds a lone surrogate');
  }
  return true;
}

/** Writes a value that has been checked. */
function write(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
  const members = value as Readonly<Record<string, unknown>>;
  const texts: string[] = [];
  for (const key of Object.keys(members).sort()) {
    if (members[key] !== undefined) texts.push(`${JSON.stringify(key)}:${write(members[key])}`);
  }
  return `{${texts.join(',')}}`;
}

/** The strict reader's Maps as plain objects, for a validator. `fromEntries` makes even `__proto__` an own key. */
export function plainJson(value: JsonValue): unknown {
  if (isJsonObject(value)) return Object.fromEntries([...value].map(([key, inner]) => [key, plainJson(inner)]));
  return isJsonArray(value) ? value.map(plainJson) : value;
}
