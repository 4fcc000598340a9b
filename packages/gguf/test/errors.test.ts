import { isMirustError, memorySource } from '@mirust/core';
import { expect, test } from 'vitest';
import { GGUF_ERRORS, type GgufReadOptions, readGguf } from '../src/index.ts';
import { array, buildGguf, bytes, concat, GOOD, type TensorSpec, TYPE, text, u32, u64 } from './_build.ts';

/** Runs and returns `CODE@offset`, or `ok`. */
async function outcome(file: Uint8Array, options?: GgufReadOptions): Promise<string> {
  try {
    await readGguf(memorySource(file), options);
    return 'ok';
  } catch (error) {
    if (isMirustError(error)) return `${error.code}@${error.offset}`;
    throw error;
  }
}

const ascii = (value: string): Uint8Array => new TextEncoder().encode(value);

/** A file with one metadata entry, whose key `k` takes bytes 24 to 32, its type 33 to 36, its value 37 on. */
function withValue(type: number, value: Uint8Array, rest = 0): Uint8Array {
  return concat(buildGguf({ metadata: [['k', type, value]] }), new Uint8Array(rest));
}

/** A file with one tensor `t`, whose row starts at 24: rank at 33, dimensions from 37. */
function withTensor(tensor: Partial<TensorSpec>, dataByteLength = 4096): Uint8Array {
  return buildGguf({ tensors: [{ name: 't', dims: [32], type: 0, offset: 0, ...tensor }], dataByteLength });
}

/** A file with tensors of 8 f32 at these offsets. */
function withOffsets(offsets: number[], dataByteLength = 4096): Uint8Array {
  const tensors = offsets.map((offset, index) => ({ name: `t${index}`, dims: [8], type: 0, offset }));
  return buildGguf({ tensors, dataByteLength });
}

function withAlignment(type: number, value: Uint8Array): Uint8Array {
  return buildGguf({ metadata: [['general.alignment', type, value]] });
}

