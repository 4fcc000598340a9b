/**
 * Typed access to a metadata table.
 *
 * `optional…` gives undefined where the key is absent, `require…` throws `GGUF_KEY_MISSING`; both throw
 * `GGUF_KEY_TYPE` where the key is there with another type. Integer widths are not told apart, because exporters do
 * not agree on them: what the format's text calls u64 is a u32 in most files, and i32 occurs.
 */
import { type ErrorContext, sanitizeText } from '@mirust/core';
import { ggufError } from './errors.ts';
import type { GgufMetadata, GgufNumberArray, GgufValue } from './value.ts';

/** The text of a key. */
export function optionalString(metadata: GgufMetadata, key: string): string | undefined {
  const found = metadata.get(key);
  if (found === undefined) return undefined;
  if (found.type !== 'string') throw wrongType(metadata, key, 'a string');
  return found.value;
}

/** The text of a key that must be there. */
export function requireString(metadata: GgufMetadata, key: string): string {
  return required(key, optionalString(metadata, key));
}

/** The boolean of a key. */
export function optionalBool(metadata: GgufMetadata, key: string): boolean | undefined {
  const found = metadata.get(key);
  if (found === undefined) return undefined;
  if (found.type !== 'bool') throw wrongType(metadata, key, 'a boolean');
  return found.value;
}

/** The boolean of a key that must be there. */
export function requireBool(metadata: GgufMetadata, key: string): boolean {
  return required(key, optionalBool(metadata, key));
}

/**
 * The number of a key: a float or an integer of any width. `GGUF_KEY_RANGE` where it is NaN or infinite, or a 64-bit
 * integer that a double cannot hold exactly.
 */
export function optionalNumber(metadata: GgufMetadata, key: string): number | undefined {
  const found = metadata.get(key);
  if (found === undefined) return undefined;
  if (!isNumeric(found)) throw wrongType(metadata, key, 'a number');
  const value = Number(found.value);
  if (!Number.isFinite(value) || (typeof found.value === 'bigint' && !Number.isSafeInteger(value))) {
    throw outOfRange(metadata, key, found.value, 'a finite number within ±(2^53 - 1)');
  }
  return value;
}

/** The number of a key that must be there. */
export function requireNumber(metadata: GgufMetadata, key: string): number {
  return required(key, optionalNumber(metadata, key));
}

/**
 * The count of a key: an integer of any width from 0 to `most`. `GGUF_KEY_RANGE` outside, `GGUF_KEY_TYPE` for a
 * float, even a whole one.
 */
export function optionalUint(
  metadata: GgufMetadata,
  key: string,
  most: number = Number.MAX_SAFE_INTEGER,
): number | undefined {
  const found = metadata.get(key);
  if (found === undefined) return undefined;
  if (!isNumeric(found) || found.type === 'float32' || found.type === 'float64') {
    throw wrongType(metadata, key, 'an integer');
  }
  if (found.value < 0 || found.value > most) throw outOfRange(metadata, key, found.value, `0 to ${most}`);
  return Number(found.value);
}

/** The count of a key that must be there. */
export function requireUint(metadata: GgufMetadata, key: string, most: number = Number.MAX_SAFE_INTEGER): number {
  return required(key, optionalUint(metadata, key, most));
}

/** The strings of a key that holds an array of them. */
export function optionalStrings(metadata: GgufMetadata, key: string): readonly string[] | undefined {
  const found = metadata.get(key);
  if (found === undefined) return undefined;
  if (found.type === 'array' && found.elementType === 'string') return found.values;
  throw wrongType(metadata, key, 'an array of strings');
}

/** The strings of a key that must be there. */
export function requireStrings(metadata: GgufMetadata, key: string): readonly string[] {
  return required(key, optionalStrings(metadata, key));
}

/** The numbers of a key that holds an array of them, as the file stores them: not copied, do not change them. */
export function optionalNumbers(metadata: GgufMetadata, key: string): GgufNumberArray | undefined {
  const found = metadata.get(key);
  if (found === undefined) return undefined;
  if (found.type === 'array' && found.elementType !== 'string' && found.elementType !== 'bool') return found.values;
  throw wrongType(metadata, key, 'an array of numbers');
}

/** The numbers of a key that must be there. */
export function requireNumbers(metadata: GgufMetadata, key: string): GgufNumberArray {
  return required(key, optionalNumbers(metadata, key));
}

/** Key and place of a value, for the errors of whoever judges it. */
export function valueContext(metadata: GgufMetadata, key: string): ErrorContext {
  const offset = metadata.get(key)?.offset;
  return { key: sanitizeText(key), ...(offset === undefined ? {} : { offset }) };
}

function isNumeric(value: GgufValue): value is Extract<GgufValue, { value: number | bigint }> {
  return value.type !== 'array' && value.type !== 'string' && value.type !== 'bool';
}

function required<T>(key: string, value: T | undefined): T {
  if (value === undefined) {
    const shown = sanitizeText(key);
    throw ggufError('GGUF_KEY_MISSING', `the metadata key "${shown}" is absent`, { key: shown });
  }
  return value;
}

function wrongType(metadata: GgufMetadata, key: string, expected: string): Error {
  const found = metadata.get(key);
  const actual = found?.type === 'array' ? `array of ${found.elementType}` : (found?.type ?? 'nothing');
  const context = { ...valueContext(metadata, key), expected, actual };
  return ggufError(
    'GGUF_KEY_TYPE',
    `the metadata key "${sanitizeText(key)}" holds ${actual}, not ${expected}`,
    context,
  );
}

function outOfRange(metadata: GgufMetadata, key: string, value: number | bigint, expected: string): Error {
  const context = { ...valueContext(metadata, key), expected, actual: value };
  return ggufError('GGUF_KEY_RANGE', `the metadata key "${sanitizeText(key)}" is ${value}`, context);
}
