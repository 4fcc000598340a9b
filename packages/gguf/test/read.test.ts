import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { blobSource, dtypeInfo, isMirustError, memorySource, readRange, sliceSource } from '@mirust/core';
import { describe, expect, test } from 'vitest';
import { GGUF_WARNINGS, type GgufFile, type GgufValue, readGguf } from '../src/index.ts';
import { assetPath, HAS_ASSETS } from './_assets.ts';
import { array, buildGguf, bytes, concat, GOOD, TYPE, text, u32, u64 } from './_build.ts';
import { watchedSource } from './_source.ts';

const ORACLES = new URL('../../../fixtures/oracles/containers/', import.meta.url);

/** What the reader of gguf-py makes of a file: see fixtures/oracles/containers.py. */
interface ExpectedFile {
  readonly version: number;
  readonly alignment: number;
  readonly dataOffset: number;
  readonly metadata: Record<string, { readonly type: readonly string[]; readonly value: unknown }>;
  readonly tensors: readonly {
    readonly name: string;
    readonly ggmlId: number;
    readonly shape: readonly number[];
    readonly offset: number;
    readonly byteLength: number;
    readonly sha256: string;
  }[];
}

const EXPECTED: Record<string, ExpectedFile> = JSON.parse(readFileSync(new URL('expected.json', ORACLES), 'utf8')).gguf;

/** A value in the form of expected.json: type names, 64-bit integers as text. */
function described(value: GgufValue): ExpectedFile['metadata'][string] {
  const plain = (one: unknown): unknown => (typeof one === 'bigint' ? String(one) : one);
  if (value.type === 'array') {
    return { type: ['array', value.elementType], value: Array.from<unknown>(value.values).map(plain) };
  }
  return { type: [value.type], value: plain(value.value) };
}

describe('agrees with gguf-py', () => {
  test.for(Object.entries(EXPECTED))('%s', async ([name, expected]) => {
    const source = memorySource(readFileSync(new URL(name, ORACLES)), name);
    const file = await readGguf(source);
    expect({ version: file.version, alignment: file.alignment }).toEqual({
      version: expected.version,
      alignment: expected.alignment,
    });
    // Without tensors there is no data, and gguf-py counts from the padded header all the same.
    expect(file.dataOffset).toBe(expected.dataOffset);
    expect(Object.fromEntries([...file.metadata].map(([key, value]) => [key, described(value)]))).toEqual(
      Object.fromEntries(Object.entries(expected.metadata)),
    );
    expect([...file.metadata.keys()]).toEqual(Object.keys(expected.metadata));
    const tensors = await Promise.all(
      file.tensors.map(async ({ name, dtype, shape, offset, byteLength }) => {
        const data = await readRange(source, offset, byteLength);
        const sha256 = createHash('sha256').update(data).digest('hex');
        return { name, ggmlId: dtypeInfo(dtype).ggmlId, shape, offset, byteLength, sha256 };
      }),
    );
    expect(tensors).toEqual(expected.tensors);
    expect(file.warnings).toEqual([]);
  });
});

