import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { DTYPES, dtypeInfo, isMirustError, memorySource, readRange } from '@mirust/core';
import { describe, expect, test } from 'vitest';
import { readSafetensors } from '../src/index.ts';
import { assetPath, HAS_ASSETS } from './_assets.ts';
import { buildFile, buildSafetensors } from './_build.ts';
import { watchedSource } from './_source.ts';

const ORACLES = new URL('../../../fixtures/oracles/containers/', import.meta.url);

/** What the reader of the safetensors package makes of a file: see fixtures/oracles/containers.py. */
type ExpectedFile = Record<
  string,
  { readonly dtype: string; readonly shape: readonly number[]; readonly byteLength: number; readonly sha256: string }
>;

const EXPECTED: Record<string, ExpectedFile> = JSON.parse(
  readFileSync(new URL('expected.json', ORACLES), 'utf8'),
).safetensors;

describe('agrees with the safetensors package', () => {
  test.for(Object.entries(EXPECTED))('%s', async ([name, expected]) => {
    const source = memorySource(readFileSync(new URL(name, ORACLES)), name);
    const file = await readSafetensors(source);
    const tensors = await Promise.all(
      file.tensors.map(async ({ name, dtype, shape, offset, byteLength }) => {
        const data = await readRange(source, offset, byteLength);
        const sha256 = createHash('sha256').update(data).digest('hex');
        return [name, { dtype: dtypeInfo(dtype).safetensorsName, shape, byteLength, sha256 }] as const;
      }),
    );
    expect(Object.fromEntries(tensors)).toEqual(expected);
    expect(file.tensors.every((tensor) => tensor.file === name)).toBe(true);
    expect(file.warnings).toEqual([]);
  });

  test('every type that we read is among them', () => {
    const read = new Set(Object.values(EXPECTED).flatMap((file) => Object.values(file).map(({ dtype }) => dtype)));
    const table = Object.values(DTYPES).flatMap((info) => ('safetensorsName' in info ? [info.safetensorsName] : []));
    expect([...read].sort()).toEqual([...table].sort());
  });

  test('the metadata', async () => {
    const source = memorySource(readFileSync(new URL('dtypes.safetensors', ORACLES)));
    expect((await readSafetensors(source)).metadata).toEqual(new Map([['note', 'naïve ☃']]));
  });
});

/** A case of the reference's own tests. */
interface CrateCase {
  readonly file: string;
  readonly upstream_verdict: string;
}

/** Our code for each verdict of the reference that is no acceptance, by file. */
const REFUSED: Readonly<Record<string, string>> = {
  'metadata_incomplete_buffer.safetensors': 'SAFETENSORS_TRAILING_BYTES',
  'metadata_incomplete_buffer_2.safetensors': 'SAFETENSORS_DATA_TRUNCATED',
  'header_too_large.safetensors': 'SAFETENSORS_HEADER_TOO_LARGE',
  'header_too_small.safetensors': 'SAFETENSORS_TOO_SHORT',
  'invalid_header_length.safetensors': 'SAFETENSORS_HEADER_LENGTH',
  // The bytes are not UTF-8, and before that they do not start with a brace.
  'invalid_header_non_utf8.safetensors': 'SAFETENSORS_HEADER_START',
  'invalid_header_not_json.safetensors': 'JSON_SYNTAX',
  'invalid_info.safetensors': 'SAFETENSORS_SIZE',
  'validation_overflow.safetensors': 'OVERFLOW',
  'validation_overflow_2.safetensors': 'OVERFLOW',
};

/** Files that the reference accepts and we refuse, with our code and the reason. */
const STRICTER: Readonly<Record<string, readonly [code: string, reason: string]>> = {
  'whitespace_leading_padded_header.safetensors': [
    'SAFETENSORS_HEADER_START',
    'The format’s text says that the header MUST begin with "{"; a file that does not can be made to look like another format.',
  ],
};

