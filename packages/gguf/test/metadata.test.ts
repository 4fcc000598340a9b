import { isMirustError } from '@mirust/core';
import { describe, expect, test } from 'vitest';
import {
  type GgufMetadata,
  optionalBool,
  optionalNumber,
  optionalNumbers,
  optionalString,
  optionalStrings,
  optionalUint,
  requireBool,
  requireNumber,
  requireNumbers,
  requireString,
  requireStrings,
  requireUint,
} from '../src/index.ts';

const METADATA: GgufMetadata = new Map([
  ['text', { type: 'string', value: 'llama', offset: 40 }],
  ['flag', { type: 'bool', value: false }],
  ['u32', { type: 'uint32', value: 7 }],
  ['i32', { type: 'int32', value: 7 }],
  ['negative', { type: 'int32', value: -1 }],
  ['u64', { type: 'uint64', value: 7n }],
  ['i64', { type: 'int64', value: 7n }],
  ['huge', { type: 'uint64', value: 2n ** 53n, offset: 80 }],
  ['f32', { type: 'float32', value: 7 }],
  ['nan', { type: 'float32', value: Number.NaN }],
  ['strings', { type: 'array', elementType: 'string', values: ['a'] }],
  ['numbers', { type: 'array', elementType: 'uint32', values: new Uint32Array([7]) }],
  ['bools', { type: 'array', elementType: 'bool', values: [true] }],
]);

function codeOf(read: () => unknown): string {
  try {
    read();
    return 'ok';
  } catch (error) {
    if (isMirustError(error)) return error.code;
    throw error;
  }
}

describe('typed access', () => {
  test('the value where the type fits', () => {
    expect(requireString(METADATA, 'text')).toBe('llama');
    expect(requireBool(METADATA, 'flag')).toBe(false);
    expect(requireStrings(METADATA, 'strings')).toEqual(['a']);
    expect(requireNumbers(METADATA, 'numbers')).toEqual(new Uint32Array([7]));
    for (const key of ['u32', 'i32', 'u64', 'i64']) {
      expect(requireUint(METADATA, key)).toBe(7);
      expect(requireNumber(METADATA, key)).toBe(7);
    }
    expect(requireNumber(METADATA, 'f32')).toBe(7);
    expect(requireNumber(METADATA, 'negative')).toBe(-1);
  });

  test('undefined or GGUF_KEY_MISSING where the key is absent', () => {
    const optional = [optionalString, optionalBool, optionalNumber, optionalUint, optionalStrings, optionalNumbers];
    const required = [requireString, requireBool, requireNumber, requireUint, requireStrings, requireNumbers];
    for (const read of optional) expect(read(METADATA, 'absent')).toBeUndefined();
    for (const read of required) expect(codeOf(() => read(METADATA, 'absent'))).toBe('GGUF_KEY_MISSING');
    // What every object has is no key.
    for (const key of ['__proto__', 'constructor']) expect(optionalString(METADATA, key)).toBeUndefined();
  });

  test('GGUF_KEY_TYPE where it does not fit', () => {
    const fits: readonly (readonly [(metadata: GgufMetadata, key: string) => unknown, readonly string[]])[] = [
      [optionalString, ['text']],
      [optionalBool, ['flag']],
      [optionalNumber, ['u32', 'i32', 'negative', 'u64', 'i64', 'huge', 'f32', 'nan']],
      [optionalUint, ['u32', 'i32', 'negative', 'u64', 'i64', 'huge']],
      [optionalStrings, ['strings']],
      [optionalNumbers, ['numbers']],
    ];
    for (const [read, keys] of fits) {
      for (const key of METADATA.keys()) {
        expect(codeOf(() => read(METADATA, key)) === 'GGUF_KEY_TYPE', `${read.name} ${key}`).toBe(!keys.includes(key));
      }
    }
    expect(() => optionalUint(METADATA, 'text')).toThrow(
      expect.objectContaining({ context: { key: 'text', offset: 40, expected: 'an integer', actual: 'string' } }),
    );
  });

  test('GGUF_KEY_RANGE outside what makes sense', () => {
    expect(codeOf(() => requireUint(METADATA, 'negative'))).toBe('GGUF_KEY_RANGE');
    expect(codeOf(() => requireUint(METADATA, 'huge'))).toBe('GGUF_KEY_RANGE');
    expect(codeOf(() => requireUint(METADATA, 'u32', 6))).toBe('GGUF_KEY_RANGE');
    expect(codeOf(() => requireUint(METADATA, 'u64', 6))).toBe('GGUF_KEY_RANGE');
    expect(codeOf(() => requireUint(METADATA, 'u64', 7))).toBe('ok');
    expect(codeOf(() => requireNumber(METADATA, 'nan'))).toBe('GGUF_KEY_RANGE');
    expect(() => requireNumber(METADATA, 'huge')).toThrow(expect.objectContaining({ offset: 80 }));
  });
});
