/** Reading hyperparameters out of a table whose values may have any type: a parsed config.json, the keys of a GGUF. */
import { sanitizeText } from '@mirust/core';
import { modelError } from './errors.ts';

/** A JSON object as a Map (keys come from the file), values of any JSON type. */
export type FieldTable = ReadonlyMap<string, unknown>;

/** The value under the first of `keys` that is present and not null. */
export function optionalField(table: FieldTable, ...keys: readonly string[]): unknown {
  for (const key of keys) {
    const value = table.get(key);
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
}

/** A number, or undefined where absent or null. Throws `MODEL_FIELD_TYPE` for anything else. */
export function optionalNumber(table: FieldTable, ...keys: readonly string[]): number | undefined {
  const value = optionalField(table, ...keys);
  if (value === undefined) return undefined;
  if (typeof value !== 'number') throw typeError(keys, value, 'a number');
  return value;
}

/** A number; throws `MODEL_FIELD_MISSING` where absent. */
export function requiredNumber(table: FieldTable, ...keys: readonly string[]): number {
  const value = optionalNumber(table, ...keys);
  if (value === undefined) throw modelError('MODEL_FIELD_MISSING', `${keys[0]} is missing`, { key: keys[0] ?? '' });
  return value;
}

/** A string, or undefined. Throws `MODEL_FIELD_TYPE` for anything else. */
export function optionalString(table: FieldTable, ...keys: readonly string[]): string | undefined {
  const value = optionalField(table, ...keys);
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw typeError(keys, value, 'a string');
  return value;
}

/** A boolean, or undefined. Throws `MODEL_FIELD_TYPE` for anything else. */
export function optionalBoolean(table: FieldTable, ...keys: readonly string[]): boolean | undefined {
  const value = optionalField(table, ...keys);
  if (value === undefined) return undefined;
  if (typeof value !== 'boolean') throw typeError(keys, value, 'true or false');
  return value;
}

/** A nested object, or undefined. Throws `MODEL_FIELD_TYPE` for anything else. */
export function optionalTable(table: FieldTable, ...keys: readonly string[]): FieldTable | undefined {
  const value = optionalField(table, ...keys);
  if (value === undefined) return undefined;
  if (!(value instanceof Map)) throw typeError(keys, value, 'an object');
  return value as FieldTable;
}

/** A list, or undefined. Throws `MODEL_FIELD_TYPE` for anything else. */
export function optionalList(table: FieldTable, ...keys: readonly string[]): readonly unknown[] | undefined {
  const value = optionalField(table, ...keys);
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw typeError(keys, value, 'a list');
  return value;
}

function typeError(keys: readonly string[], value: unknown, expected: string): Error {
  const key = keys[0] ?? '';
  const actual = Array.isArray(value) ? 'a list' : value instanceof Map ? 'an object' : `a ${typeof value}`;
  const shown = typeof value === 'string' ? ` ("${sanitizeText(value, 40)}")` : '';
  return modelError('MODEL_FIELD_TYPE', `${key} is ${actual}${shown}, expected ${expected}`, { key, actual, expected });
}
