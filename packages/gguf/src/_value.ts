/** Reads one typed metadata value. */
import {
  type ByteCursor,
  cursorOffset,
  readF32,
  readF64,
  readI8,
  readI16,
  readI32,
  readI64,
  readU8,
  readU16,
  readU32,
  readU64,
} from '@mirust/core';
import { lazyBooleans, lazyText, lazyTexts } from './_lazy.ts';
import { viewNumbers } from './_numbers.ts';
import { readStringBytes, readStringRecords, type StringLimit } from './_string.ts';
import { MIN_VALUE_BYTES, VALUE_TYPES } from './_value-types.ts';
import { bytesLeft, fill, type HeaderWindow, lacks, readDirect } from './_window.ts';
import { ggufError } from './errors.ts';
import { MAX_GGUF_ARRAY_LENGTH, MAX_GGUF_STRING_BYTES } from './limits.ts';
import type { GgufArray, GgufNumberType, GgufScalarType, GgufValue } from './value.ts';

const STRING_LIMIT: StringLimit = { minBytes: 0, maxBytes: MAX_GGUF_STRING_BYTES, code: 'GGUF_LIMIT' };

/** A text that is decoded when it is read. */
const MAX_EAGER_BYTES = 1024;

/** Reads a type number and the value behind it. `what` names the value in errors; the sanitized key is their context. */
export async function readValue(window: HeaderWindow, key: string, what: string): Promise<GgufValue> {
  const type = await readType(window, key, what);
  const offset = cursorOffset(window.cursor);
  if (type === 'array') return readArray(window, key, what, offset);
  if (type === 'string') return readText(window, what, offset);
  if (lacks(window, MIN_VALUE_BYTES[type])) await fill(window, MIN_VALUE_BYTES[type], what);
  if (type === 'bool') return { type, value: toBool(readU8(window.cursor, what), key, what, offset), offset };
  if (type === 'uint64') return { type, value: readU64(window.cursor, what), offset };
  if (type === 'int64') return { type, value: readI64(window.cursor, what), offset };
  return { type, value: readNumber(window.cursor, type, what), offset };
}

async function readType(window: HeaderWindow, key: string, what: string): Promise<GgufScalarType | 'array'> {
  if (lacks(window, 4)) await fill(window, 4, what);
  const offset = cursorOffset(window.cursor);
  const id = readU32(window.cursor, what);
  const type = VALUE_TYPES[id];
  if (type === undefined) {
    throw ggufError('GGUF_VALUE_TYPE', `${what} has type ${id}`, { offset, key, actual: id, expected: '0 to 12' });
  }
  return type;
}

async function readText(window: HeaderWindow, what: string, offset: number): Promise<GgufValue> {
  const bytes = await readStringBytes(window, STRING_LIMIT, what);
  // A short one is no longer than the place where it would wait, and keeps a piece of the file alive.
  if (bytes.byteLength > MAX_EAGER_BYTES) return lazyText(bytes, offset);
  return { type: 'string', value: window.decoder.decode(bytes), offset };
}

async function readArray(window: HeaderWindow, key: string, what: string, offset: number): Promise<GgufArray> {
  const typeOffset = cursorOffset(window.cursor);
  const elementType = await readType(window, key, what);
  if (elementType === 'array') {
    throw ggufError('GGUF_NESTED_ARRAY', `${what} is an array of arrays`, { offset: typeOffset, key });
  }
  if (lacks(window, 8)) await fill(window, 8, what);
  const countOffset = cursorOffset(window.cursor);
  const announced = readU64(window.cursor, what);
  const possible = Math.floor(bytesLeft(window) / MIN_VALUE_BYTES[elementType]);
  if (announced > possible) {
    const message = `${what} announces ${announced} elements, the rest of the file holds at most ${possible}`;
    throw ggufError('GGUF_COUNT', message, { offset: countOffset, key, actual: announced, limit: possible });
  }
  if (announced > MAX_GGUF_ARRAY_LENGTH) {
    const context = { offset: countOffset, key, actual: announced, limit: MAX_GGUF_ARRAY_LENGTH };
    throw ggufError('GGUF_HEADER_TOO_LARGE', `${what} has ${announced} elements`, context);
  }
  const count = Number(announced);
  if (elementType === 'string') {
    return lazyTexts(await readStringRecords(window, count, STRING_LIMIT, what), offset);
  }
  const elementsOffset = cursorOffset(window.cursor);
  const bytes = await readDirect(window, count * MIN_VALUE_BYTES[elementType], what);
  if (elementType === 'bool') {
    const wrong = bytes.findIndex((byte) => byte > 1);
    if (wrong >= 0) toBool(bytes[wrong] ?? 0, key, what, elementsOffset + wrong);
    return lazyBooleans(bytes, offset);
  }
  return { type: 'array', elementType, values: viewNumbers(elementType, bytes), offset };
}

function readNumber(cursor: ByteCursor, type: GgufNumberType, what: string): number {
  switch (type) {
    case 'uint8':
      return readU8(cursor, what);
    case 'int8':
      return readI8(cursor, what);
    case 'uint16':
      return readU16(cursor, what);
    case 'int16':
      return readI16(cursor, what);
    case 'uint32':
      return readU32(cursor, what);
    case 'int32':
      return readI32(cursor, what);
    case 'float32':
      return readF32(cursor, what);
    case 'float64':
      return readF64(cursor, what);
  }
}

function toBool(byte: number, key: string, what: string, offset: number): boolean {
  if (byte > 1) throw ggufError('GGUF_BOOL', `${what} has a boolean of ${byte}`, { offset, key, actual: byte });
  return byte === 1;
}