const CASES: readonly (readonly [name: string, file: Uint8Array, expected: string])[] = [
  ['empty', bytes(), 'TRUNCATED@0'],
  ['cut in the magic', ascii('GGU'), 'TRUNCATED@0'],
  ['cut in the counts', buildGguf({}).subarray(0, 20), 'TRUNCATED@8'],
  ['a web page', ascii('<!DOCTYPE html>'.padEnd(64)), 'GGUF_MAGIC@0'],
  ['a ggjt file', concat(ascii('tjgg'), u32(3), new Uint8Array(64)), 'GGUF_MAGIC@0'],
  ['big-endian, letters in order', concat(ascii('GGUF'), bytes(0, 0, 0, 3), new Uint8Array(64)), 'GGUF_BIG_ENDIAN@4'],
  ['big-endian, letters turned', concat(ascii('FUGG'), bytes(0, 0, 0, 3), new Uint8Array(64)), 'GGUF_BIG_ENDIAN@0'],
  ['version 0', buildGguf({ version: 0 }), 'GGUF_VERSION@4'],
  ['version 1', buildGguf({ version: 1 }), 'GGUF_VERSION_1@4'],
  ['version 4', buildGguf({ version: 4 }), 'GGUF_VERSION@4'],
  ['version 99', buildGguf({ version: 99 }), 'GGUF_VERSION@4'],

  ['2^64 - 1 tensors', buildGguf({ tensorCount: 2n ** 64n - 1n }), 'GGUF_COUNT@8'],
  ['a tensor count that wraps', buildGguf({ tensorCount: 2n ** 64n / 56n + 1n }), 'GGUF_COUNT@8'],
  ['2^63 metadata entries', buildGguf({ metadataCount: 2n ** 63n }), 'GGUF_COUNT@16'],
  ['one tensor more than there are bytes', concat(buildGguf({ tensorCount: 2n }), new Uint8Array(65)), 'GGUF_COUNT@8'],
  [
    'more entries than any file',
    concat(buildGguf({ metadataCount: 4097n }), new Uint8Array(2 ** 20)),
    'GGUF_HEADER_TOO_LARGE@16',
  ],
  [
    'more tensors than any file',
    concat(buildGguf({ tensorCount: 16_385n }), new Uint8Array(9 * 2 ** 20)),
    'GGUF_HEADER_TOO_LARGE@8',
  ],

  [
    'a key of 2^62 bytes',
    concat(buildGguf({ metadataCount: 1n }), u64(2n ** 62n), bytes(0, 0, 0, 0, 0, 0)),
    'TRUNCATED@32',
  ],
  ['an empty key', buildGguf({ metadata: [['', TYPE.uint64, u64(0)]] }), 'GGUF_KEY_LENGTH@24'],
  [
    'a key of 65,536 bytes',
    buildGguf({ metadata: [['k'.repeat(65_536), TYPE.uint8, bytes(0)]] }),
    'GGUF_KEY_LENGTH@24',
  ],
  ['a key that is not UTF-8', buildGguf({ metadata: [[bytes(0xc3, 0x28), TYPE.uint8, bytes(0)]] }), 'INVALID_UTF8@32'],
  [
    'a key twice',
    buildGguf({
      metadata: [
        ['k', TYPE.uint8, bytes(0)],
        ['k', TYPE.uint8, bytes(1)],
      ],
    }),
    'GGUF_DUPLICATE_KEY@38',
  ],
  [
    'a key twice that means something in JavaScript',
    buildGguf({
      metadata: [
        ['__proto__', TYPE.uint8, bytes(0)],
        ['__proto__', TYPE.uint8, bytes(1)],
      ],
    }),
    'GGUF_DUPLICATE_KEY@46',
  ],
  ['value type 13', withValue(13, u64(0)), 'GGUF_VALUE_TYPE@33'],
  ['value type 2^32 - 1', withValue(2 ** 32 - 1, u64(0)), 'GGUF_VALUE_TYPE@33'],
  ['element type 13', withValue(TYPE.array, array(13, 0)), 'GGUF_VALUE_TYPE@37'],
  ['an array of arrays', withValue(TYPE.array, array(TYPE.array, 1, array(TYPE.uint8, 0))), 'GGUF_NESTED_ARRAY@37'],
  [
    'an array of arrays of … 1,000 deep',
    withValue(TYPE.array, concat(...Array(1000).fill(array(TYPE.array, 1)))),
    'GGUF_NESTED_ARRAY@37',
  ],
  ['a boolean of 2', withValue(TYPE.bool, bytes(2)), 'GGUF_BOOL@37'],
  ['a boolean of 255 in an array', withValue(TYPE.array, array(TYPE.bool, 3, bytes(0, 1, 255))), 'GGUF_BOOL@51'],
  ['an array of 2^62 bytes', withValue(TYPE.array, array(TYPE.uint8, 2n ** 62n)), 'GGUF_COUNT@41'],
  ['an array of 2^63 strings', withValue(TYPE.array, array(TYPE.string, 2n ** 63n)), 'GGUF_COUNT@41'],
  [
    'an array whose bytes wrap to 8',
    withValue(TYPE.array, array(TYPE.uint64, 2n ** 61n + 1n, u64(0))),
    'GGUF_COUNT@41',
  ],
  ['one element too many', withValue(TYPE.array, array(TYPE.uint32, 2, bytes(1, 2, 3, 4, 5, 6, 7))), 'GGUF_COUNT@41'],
  [
    'an array longer than any',
    withValue(TYPE.array, array(TYPE.uint8, 2 ** 20 + 1), 2 ** 20 + 1),
    'GGUF_HEADER_TOO_LARGE@41',
  ],
  ['a string of 2^62 bytes', withValue(TYPE.string, u64(2n ** 62n)), 'TRUNCATED@45'],
  ['a string cut short', withValue(TYPE.string, concat(u64(5), ascii('four'))), 'TRUNCATED@45'],
  ['a string longer than any', withValue(TYPE.string, u64(20 * 2 ** 20 + 1), 20 * 2 ** 20 + 1), 'GGUF_LIMIT@37'],
  ['a string that is not UTF-8', withValue(TYPE.string, text(bytes(0xff))), 'INVALID_UTF8@45'],
  [
    'a token that is not UTF-8',
    withValue(TYPE.array, array(TYPE.string, 2, text('a'), text(bytes(0xe2, 0x96)))),
    'INVALID_UTF8@66',
  ],
  [
    'cut in the strings of an array',
    withValue(TYPE.array, array(TYPE.string, 2, text('four'), u32(0))),
    'TRUNCATED@61',
  ],
  ['cut in a number', withValue(TYPE.float64, u32(0)), 'TRUNCATED@37'],

  ['alignment 0', withAlignment(TYPE.uint32, u32(0)), 'GGUF_ALIGNMENT@53'],
  ['alignment 4', withAlignment(TYPE.uint32, u32(4)), 'GGUF_ALIGNMENT@53'],
  ['alignment 33', withAlignment(TYPE.uint32, u32(33)), 'GGUF_ALIGNMENT@53'],
  ['alignment 2^31', withAlignment(TYPE.uint32, u32(2 ** 31)), 'GGUF_ALIGNMENT@53'],
  ['alignment 2^32 + 32', withAlignment(TYPE.uint64, u64(2n ** 32n + 32n)), 'GGUF_ALIGNMENT@53'],
  ['alignment as text', withAlignment(TYPE.string, text('32')), 'GGUF_KEY_TYPE@53'],
  ['alignment as a float', withAlignment(TYPE.float32, u32(0x42000000)), 'GGUF_KEY_TYPE@53'],
  ['alignment -32', withAlignment(TYPE.int32, u32(-32)), 'GGUF_KEY_RANGE@53'],
  ['alignment 2^64 - 1', withAlignment(TYPE.uint64, u64(2n ** 64n - 1n)), 'GGUF_KEY_RANGE@53'],

  ['a tensor without a name', withTensor({ name: '' }), 'GGUF_NAME_LENGTH@24'],
  ['a tensor name of 1,025 bytes', withTensor({ name: 'n'.repeat(1025) }), 'GGUF_NAME_LENGTH@24'],
  ['a tensor name that is not UTF-8', withTensor({ name: bytes(0x80) }), 'INVALID_UTF8@32'],
  ['rank 0', withTensor({ dims: [] }), 'GGUF_RANK@33'],
  ['rank 5', withTensor({ dims: [1, 1, 1, 1, 1] }), 'GGUF_RANK@33'],
  ['rank 2^32 - 1', withTensor({ rank: 2 ** 32 - 1 }), 'GGUF_RANK@33'],
  ['a dimension of 0', withTensor({ dims: [8, 0] }), 'GGUF_DIMENSION@45'],
  ['a dimension of 2^64 - 1', withTensor({ dims: [2n ** 64n - 1n] }), 'OVERFLOW@37'],
  ['a product that is 4 mod 2^64', withTensor({ dims: [4194305, 4194305, 211106198978564n] }), 'OVERFLOW@37'],
  ['a product of 2^54', withTensor({ dims: [2 ** 27, 2 ** 27] }), 'OVERFLOW@37'],
  ['2^52 values of 8 bytes', withTensor({ dims: [2 ** 52], type: 28 }), 'OVERFLOW@45'],
  ['type 9999', withTensor({ type: 9999 }), 'GGUF_TENSOR_TYPE@45'],
  ['type 2^32 - 1', withTensor({ type: 2 ** 32 - 1 }), 'GGUF_TENSOR_TYPE@45'],
  ['removed type 4', withTensor({ type: 4 }), 'GGUF_TENSOR_TYPE_REMOVED@45'],
  ['removed type 5', withTensor({ type: 5 }), 'GGUF_TENSOR_TYPE_REMOVED@45'],
  ['removed type 31', withTensor({ type: 31 }), 'GGUF_TENSOR_TYPE_REMOVED@45'],
  ['Q4_0 with 33 columns', withTensor({ dims: [33, 32], type: 2 }), 'BLOCK_MISMATCH@53'],
  ['Q4_K with rows of 32', withTensor({ dims: [32, 8], type: 12 }), 'BLOCK_MISMATCH@53'],
  ['offset 1', withTensor({ offset: 1 }), 'GGUF_TENSOR_MISALIGNED@49'],
  ['offset 2^64 - 32', withTensor({ offset: 2n ** 64n - 32n }), 'OVERFLOW@49'],
  ['an end that passes 2^53', withTensor({ offset: 2n ** 53n - 32n }), 'OVERFLOW@49'],
  ['an end that passes 2^53 with the header', withTensor({ offset: 2n ** 53n - 160n }), 'OVERFLOW@24'],
  ['offset 2^40', withTensor({ offset: 2 ** 40 }), 'GGUF_TENSOR_OUTSIDE@24'],
  ['data cut short by a byte', withTensor({}, 127), 'GGUF_TENSOR_OUTSIDE@24'],
  ['no data', buildGguf({ tensors: [{ name: 't', dims: [32], type: 0, offset: 0 }] }), 'GGUF_TENSOR_OUTSIDE@24'],
  ['a gap in front', withOffsets([32]), 'GGUF_TENSOR_GAP@24'],
  ['a gap between', withOffsets([0, 64]), 'GGUF_TENSOR_GAP@58'],
  ['two tensors over the same bytes', withOffsets([0, 0]), 'GGUF_TENSOR_OVERLAP@58'],
  ['an overlap out of order', withOffsets([32, 0, 32]), 'GGUF_TENSOR_OVERLAP@92'],
  [
    'a tensor twice',
    buildGguf({ tensors: [0, 32].map((offset) => ({ name: 't', dims: [8], type: 0, offset })), dataByteLength: 64 }),
    'GGUF_DUPLICATE_TENSOR@57',
  ],
  ['cut in the tensor table', withTensor({ name: 'a longer name', dims: [8, 8] }).subarray(0, 70), 'TRUNCATED@49'],
];

