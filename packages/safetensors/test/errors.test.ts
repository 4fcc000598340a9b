import { isMirustError, memorySource } from '@mirust/core';
import { expect, test } from 'vitest';
import {
  readSafetensors,
  readSafetensorsIndex,
  SAFETENSORS_ERRORS,
  type SafetensorsReadOptions,
} from '../src/index.ts';
import { buildFile } from './_build.ts';

/** Runs and returns `CODE@offset`, or `ok`. */
async function outcome(file: Uint8Array, options?: SafetensorsReadOptions): Promise<string> {
  try {
    await readSafetensors(memorySource(file), options);
    return 'ok';
  } catch (error) {
    if (isMirustError(error)) return `${error.code}@${error.offset}`;
    throw error;
  }
}

/** A header with one tensor `t`; the entry starts at byte 13 of the file. */
function tensor(dtype: string, shape: string, offsets: string, more = ''): string {
  return `{"t":{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}${more}}}`;
}

/** A header with tensors `a`, `b`, … at these spans. Entries start at 13 and, with one-digit spans, every 52 bytes. */
function spans(...pairs: (readonly [number, number])[]): string {
  const entries = pairs.map(([begin, end], index) => {
    return `"${String.fromCharCode(97 + index)}":{"dtype":"U8","shape":[${end - begin}],"data_offsets":[${begin},${end}]}`;
  });
  return `{${entries.join(',')}}`;
}

/** Two empty tensors, the first of which is `t`. */
function twice(name: string): string {
  const entry = '{"dtype":"U8","shape":[0],"data_offsets":[0,0]}';
  return `{"t":${entry},"${name}":${entry}}`;
}

/** A header of so many empty tensors. */
function many(count: number): string {
  const entries = Array.from({ length: count }, (_, i) => `"${i}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`);
  return `{${entries.join(',')}}`;
}

