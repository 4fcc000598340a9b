/** Writes one typed metadata value. */
import { appendString, appendU32, appendU64, type ByteBuilder, extend } from './_byte-builder.ts';
import { MIN_VALUE_BYTES, VALUE_TYPES } from './_value-types.ts';
import { MAX_GGUF_ARRAY_LENGTH, MAX_GGUF_STRING_BYTES } from './limits.ts';
import type { GgufArray, GgufNumberArray, GgufNumberType, GgufScalarType, GgufValue } from './value.ts';

const STRING_LIMIT = { minBytes: 0, maxBytes: MAX_GGUF_STRING_BYTES } as const;

/** The least and the greatest integer of a type. */
const INTEGER_RANGES: Readonly<Record<Exclude<GgufNumberType, 'float32' | 'float64'>, readonly [number, number]>> = {
  uint8: [0, 2 ** 8 - 1],
  int8: [-(2 ** 7), 2 ** 7 - 1],
  uint16: [0, 2 ** 16 - 1],
  int16: [-(2 ** 15), 2 ** 15 - 1],
  uint32: [0, 2 ** 32 - 1],
  int32: [-(2 ** 31), 2 ** 31 - 1],
};

/** The typed array that holds the elements of a type: another one of the same width would change the values. */
const ARRAY_CLASSES: Readonly<Record<GgufNumberType | 'uint64' | 'int64', new (length: number) => GgufNumberArray>> = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
};

/**
 * Appends a type number and the value behind it. `what` names the value in errors. Throws TypeError for a type that
 * does not exist or a value of another one, RangeError for a value that its type cannot hold.
 */
export function appendValue(builder: ByteBuilder, value: GgufValue, what: string): void {
  appendU32(builder, typeId(value.type, what));
  if (value.type === 'array') appendArray(builder, value, what);
  else appendScalar(builder, value.type, value.value, what);
}

function typeId(type: GgufScalarType | 'array', what: string): number {
  const id = VALUE_TYPES.indexOf(type);
  if (id === -1) throw new TypeError(`${what} has the type ${String(type)}, which GGUF does not know`);
  return id;
}

function appendArray(builder: ByteBuilder, { elementType, values }: GgufArray, what: string): void {
  // The type says so too, but the reader refuses arrays of arrays and a caller in JavaScript may not know.
  if ((elementType as string) === 'array') throw new TypeError(`${what} is an array of arrays`);
  const id = typeId(elementType, what);
  if (values.length > MAX_GGUF_ARRAY_LENGTH) {
    throw new RangeError(`${what} has ${values.length} elements, allowed are ${MAX_GGUF_ARRAY_LENGTH}`);
  }
  if (elementType !== 'string' && elementType !== 'bool' && !(values instanceof ARRAY_CLASSES[elementType])) {
    throw new TypeError(`the elements of ${what} must be in a ${ARRAY_CLASSES[elementType].name}`);
  }
  appendU32(builder, id);
  appendU64(builder, values.length);
  for (const element of values) appendScalar(builder, elementType, element, what);
}

function appendScalar(builder: ByteBuilder, type: GgufScalarType, value: unknown, what: string): void {
  if (type === 'string') {
    if (typeof value !== 'string') throw wrongType(what, 'a string');
    appendString(builder, value, STRING_LIMIT, what);
    return;
  }
  const at = extend(builder, MIN_VALUE_BYTES[type]);
  if (type === 'bool') {
    if (typeof value !== 'boolean') throw wrongType(what, 'a boolean');
    builder.view.setUint8(at, value ? 1 : 0);
  } else if (type === 'uint64' || type === 'int64') {
    if (typeof value !== 'bigint') throw wrongType(what, 'a bigint');
    const asType = type === 'uint64' ? BigInt.asUintN(64, value) : BigInt.asIntN(64, value);
    if (asType !== value) throw new RangeError(`${what} is ${value}, which no ${type} can hold`);
    builder.view.setBigUint64(at, BigInt.asUintN(64, value), true);
  } else {
    if (typeof value !== 'number') throw wrongType(what, 'a number');
    setNumber(builder.view, at, type, value, what);
  }
}

function setNumber(view: DataView, at: number, type: GgufNumberType, value: number, what: string): void {
  if (type === 'float64') {
    view.setFloat64(at, value, true);
    return;
  }
  if (type === 'float32') {
    // Rounding to the nearest f32 is what the type means; a finite number that becomes infinite is a mistake.
    if (Number.isFinite(value) && !Number.isFinite(Math.fround(value))) {
      throw new RangeError(`${what} is ${value}, which no float32 can hold`);
    }
    view.setFloat32(at, value, true);
    return;
  }
  const [least, greatest] = INTEGER_RANGES[type];
  if (!Number.isInteger(value) || value < least || value > greatest) {
    throw new RangeError(`${what} is ${value}, which no ${type} can hold`);
  }
  // Two's complement: the low bytes of a negative integer are those of the same number modulo 2^32.
  if (MIN_VALUE_BYTES[type] === 1) view.setUint8(at, value);
  else if (MIN_VALUE_BYTES[type] === 2) view.setUint16(at, value, true);
  else view.setUint32(at, value, true);
}

function wrongType(what: string, expected: string): TypeError {
  return new TypeError(`${what} must be ${expected}`);
}
