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

/** Checks one entry of the header. `entryOffset` is the byte offset of its object, or of the header. */
export function readEntry(name: string, value: JsonValue, entryOffset: number): HeaderEntry {
  const tensor = sanitizeText(name);
  const context: ErrorContext = { offset: entryOffset, tensor };
  if (name === '') throw safetensorsError('SAFETENSORS_NAME', 'a tensor has an empty name', context);
  if (name.length > MAX_SAFETENSORS_NAME_LENGTH) {
    throw safetensorsError('SAFETENSORS_LIMIT', `a tensor name has ${name.length} characters`, {
      ...context,
      actual: name.length,
      limit: MAX_SAFETENSORS_NAME_LENGTH,
    });
  }
  if (!isJsonObject(value)) throw safetensorsError('SAFETENSORS_ENTRY', `entry "${tensor}" is not an object`, context);
  for (const field of ['dtype', 'shape', 'data_offsets']) {
    if (!value.has(field)) {
      throw safetensorsError('SAFETENSORS_ENTRY', `tensor "${tensor}" has no ${field}`, { ...context, key: field });
    }
  }
  for (const field of value.keys()) {
    if (field !== 'dtype' && field !== 'shape' && field !== 'data_offsets') {
      const key = sanitizeText(field);
      throw safetensorsError('SAFETENSORS_ENTRY', `tensor "${tensor}" has the unknown field "${key}"`, {
        ...context,
        key,
      });
    }
  }
  const dtype = readDType(value.get('dtype'), context);
  const shape = readShape(value.get('shape'), context);
  const [begin, end] = readSpan(value.get('data_offsets'), context);
  checkSize(dtype, shape, end - begin, context);
  return { name, dtype, shape, begin, end, entryOffset };
}

function readDType(value: JsonValue | undefined, context: ErrorContext): DTypeName {
  const shown = typeof value === 'string' ? `"${sanitizeText(value)}"` : 'no string';
  const dtype = typeof value === 'string' ? dtypeFromSafetensors(value) : undefined;
  if (dtype !== undefined) return dtype;
  const known = typeof value === 'string' && UNSUPPORTED_DTYPES.has(value);
  const code = known ? 'SAFETENSORS_DTYPE_UNSUPPORTED' : 'SAFETENSORS_DTYPE';
  throw safetensorsError(code, `the dtype of tensor "${context.tensor}" is ${shown}`, { ...context, actual: shown });
}

function readShape(value: JsonValue | undefined, context: ErrorContext): number[] {
  const what = `tensor "${context.tensor}"`;
  if (!isJsonArray(value)) throw safetensorsError('SAFETENSORS_SHAPE', `the shape of ${what} is not a list`, context);
  if (value.length > MAX_SAFETENSORS_RANK) {
    throw safetensorsError('SAFETENSORS_SHAPE', `${what} has ${value.length} dimensions`, {
      ...context,
      actual: value.length,
      limit: MAX_SAFETENSORS_RANK,
    });
  }
  return value.map((dimension) => {
    if (typeof dimension !== 'number' || dimension < 0) {
      throw safetensorsError(
        'SAFETENSORS_SHAPE',
        `${what} has a dimension that is not a whole number from 0 on`,
        context,
      );
    }
    return requireSafe(dimension, `a dimension of ${what}`, context);
  });
}

function readSpan(value: JsonValue | undefined, context: ErrorContext): [number, number] {
  const what = `the data_offsets of tensor "${context.tensor}"`;
  const [begin, end] = isJsonArray(value) && value.length === 2 ? value : [];
  if (typeof begin !== 'number' || typeof end !== 'number' || begin < 0 || end < begin) {
    throw safetensorsError('SAFETENSORS_OFFSETS', `${what} are not two whole numbers in order`, context);
  }
  return [requireSafe(begin, what, context), requireSafe(end, what, context)];
}

function checkSize(dtype: DTypeName, shape: readonly number[], span: number, context: ErrorContext): void {
  const what = `tensor "${context.tensor}"`;
  elementCount(shape, what, context);
  const { payloadBytes } = encodedSize(createEncoding(dtype, shape), shape, context);
  if (payloadBytes !== span) {
    const message = `${what} is ${dtype} ${formatShape(shape)}, ${payloadBytes} bytes, and has ${span}`;
    throw safetensorsError('SAFETENSORS_SIZE', message, { ...context, expected: payloadBytes, actual: span });
  }
}

/** An integer of the header, exact only within 2^53 - 1: JSON gives it as a double. */
function requireSafe(value: number, what: string, context: ErrorContext): number {
  if (!Number.isSafeInteger(value))
    throw coreError('OVERFLOW', `${what} passes 2^53 - 1`, { ...context, actual: value });
  return value;
}