describe.skipIf(!HAS_ASSETS)('third-party files (skipped where ../shared/assets is absent)', () => {
  const readAsset = (name: string): Promise<GgufFile> => readGguf(memorySource(readFileSync(assetPath(name)), name));

  test.for([
    ['falcon', 65024, 'gpt2'],
    ['gpt-2', 50257, 'gpt2'],
    ['llama-spm', 32000, 'llama'],
    ['phi-3', 32064, 'llama'],
  ] as const)('vocabulary %s', async ([name, tokens, model]) => {
    const file = await readAsset(`vocabs/ggml-vocab-${name}.gguf`);
    expect(file.tensors).toEqual([]);
    expect(file.warnings).toEqual([]);
    expect(file.metadata.get('tokenizer.ggml.model')).toMatchObject({ value: model });
    const vocabulary = file.metadata.get('tokenizer.ggml.tokens');
    expect(vocabulary?.type === 'array' && vocabulary.values.length).toBe(tokens);
  });

  test('no vocabulary is left out', () => {
    expect(readdirSync(assetPath('vocabs')).filter((name) => name.endsWith('.gguf'))).toHaveLength(4);
  });

  test('stories260K', async () => {
    const file = await readAsset('stories260k/stories260K.gguf');
    expect(file.tensors).toHaveLength(48);
    expect(file.tensorsByName.get('blk.0.attn_k.weight')?.shape).toEqual([32, 64]);
    expect(file.tensorsByName.get('token_embd.weight')).toMatchObject({ dtype: 'f32', shape: [512, 64] });
    expect(file.warnings).toEqual([]);
    const last = file.tensors.at(-1);
    expect((last?.offset ?? 0) + (last?.byteLength ?? 0)).toBeLessThanOrEqual(1_185_376);
  });

  test.for([
    ['evil_ndims', 'GGUF_RANK'],
    ['evil_overflow', 'OVERFLOW'],
  ] as const)('hostile %s is refused with %s', async ([name, code]) => {
    const error = await readAsset(`hostile/gguf-py/${name}.gguf`).catch((caught: unknown) => caught);
    expect(isMirustError(error, code)).toBe(true);
    expect(isMirustError(error) && error.context).toMatchObject({ tensor: 'bad_tensor', offset: expect.any(Number) });
  });
});

describe('accepted, with a warning', () => {
  const codes = async (file: Uint8Array): Promise<string[]> =>
    (await readGguf(memorySource(file))).warnings.map(({ code }) => code);

  test('GGUF_TRAILING_BYTES: beyond the padding of the last tensor, and behind a file without tensors', async () => {
    const file = buildGguf(GOOD);
    expect(await codes(file)).toEqual([]);
    expect(await codes(file.subarray(0, file.length - 16))).toEqual([]);
    expect(await codes(concat(file, bytes(0)))).toEqual(['GGUF_TRAILING_BYTES']);
    expect(await codes(concat(buildGguf({ dataByteLength: 0 }), bytes(0)))).toEqual(['GGUF_TRAILING_BYTES']);
  });

  test('GGUF_TENSOR_ORDER: the table in another order than the data', async () => {
    const tensors = [32, 0, 64].map((offset, index) => ({ name: `t${index}`, dims: [8], type: 0, offset }));
    const file = await readGguf(memorySource(buildGguf({ tensors, dataByteLength: 96 })));
    expect(file.warnings).toMatchObject([{ code: 'GGUF_TENSOR_ORDER', offset: 24 }]);
    expect(file.tensors.map(({ name }) => name)).toEqual(['t0', 't1', 't2']);
  });

  test('GGUF_LONG_TENSOR_NAME: 65 bytes, counted in bytes, one warning however many', async () => {
    const named = (names: string[]): Uint8Array =>
      buildGguf({
        tensors: names.map((name, index) => ({ name, dims: [8], type: 0, offset: 32 * index })),
        dataByteLength: 32 * names.length,
      });
    expect(await codes(named(['n'.repeat(64), 'ü'.repeat(32)]))).toEqual([]);
    expect(await codes(named(['n'.repeat(65)]))).toEqual(['GGUF_LONG_TENSOR_NAME']);
    const file = await readGguf(memorySource(named(['short', 'ü'.repeat(33), '☃'.repeat(22)])));
    expect(file.warnings).toEqual([
      expect.objectContaining({ code: 'GGUF_LONG_TENSOR_NAME', tensor: 'ü'.repeat(33), offset: 24 + 37 }),
    ]);
  });

  test('every warning has a case above', () => {
    expect(Object.keys(GGUF_WARNINGS)).toEqual(['GGUF_TRAILING_BYTES', 'GGUF_TENSOR_ORDER', 'GGUF_LONG_TENSOR_NAME']);
  });
});

