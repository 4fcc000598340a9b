/** Checks what a header entry says by itself: fields, type, shape, span. */
import {
  coreError,
  createEncoding,
  type DTypeName,
  dtypeFromSafetensors,
  type ErrorContext,
  elementCount,
  encodedSize,
  formatShape,
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  sanitizeText,
} from '@mirust/core';
import { safetensorsError } from './errors.ts';
import { MAX_SAFETENSORS_NAME_LENGTH, MAX_SAFETENSORS_RANK } from './limits.ts';

/** An entry whose span is still relative to the data. */
export interface HeaderEntry {
  readonly name: string;
  readonly dtype: DTypeName;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
  /** Where the entry lies in the file, for errors. */
  readonly entryOffset: number;
}

/** Types of the format that the dtype table does not have: parts of a byte, complex, and AMD's floats of 8 bits. */
const UNSUPPORTED_DTYPES: ReadonlySet<string> = new Set([
  'F4',
  'F6_E2M3',
  'F6_E3M2',
  'C64',
  'F8_E4M3FNUZ',
  'F8_E5M2FNUZ',
]);

/** Checks one entry of the header. `entryOffset` is the byte offset of its value. */
export function readEntry(name: string, value: JsonValue, entryOffset: number): HeaderEntry {
  const place: EntryPlace = { name, offset: entryOffset };
  if (name === '') {
    throw safetensorsError('SAFETENSORS_NAME', 'a tensor has an empty name', contextOf(place));
  }
  if (name.length > MAX_SAFETENSORS_NAME_LENGTH) {
    throw safetensorsError('SAFETENSORS_LIMIT', `a tensor name has ${name.length} characters`, {
      ...contextOf(place),
      actual: name.length,
      limit: MAX_SAFETENSORS_NAME_LENGTH,
    });
  }
  if (!isJsonObject(value)) {
    throw safetensorsError('SAFETENSORS_ENTRY', `entry "${sanitizeText(name)}" is not an object`, contextOf(place));
  }
  for (const field of FIELDS) {
    if (!value.has(field)) {
      throw safetensorsError('SAFETENSORS_ENTRY', `${shown(place)} has no ${field}`, {
        ...contextOf(place),
        key: field,
      });
    }
  }
  if (value.size > FIELDS.length) throw unknownField(value, place);
  const dtype = readDType(value.get('dtype'), place);
  const shape = readShape(value.get('shape'), place);
  const [begin, end] = readSpan(value.get('data_offsets'), place);
  checkSize(dtype, shape, end - begin, place);
  return { name, dtype, shape, begin, end, entryOffset };
}

/** Names of tensors are made safe, which costs more than reading them, only where one is shown. */
interface EntryPlace {
  readonly name: string;
  readonly offset: number;
}

function contextOf({ name, offset }: EntryPlace): ErrorContext {
  return { offset, tensor: sanitizeText(name) };
}

function shown({ name }: EntryPlace): string {
  return `tensor "${sanitizeText(name)}"`;
}

const FIELDS: readonly string[] = ['dtype', 'shape', 'data_offsets'];

function unknownField(value: JsonObject, place: EntryPlace): Error {
  const key = sanitizeText([...value.keys()].find((field) => !FIELDS.includes(field)) ?? '');
  const message = `${shown(place)} has the unknown field "${key}"`;
  return safetensorsError('SAFETENSORS_ENTRY', message, { ...contextOf(place), key });
}

function readDType(value: JsonValue | undefined, place: EntryPlace): DTypeName {
  const dtype = typeof value === 'string' ? dtypeFromSafetensors(value) : undefined;
  if (dtype !== undefined) return dtype;
  const actual = typeof value === 'string' ? `"${sanitizeText(value)}"` : 'no string';
  const known = typeof value === 'string' && UNSUPPORTED_DTYPES.has(value);
  const code = known ? 'SAFETENSORS_DTYPE_UNSUPPORTED' : 'SAFETENSORS_DTYPE';
  throw safetensorsError(code, `the dtype of ${shown(place)} is ${actual}`, { ...contextOf(place), actual });
}

function readShape(value: JsonValue | undefined, place: EntryPlace): readonly number[] {
  if (!isJsonArray(value)) {
    throw safetensorsError('SAFETENSORS_SHAPE', `the shape of ${shown(place)} is not a list`, contextOf(place));
  }
  if (value.length > MAX_SAFETENSORS_RANK) {
    throw safetensorsError('SAFETENSORS_SHAPE', `${shown(place)} has ${value.length} dimensions`, {
      ...contextOf(place),
      actual: value.length,
      limit: MAX_SAFETENSORS_RANK,
    });
  }
  for (const dimension of value) {
    if (typeof dimension !== 'number' || dimension < 0) {
      const message = `${shown(place)} has a dimension that is not a whole number from 0 on`;
      throw safetensorsError('SAFETENSORS_SHAPE', message, contextOf(place));
    }
    if (!Number.isSafeInteger(dimension)) throw unsafe(dimension, `a dimension of ${shown(place)}`, place);
  }
  return value as readonly number[];
}

function readSpan(value: JsonValue | undefined, place: EntryPlace): readonly [number, number] {
  const [begin, end] = isJsonArray(value) && value.length === 2 ? value : [];
  if (typeof begin !== 'number' || typeof end !== 'number' || begin < 0 || end < begin) {
    const message = `the data_offsets of ${shown(place)} are not two whole numbers in order`;
    throw safetensorsError('SAFETENSORS_OFFSETS', message, contextOf(place));
  }
  for (const offset of [begin, end]) {
    if (!Number.isSafeInteger(offset)) throw unsafe(offset, `the data_offsets of ${shown(place)}`, place);
  }
  return [begin, end];
}

function checkSize(dtype: DTypeName, shape: readonly number[], span: number, place: EntryPlace): void {
  let payloadBytes: number;
  try {
    payloadBytes = byteLengthOf(dtype, shape);
  } catch {
    // Once more, for an error that names the tensor.
    payloadBytes = byteLengthOf(dtype, shape, shown(place), contextOf(place));
  }
  if (payloadBytes !== span) {
    const message = `${shown(place)} is ${dtype} ${formatShape(shape)}, ${payloadBytes} bytes, and has ${span}`;
    throw safetensorsError('SAFETENSORS_SIZE', message, {
      ...contextOf(place),
      expected: payloadBytes,
      actual: span,
    });
  }
}

function byteLengthOf(dtype: DTypeName, shape: readonly number[], what?: string, context?: ErrorContext): number {
  elementCount(shape, what, context);
  return encodedSize(createEncoding(dtype, shape), shape, context).payloadBytes;
}

/** An integer of the header is exact only within 2^53 - 1: JSON gives it as a double. */
function unsafe(value: number, what: string, place: EntryPlace): Error {
  return coreError('OVERFLOW', `${what} passes 2^53 - 1`, { ...contextOf(place), actual: value });
}