describe.skipIf(!HAS_ASSETS)('the cases of the reference (skipped where ../shared/assets is absent)', () => {
  const folder = 'hostile/safetensors-crate';
  const cases: CrateCase[] = HAS_ASSETS
    ? JSON.parse(readFileSync(assetPath(`${folder}/expected.json`), 'utf8')).cases
    : [];

  test.for(cases)('$file: $upstream_verdict', async ({ file, upstream_verdict }) => {
    const source = memorySource(readFileSync(assetPath(`${folder}/${file}`)), file);
    const result = await readSafetensors(source).catch((error: unknown) => error);
    const code = upstream_verdict === 'accept' ? STRICTER[file]?.[0] : REFUSED[file];
    if (code === undefined) {
      expect(upstream_verdict).toBe('accept');
      expect(result).toMatchObject({ tensors: expect.any(Array), warnings: [] });
    } else {
      expect(isMirustError(result, code), String(result)).toBe(true);
    }
  });

  test('each has a verdict, and each table entry a case', () => {
    const files = (accepted: boolean): string[] =>
      cases.filter((one) => (one.upstream_verdict === 'accept') === accepted).map((one) => one.file);
    expect(files(false).sort()).toEqual(Object.keys(REFUSED).sort());
    expect(files(true)).toEqual(expect.arrayContaining(Object.keys(STRICTER)));
    expect(cases).toHaveLength(16);
  });
});

describe('reading', () => {
  const header = (name: string, begin: number): string =>
    `"${name}":{"dtype":"U8","shape":[2],"data_offsets":[${begin},${begin + 2}]}`;

  test('tensors in the order of the data, whatever the order of the header', async () => {
    const file = buildFile(`{${header('b', 4)},${header('c', 0)},${header('a', 2)}}  `, 6);
    const { tensors, dataOffset, headerByteLength } = await readSafetensors(memorySource(file, 'm.safetensors'));
    expect(tensors.map(({ name, offset }) => [name, offset - dataOffset])).toEqual([
      ['c', 0],
      ['a', 2],
      ['b', 4],
    ]);
    expect(dataOffset).toBe(8 + headerByteLength);
    expect(tensors[0]).toEqual({
      name: 'c',
      dtype: 'u8',
      shape: [2],
      offset: dataOffset,
      byteLength: 2,
      file: 'm.safetensors',
    });
  });

  test('empty tensors anywhere that is covered, and scalars', async () => {
    const file = buildSafetensors(
      {
        end: { dtype: 'F32', shape: [0], data_offsets: [4, 4] },
        scalar: { dtype: 'F32', shape: [], data_offsets: [0, 4] },
        front: { dtype: 'F32', shape: [3, 0, 5], data_offsets: [0, 0] },
      },
      4,
    );
    const { tensors } = await readSafetensors(memorySource(file));
    expect(tensors.map(({ name, shape, byteLength }) => [name, shape.length, byteLength])).toEqual([
      ['front', 3, 0],
      ['scalar', 0, 4],
      ['end', 1, 0],
    ]);
  });

  test('names that mean something in JavaScript are plain names', async () => {
    const file = buildFile(`{${header('__proto__', 0)},${header('constructor', 2)}}`, 4);
    const { tensorsByName } = await readSafetensors(memorySource(file));
    expect([...tensorsByName.keys()]).toEqual(['__proto__', 'constructor']);
  });

  test('one read for a small header, two for a large one, none for the data', async () => {
    const small = watchedSource(
      buildSafetensors({ t: { dtype: 'U8', shape: [2 ** 20], data_offsets: [0, 2 ** 20] } }, 2 ** 20),
    );
    await readSafetensors(small);
    expect(small.requests).toEqual([{ offset: 0, byteLength: 2 ** 16 }]);
    const count = 5000;
    const entries = Array.from({ length: count }, (_, index) => header(`model.layers.${index}`, 2 * index));
    const large = watchedSource(buildFile(`{${entries.join(',')}}`, 2 * count));
    const { tensors, headerByteLength } = await readSafetensors(large);
    expect(tensors).toHaveLength(count);
    expect(large.requests).toEqual([
      { offset: 0, byteLength: 2 ** 16 },
      { offset: 2 ** 16, byteLength: headerByteLength + 8 - 2 ** 16 },
    ]);
  });

  test('headersOnly needs no data, and checks the layout all the same', async () => {
    const whole = buildFile(`{${header('a', 0)},${header('b', 2)}}`, 4);
    const expected = await readSafetensors(memorySource(whole));
    const head = memorySource(whole.subarray(0, expected.dataOffset));
    expect(await readSafetensors(head, { headersOnly: true })).toEqual(expected);
    const hole = memorySource(buildFile(`{${header('a', 0)},${header('b', 3)}}`));
    await expect(readSafetensors(hole, { headersOnly: true })).rejects.toMatchObject({ code: 'SAFETENSORS_HOLE' });
  });

  test('stops when it is told to', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(readSafetensors(memorySource(buildFile('{}')), { signal })).rejects.toThrow('enough');
  });
});