test.for(CASES)('%s', async ([, file, expected]) => {
  expect(await outcome(file)).toBe(expected);
});

test('every structural code has a case', () => {
  const seen = new Set(CASES.map(([, , expected]) => expected.split('@')[0]));
  // The last two belong to others: the option below, and the accessors (metadata.test.ts).
  const elsewhere = ['GGUF_KEY_MISSING'];
  expect(Object.keys(GGUF_ERRORS).filter((code) => !seen.has(code))).toEqual(elsewhere);
});

test('GGUF_HEADER_TOO_LARGE counts metadata and table, and not what was read ahead', async () => {
  const file = buildGguf(GOOD);
  const { headerByteLength } = await readGguf(memorySource(file));
  expect(await outcome(file, { maxHeaderBytes: headerByteLength })).toBe('ok');
  for (let maxHeaderBytes = 1; maxHeaderBytes < headerByteLength; maxHeaderBytes++) {
    expect(await outcome(file, { maxHeaderBytes })).toMatch(/^GGUF_HEADER_TOO_LARGE@/);
  }
  await expect(readGguf(memorySource(file), { maxHeaderBytes: 0 })).rejects.toThrow(RangeError);
});

test('a file cut anywhere is a typed error', async () => {
  const file = buildGguf(GOOD);
  const { dataOffset } = await readGguf(memorySource(file));
  for (let length = 0; length < file.length; length++) {
    const result = await outcome(file.subarray(0, length));
    // The padding behind the last tensor, 16 bytes here, may be absent.
    if (length >= dataOffset + 80) expect(result).toBe('ok');
    else expect(result).toMatch(/^(TRUNCATED|GGUF_COUNT|GGUF_TENSOR_OUTSIDE)@/);
  }
});

test('names that are shown are made safe, and short', async () => {
  const name = `\u001b[31m\u202e${'x'.repeat(900)}`;
  const error = await readGguf(memorySource(withTensor({ name, type: 9999 }))).catch((caught: unknown) => caught);
  if (!isMirustError(error)) throw error;
  expect(error.message).toContain('\\u{1b}[31m\\u{202e}');
  expect(error.message.length).toBeLessThan(250);
  expect(error.context.tensor).not.toContain('\u001b');
});