describe('reading', () => {
  test('version 2, and an alignment of any integer type', async () => {
    const file = await readGguf(memorySource(buildGguf({ ...GOOD, version: 2 })));
    expect(file.version).toBe(2);
    const values = [
      [TYPE.uint8, bytes(64)],
      [TYPE.int32, u32(64)],
      [TYPE.uint64, u64(64)],
      [TYPE.int64, u64(64)],
    ] as const;
    for (const [type, value] of values) {
      const tensors = [0, 64].map((offset, index) => ({ name: `t${index}`, dims: [4], type: 0, offset }));
      const metadata = [['general.alignment', type, value] as const];
      const aligned = buildGguf({ metadata, tensors, alignment: 64, dataByteLength: 128 });
      expect((await readGguf(memorySource(aligned))).alignment).toBe(64);
    }
  });

  test('keys that mean something in JavaScript are plain keys', async () => {
    const metadata = ['__proto__', 'constructor', 'toString'].map((key) => [key, TYPE.string, text('x')] as const);
    const file = await readGguf(memorySource(buildGguf({ metadata })));
    expect([...file.metadata.keys()]).toEqual(['__proto__', 'constructor', 'toString']);
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });

  test('headersOnly needs no data, and checks the layout all the same', async () => {
    const whole = buildGguf(GOOD);
    const { headerByteLength } = await readGguf(memorySource(whole));
    const head = memorySource(whole.subarray(0, headerByteLength));
    const file = await readGguf(head, { headersOnly: true });
    expect(file).toEqual(await readGguf(memorySource(whole)));
    const overlapping = buildGguf({
      tensors: [0, 0].map((offset, i) => ({ name: `${i}`, dims: [8], type: 0, offset })),
    });
    await expect(readGguf(memorySource(overlapping), { headersOnly: true })).rejects.toMatchObject({
      code: 'GGUF_TENSOR_OVERLAP',
    });
  });

  test('a header larger than any one read, whatever the boundaries of the pieces', async () => {
    const tokens = Array.from({ length: 10_000 }, (_, index) => `token ${index} ☃`);
    const numbers = Float64Array.from({ length: 30_000 }, (_, index) => index / 3);
    for (const pad of [0, 1, 2, 3, 5, 7]) {
      const file = buildGguf({
        metadata: [
          ['pad', TYPE.string, text('x'.repeat(2 ** 17 - 64 + pad))],
          ['tokens', TYPE.array, array(TYPE.string, tokens.length, ...tokens.map((token) => text(token)))],
          ['numbers', TYPE.array, array(TYPE.float64, numbers.length, new Uint8Array(numbers.buffer))],
          ['end', TYPE.bool, bytes(1)],
        ],
      });
      const source = watchedSource(file);
      const { metadata } = await readGguf(source);
      expect(metadata.get('tokens')).toMatchObject({ values: tokens });
      expect(metadata.get('numbers')).toMatchObject({ values: numbers });
      expect(metadata.get('end')).toMatchObject({ value: true });
      expect(source.requestedBytes()).toBe(file.length);
      expect(source.requests.length).toBeLessThan(10);
    }
  });

  test('the data are never read, and little of them is read ahead', async () => {
    const source = watchedSource(
      buildGguf({ ...GOOD, tensors: [{ name: 't', dims: [2 ** 22], type: 0, offset: 0 }], dataByteLength: 2 ** 24 }),
    );
    await readGguf(source);
    expect(source.requests).toEqual([{ offset: 0, byteLength: 2 ** 17 }]);
  });

  test('the same from memory, from a Blob and from a window of a larger file', async () => {
    const file = buildGguf(GOOD);
    const expected = await readGguf(memorySource(file));
    expect(await readGguf(blobSource(new Blob([new Uint8Array(file)])))).toEqual(expected);
    const surrounded = memorySource(concat(bytes(1, 2, 3), file, bytes(4)));
    expect(await readGguf(sliceSource(surrounded, 3, file.length))).toEqual(expected);
  });

  test('stops when it is told to', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(readGguf(memorySource(buildGguf(GOOD)), { signal })).rejects.toThrow('enough');
  });
});
