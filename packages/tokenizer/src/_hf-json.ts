/** Typed access to the parts of `tokenizer.json`. Everything that is not understood is refused by its name. */
import { isJsonArray, isJsonObject, type JsonArray, type JsonObject, type JsonValue, sanitizeText } from '@mirust/core';
import { tokenizerError } from './errors.ts';
import { MAX_SEQUENCE_DEPTH, MAX_STEPS } from './limits.ts';

/** One component (`{"type": …}`) and where it stands, for messages. */
export interface Component {
  readonly type: string;
  readonly path: string;
  readonly fields: JsonObject;
}

/** An error that names the place and what is wrong with it. */
export function fieldError(path: string, expected: string, value: JsonValue | undefined): Error {
  const actual =
    value === undefined ? 'nothing' : isJsonArray(value) ? 'an array' : value === null ? 'null' : typeof value;
  return tokenizerError('TOKENIZER_FIELD', `${sanitizeText(path)} must be ${expected}, not ${actual}`, {
    key: sanitizeText(path),
    expected,
    actual,
  });
}

/** An error that names what this version does not have. */
export function unsupported(path: string, what: string): Error {
  return tokenizerError('TOKENIZER_UNSUPPORTED', `${sanitizeText(path)}: ${what} is not supported`, {
    key: sanitizeText(path),
    actual: what,
  });
}

/** Text of the file, quoted for a message. */
export function quoted(text: string): string {
  return `"${sanitizeText(text)}"`;
}

export function objectAt(value: JsonValue | undefined, path: string): JsonObject {
  if (!isJsonObject(value)) throw fieldError(path, 'an object', value);
  return value;
}

export function arrayAt(value: JsonValue | undefined, path: string): JsonArray {
  if (!isJsonArray(value)) throw fieldError(path, 'an array', value);
  return value;
}

export function stringAt(value: JsonValue | undefined, path: string): string {
  if (typeof value !== 'string') throw fieldError(path, 'a string', value);
  return value;
}

/** A boolean; `absent` where the field is missing or null. */
export function booleanAt(value: JsonValue | undefined, path: string, absent: boolean): boolean {
  if (value === undefined || value === null) return absent;
  if (typeof value !== 'boolean') throw fieldError(path, 'a boolean', value);
  return value;
}

/** An id: a whole number that is not negative. */
export function idAt(value: JsonValue | undefined, path: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw fieldError(path, 'an id', value);
  }
  return value;
}

/** Throws `TOKENIZER_UNSUPPORTED` for a field that is not among `known`: it might change what the component does. */
export function onlyFields({ type, path, fields }: Component, ...known: readonly string[]): void {
  for (const name of fields.keys()) {
    if (name !== 'type' && !known.includes(name)) throw unsupported(path, `the field ${quoted(name)} of ${type}`);
  }
}

/**
 * The components of a part of the file, `Sequence`s taken apart; none where the part is absent or null. `listName` is
 * the field in which this part's `Sequence` has its list.
 */
export function componentsOf(value: JsonValue | undefined, path: string, listName: string): Component[] {
  const components: Component[] = [];
  collect(value, path, listName, 0, components);
  return components;
}

function collect(value: JsonValue | undefined, path: string, listName: string, depth: number, into: Component[]): void {
  if (value === undefined || value === null) return;
  const fields = objectAt(value, path);
  const component = { type: stringAt(fields.get('type'), `${path}.type`), path, fields };
  if (component.type !== 'Sequence') {
    if (into.length >= MAX_STEPS) throw unsupported(path, `a list of more than ${MAX_STEPS} steps`);
    into.push(component);
    return;
  }
  onlyFields(component, listName);
  if (depth >= MAX_SEQUENCE_DEPTH) throw unsupported(path, `nesting deeper than ${MAX_SEQUENCE_DEPTH}`);
  for (const [index, item] of arrayAt(fields.get(listName), `${path}.${listName}`).entries()) {
    collect(item, `${path}.${listName}[${index}]`, listName, depth + 1, into);
  }
}