const CASES: readonly (readonly [name: string, file: Uint8Array, expected: string])[] = [
  ['empty', new Uint8Array(0), 'SAFETENSORS_TOO_SHORT@0'],
  ['seven bytes', new Uint8Array(7), 'SAFETENSORS_TOO_SHORT@0'],
  ['a header of 100,000,001 bytes', buildFile('{}', 0, 100_000_001), 'SAFETENSORS_HEADER_TOO_LARGE@0'],
  ['a header of 2^64 - 1 bytes', buildFile('{}', 0, 2n ** 64n - 1n), 'SAFETENSORS_HEADER_TOO_LARGE@0'],
  ['a header of more than 4 MiB', buildFile(`{}${' '.repeat(2 ** 22 - 1)}`), 'SAFETENSORS_HEADER_LIMIT@0'],
  ['more tensors than any file has', buildFile(many(2 ** 15 + 1)), 'SAFETENSORS_HEADER_LIMIT@1823915'],
  [
    'more metadata than any file has',
    buildFile(`{"__metadata__":{"a":"${'x'.repeat(2 ** 21)}"}}`),
    'JSON_TOO_LARGE@24',
  ],
  ['lists without end in an entry', buildFile(`{"t":[${'[],'.repeat(1e5)}[]]}`), 'JSON_TOO_LARGE@49163'],
  ['a header that passes the end', buildFile('{}', 0, 3), 'SAFETENSORS_HEADER_LENGTH@0'],
  ['no header', buildFile('', 8), 'SAFETENSORS_HEADER_START@8'],
  ['whitespace in front', buildFile(' {}'), 'SAFETENSORS_HEADER_START@8'],
  ['a byte-order mark in front', buildFile('\ufeff{}'), 'SAFETENSORS_HEADER_START@8'],
  ['a list', buildFile('[]'), 'SAFETENSORS_HEADER_START@8'],
  ['not UTF-8', buildFile(new Uint8Array([0x7b, 0x22, 0xff, 0x22])), 'INVALID_UTF8@10'],
  ['not JSON', buildFile('{"t"}'), 'JSON_SYNTAX@12'],
  ['text behind the object', buildFile('{}{}'), 'JSON_TRAILING@10'],
  ['a NUL behind the object', buildFile('{}\0'), 'JSON_TRAILING@10'],
  ['the same tensor twice', buildFile(twice('t')), 'JSON_DUPLICATE_KEY@61'],
  ['the same tensor twice, once escaped', buildFile(twice('\\u0074')), 'JSON_DUPLICATE_KEY@61'],
  ['the same field twice', buildFile(tensor('"U8"', '[1]', '[0,1]', ',"dtype":"I8"'), 1), 'JSON_DUPLICATE_KEY@60'],
  ['deep nesting', buildFile(`{"t":${'['.repeat(100_000)}`), 'JSON_DEPTH@15'],
  ['metadata that are a string', buildFile('{"__metadata__":"pt"}'), 'SAFETENSORS_METADATA@24'],
  ['metadata that are null', buildFile('{"__metadata__":null}'), 'SAFETENSORS_METADATA@24'],
  ['metadata with a number', buildFile('{"__metadata__":{"a":"b","n":1}}'), 'SAFETENSORS_METADATA@24'],
  ['an entry that is a list', buildFile('{"t":[]}'), 'SAFETENSORS_ENTRY@13'],
  ['an entry without dtype', buildFile('{"t":{"shape":[],"data_offsets":[0,0]}}'), 'SAFETENSORS_ENTRY@13'],
  ['an entry without shape', buildFile('{"t":{"dtype":"U8","data_offsets":[0,0]}}'), 'SAFETENSORS_ENTRY@13'],
  ['an entry without data_offsets', buildFile('{"t":{"dtype":"U8","shape":[]}}'), 'SAFETENSORS_ENTRY@13'],
  ['an unknown field', buildFile(tensor('"U8"', '[1]', '[0,1]', ',"strides":[1]'), 1), 'SAFETENSORS_ENTRY@13'],
  ['an entry that is __proto__', buildFile('{"__proto__":{}}'), 'SAFETENSORS_ENTRY@21'],
  ['an empty name', buildFile('{"":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1), 'SAFETENSORS_NAME@12'],
  [
    'a megabyte-long name',
    buildFile(`{"${'n'.repeat(2 ** 20)}":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}`, 1),
    'SAFETENSORS_LIMIT@1048588',
  ],
  ['dtype Q4_0', buildFile(tensor('"Q4_0"', '[32]', '[0,18]'), 18), 'SAFETENSORS_DTYPE@13'],
  ['dtype f32', buildFile(tensor('"f32"', '[1]', '[0,4]'), 4), 'SAFETENSORS_DTYPE@13'],
  ['dtype __proto__', buildFile(tensor('"__proto__"', '[1]', '[0,4]'), 4), 'SAFETENSORS_DTYPE@13'],
  ['dtype 0', buildFile(tensor('0', '[1]', '[0,4]'), 4), 'SAFETENSORS_DTYPE@13'],
  ['dtype F4', buildFile(tensor('"F4"', '[2]', '[0,1]'), 1), 'SAFETENSORS_DTYPE_UNSUPPORTED@13'],
  ['dtype C64', buildFile(tensor('"C64"', '[1]', '[0,8]'), 8), 'SAFETENSORS_DTYPE_UNSUPPORTED@13'],
  ['a shape that is a number', buildFile(tensor('"U8"', '1', '[0,1]'), 1), 'SAFETENSORS_SHAPE@13'],
  ['a dimension of -1', buildFile(tensor('"U8"', '[-1]', '[0,1]'), 1), 'SAFETENSORS_SHAPE@13'],
  ['a dimension that is text', buildFile(tensor('"U8"', '["1"]', '[0,1]'), 1), 'SAFETENSORS_SHAPE@13'],
  ['a shape in a shape', buildFile(tensor('"U8"', '[[1]]', '[0,1]'), 1), 'JSON_DEPTH@36'],
  ['nine dimensions', buildFile(tensor('"U8"', '[1,1,1,1,1,1,1,1,1]', '[0,1]'), 1), 'SAFETENSORS_SHAPE@13'],
  ['a dimension of 2.5', buildFile(tensor('"U8"', '[2.5]', '[0,1]'), 1), 'JSON_NUMBER@36'],
  ['a dimension of 1.0', buildFile(tensor('"U8"', '[1.0]', '[0,1]'), 1), 'JSON_NUMBER@36'],
  ['a dimension of 1e0', buildFile(tensor('"U8"', '[1e0]', '[0,1]'), 1), 'JSON_NUMBER@36'],
  ['a dimension of -0', buildFile(tensor('"U8"', '[-0]', '[0,0]')), 'JSON_NUMBER@36'],
  ['a dimension of 2^53', buildFile(tensor('"U8"', '[9007199254740992]', '[0,1]'), 1), 'OVERFLOW@13'],
  ['a product that wraps', buildFile(tensor('"I32"', '[2,9223372036854775807]', '[0,16]'), 16), 'OVERFLOW@13'],
  ['a product of 2^54', buildFile(tensor('"U8"', '[134217728,134217728]', '[0,1]'), 1), 'OVERFLOW@13'],
  ['an overflow in front of a 0', buildFile(tensor('"U8"', '[134217728,134217728,0]', '[0,0]')), 'OVERFLOW@13'],
  ['bytes that overflow', buildFile(tensor('"F64"', '[4503599627370496]', '[0,1]'), 1), 'OVERFLOW@13'],
  ['offsets that are text', buildFile(tensor('"U8"', '[1]', '"0,1"'), 1), 'SAFETENSORS_OFFSETS@13'],
  ['three offsets', buildFile(tensor('"U8"', '[1]', '[0,1,2]'), 1), 'SAFETENSORS_OFFSETS@13'],
  ['offsets in the wrong order', buildFile(tensor('"U8"', '[1]', '[1,0]'), 1), 'SAFETENSORS_OFFSETS@13'],
  ['a negative offset', buildFile(tensor('"U8"', '[1]', '[-1,0]'), 1), 'SAFETENSORS_OFFSETS@13'],
  [
    'offsets of 2^64',
    buildFile(tensor('"U8"', '[1]', '[18446744073709551615,18446744073709551616]'), 1),
    'OVERFLOW@13',
  ],
  ['a span that is too short', buildFile(tensor('"I32"', '[2,2]', '[0,4]'), 4), 'SAFETENSORS_SIZE@13'],
  ['a span that is too long', buildFile(tensor('"I32"', '[2,2]', '[0,20]'), 20), 'SAFETENSORS_SIZE@13'],
  ['a span for an empty tensor', buildFile(tensor('"I32"', '[2,0]', '[0,4]'), 4), 'SAFETENSORS_SIZE@13'],
  ['the same bytes twice', buildFile(spans([0, 2], [0, 2]), 2), 'SAFETENSORS_OVERLAP@65'],
  ['a partial overlap', buildFile(spans([0, 2], [1, 3]), 3), 'SAFETENSORS_OVERLAP@65'],
  ['an overlap out of order', buildFile(spans([2, 4], [0, 3]), 4), 'SAFETENSORS_OVERLAP@13'],
  ['an empty tensor inside another', buildFile(spans([0, 2], [1, 1]), 2), 'SAFETENSORS_OVERLAP@65'],
  ['a hole in front', buildFile(spans([1, 3]), 3), 'SAFETENSORS_HOLE@13'],
  ['a hole between', buildFile(spans([0, 2], [3, 5]), 5), 'SAFETENSORS_HOLE@65'],
  ['an offset of 2^40', buildFile(spans([0, 2], [2 ** 40, 2 ** 40 + 2]), 4), 'SAFETENSORS_HOLE@65'],
  ['data cut short', buildFile(spans([0, 2]), 1), 'SAFETENSORS_DATA_TRUNCATED@62'],
  ['bytes behind the last tensor', buildFile(spans([0, 2]), 3), 'SAFETENSORS_TRAILING_BYTES@63'],
  ['bytes behind no tensor', buildFile('{}', 1), 'SAFETENSORS_TRAILING_BYTES@10'],
];

test.for(CASES)('%s', async ([, file, expected]) => {
  expect(await outcome(file)).toBe(expected);
});

const INDEXES: readonly (readonly [name: string, json: string, expected: string])[] = [
  ['a list', '[]', 'JSON_SYNTAX@0'],
  ['nothing', '{}', 'SAFETENSORS_INDEX@0'],
  ['a weight_map that is a list', '{"weight_map":[]}', 'SAFETENSORS_INDEX@0'],
  ['an empty weight_map', '{"weight_map":{}}', 'SAFETENSORS_INDEX@0'],
  ['metadata that are text', '{"metadata":"","weight_map":{"t":"m.safetensors"}}', 'SAFETENSORS_INDEX@12'],
  ['a file that is a number', '{"weight_map":{"t":1}}', 'SAFETENSORS_INDEX@19'],
  ['the same tensor in two files', '{"weight_map":{"t":"a.safetensors","t":"b.safetensors"}}', 'JSON_DUPLICATE_KEY@35'],
  ['a tensor without a name', '{"weight_map":{"":"m.safetensors"}}', 'SAFETENSORS_NAME@18'],
  ['a megabyte-long name', `{"weight_map":{"${'n'.repeat(2 ** 20)}":"m.safetensors"}}`, 'SAFETENSORS_LIMIT@1048594'],
  [
    'more files than any model has',
    JSON.stringify({
      weight_map: Object.fromEntries(Array.from({ length: 4097 }, (_, i) => [`t${i}`, `${i}.safetensors`])),
    }),
    'SAFETENSORS_LIMIT@108395',
  ],
  [
    'more tensors than any model has',
    `{"weight_map":{${Array.from({ length: 100_001 }, (_, i) => `"${i}":"m.safetensors"`)}}}`,
    'SAFETENSORS_HEADER_LIMIT@2388914',
  ],
  ...[
    '../m.safetensors',
    'sub/m.safetensors',
    'sub\\m.safetensors',
    '/etc/m.safetensors',
    'C:m.safetensors',
    '\\\\host\\m.safetensors',
    'https://host/m.safetensors',
    '%2e%2e%2fm.safetensors',
    'm.safetensors?x=.safetensors',
    'm.safetensors:stream.safetensors',
    '.safetensors',
    '..safetensors',
    '-m.safetensors',
    'm.safetensors\n',
    'm\u0000.safetensors',
    'm\u202e.safetensors',
    'pytorch_model.bin',
    'm.safetensors.pkl',
    '',
    `${'m'.repeat(250)}.safetensors`,
  ].map(
    (file) =>
      [
        `a file ${JSON.stringify(file).slice(0, 40)}`,
        JSON.stringify({ weight_map: { t: file } }),
        'SAFETENSORS_SHARD_NAME@19',
      ] as const,
  ),
];

test.for(INDEXES)('an index with %s', ([, json, expected]) => {
  const expectation = { code: expected.split('@')[0], offset: Number(expected.split('@')[1]) };
  expect(() => readSafetensorsIndex(json)).toThrow(expect.objectContaining(expectation));
  expect(() => readSafetensorsIndex(new TextEncoder().encode(json))).toThrow(expect.objectContaining(expectation));
});

test('every code has a case', () => {
  const seen = new Set([...CASES, ...INDEXES].map(([, , expected]) => expected.split('@')[0]));
  // These belong to the comparison of an index with its files: sharded.test.ts.
  const elsewhere = [
    'SAFETENSORS_SHARD_MISSING_TENSOR',
    'SAFETENSORS_SHARD_EXTRA_TENSOR',
    'SAFETENSORS_SHARD_DUPLICATE',
  ];
  expect(Object.keys(SAFETENSORS_ERRORS).filter((code) => !seen.has(code))).toEqual(elsewhere);
});

test('a limit of one’s own', async () => {
  expect(await outcome(buildFile('{}'), { maxHeaderBytes: 2 })).toBe('ok');
  expect(await outcome(buildFile('{}'), { maxHeaderBytes: 1 })).toBe('SAFETENSORS_HEADER_LIMIT@0');
  for (const maxHeaderBytes of [0, 1.5, 100_000_001]) {
    await expect(readSafetensors(memorySource(buildFile('{}')), { maxHeaderBytes })).rejects.toThrow(RangeError);
  }
});

test('a file cut anywhere is a typed error', async () => {
  const file = buildFile(spans([0, 2], [2, 4]), 4);
  expect(await outcome(file)).toBe('ok');
  for (let length = 0; length < file.length; length++) {
    expect(await outcome(file.subarray(0, length))).toMatch(/^SAFETENSORS_(TOO_SHORT|HEADER_LENGTH|DATA_TRUNCATED)@/);
  }
});

test('names that are shown are made safe, and short', async () => {
  const name = `\\u001b[31m\\u202e${'x'.repeat(900)}`;
  const file = buildFile(`{"${name}":{"dtype":"?","shape":[],"data_offsets":[0,0]}}`);
  const error = await readSafetensors(memorySource(file)).catch((caught: unknown) => caught);
  if (!isMirustError(error, 'SAFETENSORS_DTYPE')) throw error;
  expect(error.message).toContain('\\u{1b}[31m\\u{202e}');
  expect(error.message.length).toBeLessThan(250);
});
