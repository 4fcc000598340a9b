/** What holds for every format: every file is closed on every way out, aborts are honoured, every code can happen. */
import { type ByteSource, coreError, memorySource } from '@mirust/core';
import { describe, expect, it } from 'vitest';
import {
  CHECKPOINT_ERRORS,
  type FileSet,
  fileSetOf,
  layoutCheckpoint,
  MAX_LISTED_PROBLEMS,
  openCheckpoint,
  openDescription,
  openTokenizerModel,
} from '../src/index.ts';
import { GGUF_METADATA, ggufFile, ggufTensors, ggufVocabulary, llama2cFile, slm1File, slm2File } from './_artifacts.ts';
import {
  CONFIG,
  errorOf,
  f32Tensor,
  json,
  safetensors,
  shardedDirectory,
  type TestFiles,
  tinyDirectory,
  tinyTensors,
  utf8,
  watchedFiles,
} from './_support.ts';

/** One good checkpoint of every format. */
const FORMATS: readonly (readonly [string, () => Promise<TestFiles> | TestFiles, string | undefined])[] = [
  ['Hugging Face, one file', tinyDirectory, undefined],
  ['Hugging Face, shards', shardedDirectory, undefined],
  ['safetensors', tinyDirectory, 'model.safetensors'],
  ['config.json', tinyDirectory, 'config.json'],
  ['GGUF', () => ({ 'a.gguf': ggufFile([...GGUF_METADATA, ...ggufVocabulary()], ggufTensors()) }), 'a.gguf'],
  ['llama2.c version 0', () => ({ 'a.bin': llama2cFile({ version: 0 }) }), 'a.bin'],
  ['llama2.c version 1', () => ({ 'a.bin': llama2cFile({ version: 1 }) }), 'a.bin'],
  ['SLM1', async () => ({ 'a.slm': await slm1File() }), 'a.slm'],
  ['SLM2', async () => ({ 'a.slm': await slm2File() }), 'a.slm'],
];

/** Sources of `files` whose reads go through `onRead`, which may throw. */
function intercepted(files: FileSet, onRead: () => void): FileSet {
  return {
    ...files,
    async open(name): Promise<ByteSource> {
      const inner = await files.open(name);
      return {
        ...inner,
        async readInto(offset, target, options) {
          onRead();
          await inner.readInto(offset, target, options);
        },
      };
    },
  };
}

describe.each(FORMATS)('%s', (_name, make, primary) => {
  it('opens, lays out, and gives its files back, once', async () => {
    const watched = watchedFiles(await make(), primary);
    const checkpoint = await openCheckpoint(watched);
    expect(watched.openCount()).toBe(checkpoint.files.length);
    expect(checkpoint.warnings).toEqual([]);
    expect(layoutCheckpoint(checkpoint).weights.byteLength).toBeGreaterThan(0);
    await Promise.all([checkpoint.close(), checkpoint.close()]);
    await checkpoint.close();
    expect(watched.openCount()).toBe(0);
  });

  it('gives its files back whichever read fails', async () => {
    const files = await make();
    let reads = 0;
    const counted = watchedFiles(files, primary);
    await (await openCheckpoint(intercepted(counted, () => reads++))).close();
    expect(reads).toBeGreaterThan(0);
    for (let failing = 0; failing < reads; failing++) {
      const watched = watchedFiles(files, primary);
      let count = 0;
      const broken = intercepted(watched, () => {
        if (count++ === failing) throw coreError('SOURCE_READ', 'the disk failed');
      });
      const error = await errorOf(openCheckpoint(broken));
      expect(error.code).toBe('SOURCE_READ');
      expect(watched.openCount()).toBe(0);
    }
  });

  it('gives its files back whichever read is aborted', async () => {
    const files = await make();
    const reason = new Error('enough');
    let aborted = 0;
    for (let at = 0; ; at++) {
      const watched = watchedFiles(files, primary);
      const controller = new AbortController();
      let count = 0;
      const watching = intercepted(watched, () => {
        if (count++ === at) controller.abort(reason);
      });
      const result = await openCheckpoint(watching, { signal: controller.signal }).catch((error: unknown) => error);
      if (count <= at) {
        // Every read has had its turn.
        await (result as Awaited<ReturnType<typeof openCheckpoint>>).close();
        break;
      }
      expect(result).toBe(reason);
      expect(watched.openCount()).toBe(0);
      aborted++;
    }
    expect(aborted).toBeGreaterThan(0);
  });

  it('gives its files back when they are no model', async () => {
    const files = await make();
    const [name = ''] = Object.keys(files).filter((file) => !file.endsWith('.json'));
    const bytes = files[name] ?? utf8('');
    const watched = watchedFiles({ ...files, [name]: bytes.subarray(0, bytes.length - 1) }, primary);
    await errorOf(openCheckpoint(watched));
    expect(watched.openCount()).toBe(0);
  });
});

describe('closing', () => {
  it('goes on where one file cannot be closed, and says so', async () => {
    const watched = watchedFiles(shardedDirectory());
    const stubborn: FileSet = {
      ...watched,
      async open(name) {
        const source = await watched.open(name);
        if (!name.startsWith('model-00001')) return source;
        const failure = coreError('SOURCE_READ', 'the disk is gone');
        return {
          ...source,
          async close() {
            await source.close();
            throw failure;
          },
        };
      },
    };
    const checkpoint = await openCheckpoint(stubborn);
    expect((await errorOf(checkpoint.close())).message).toBe('the disk is gone');
    expect(watched.openCount()).toBe(0);
  });
});

describe('every code', () => {
  const open = (files: TestFiles, primary?: string) => () => openCheckpoint(watchedFiles(files, primary));
  const version2 = llama2cFile({ version: 1 });
  version2[4] = 2;
  const cases: Record<keyof typeof CHECKPOINT_ERRORS, () => Promise<unknown>> = {
    CHECKPOINT_FORMAT: open({ a: utf8('hello') }, 'a'),
    CHECKPOINT_PICKLE: open({ a: utf8('PK\x03\x04') }, 'a'),
    CHECKPOINT_EMPTY: open({ a: utf8('') }, 'a'),
    CHECKPOINT_INCOMPLETE: open({}),
    CHECKPOINT_TOO_LARGE: open({ ...tinyDirectory(), 'config.json': new Uint8Array(2 ** 20 + 1) }),
    CHECKPOINT_DTYPE: open(tinyDirectory(tinyTensors().map((tensor) => ({ ...tensor, dtype: 'I32' })))),
    CHECKPOINT_TOKENIZER: async () => {
      const tokenizer = watchedFiles({ 'v.gguf': ggufFile(ggufVocabulary(), []) }, 'v.gguf');
      const checkpoint = await openCheckpoint(watchedFiles(tinyDirectory()), { tokenizer });
      await checkpoint.readTokenizer();
    },
    LLAMA2C_HEADER: open({ a: llama2cFile({ version: 1 }).subarray(0, -1) }, 'a'),
    LLAMA2C_VERSION: open({ a: version2 }, 'a'),
  };

  it.each(Object.entries(cases))('%s', async (code, run) => {
    const error = await errorOf(run());
    expect(error.code).toBe(code);
    expect(error.class).toBe(CHECKPOINT_ERRORS[code as keyof typeof CHECKPOINT_ERRORS].class);
  });

  it('is here', () => {
    expect(Object.keys(cases).sort()).toEqual(Object.keys(CHECKPOINT_ERRORS).sort());
  });
});

describe('a file set over open sources', () => {
  it('leaves them open, so that they can be opened again', async () => {
    let closed = 0;
    const sources = new Map(
      Object.entries(tinyDirectory()).map(([name, bytes]) => {
        const source: ByteSource = {
          ...memorySource(bytes, name),
          async close() {
            closed++;
          },
        };
        return [name, source];
      }),
    );
    for (const primary of [undefined, 'config.json', 'model.safetensors', undefined]) {
      const checkpoint = await openCheckpoint(fileSetOf(sources, primary));
      await checkpoint.close();
    }
    expect(closed).toBe(0);
  });

  it('says which file is missing, safely', async () => {
    const error = await errorOf(fileSetOf(new Map(), 'a').open('b\u001b'));
    expect([error.code, error.message]).toEqual(['CHECKPOINT_INCOMPLETE', 'b\\u{1b} is missing']);
  });
});

describe('a description without weights', () => {
  const describeFile = (files: TestFiles, primary: string | undefined) => openDescription(watchedFiles(files, primary));

  it.each([
    ['bfloat16', { torch_dtype: 'bfloat16' }],
    ['float16', { dtype: 'float16' }],
    ['float32', { torch_dtype: 'float32', dtype: 'float16' }],
    [undefined, {}],
    [undefined, { torch_dtype: 16 }],
    [undefined, { torch_dtype: null }],
  ])('names the type %s', async (weightType, fields) => {
    const found = await describeFile({ 'any.json': json({ ...CONFIG, ...fields }) }, 'any.json');
    expect(found?.weightType).toBe(weightType);
    expect(found?.model.hyperparameters.layerCount).toBe(2);
  });

  it('is nothing for what is no configuration', async () => {
    for (const [primary, files] of [
      [undefined, tinyDirectory()],
      ['model.safetensors', tinyDirectory()],
      ['model.safetensors.index.json', shardedDirectory()],
      ['a.slm', { 'a.slm': await slm2File() }],
    ] as const) {
      const watched = watchedFiles(files, primary);
      expect(await openDescription(watched)).toBeUndefined();
      expect(watched.openCount()).toBe(0);
    }
  });

  it('takes an index of more than a megabyte for what it is', async () => {
    const weight_map = Object.fromEntries(
      Array.from({ length: 30_000 }, (_, i) => [`tensor.with.a.name.${i}`, 'm.safetensors']),
    );
    const index = json({ weight_map });
    expect(index.length).toBeGreaterThan(2 ** 20);
    expect(await describeFile({ 'm.index.json': index }, 'm.index.json')).toBeUndefined();
  });

  it.each([
    ['CHECKPOINT_FORMAT', json({ version: '1.0' })],
    ['CHECKPOINT_EMPTY', utf8('')],
    ['CHECKPOINT_PICKLE', utf8('PK\x03\x04')],
    ['JSON_SYNTAX', utf8('{"a": }')],
    ['MODEL_FIELD_MISSING', json({ model_type: 'llama' })],
  ])('refuses with %s', async (code, bytes) => {
    const watched = watchedFiles({ 'config.json': bytes }, 'config.json');
    expect((await errorOf(openDescription(watched))).code).toBe(code);
    expect(watched.openCount()).toBe(0);
  });
});

it('errors of a hostile table stay few and quick to make', async () => {
  const strangers = Array.from({ length: 30_000 }, (_, i) => f32Tensor(`x${i}`, [1], i));
  const watched = watchedFiles({ 'config.json': json(CONFIG), 'model.safetensors': safetensors(strangers) });
  const error = await errorOf(openCheckpoint(watched));
  expect(error.code).toBe('MODEL_TENSOR_MISSING');
  expect(MAX_LISTED_PROBLEMS).toBeLessThan(1000);
  expect(watched.openCount()).toBe(0);
});

it('a tokenizer that takes the place of another is opened only when it is asked for', async () => {
  const tokenizer = watchedFiles({ 'v.gguf': ggufFile(ggufVocabulary(), []) }, 'v.gguf');
  const checkpoint = await openCheckpoint(watchedFiles(tinyDirectory()), { tokenizer });
  expect(tokenizer.opened).toEqual([]);
  await checkpoint.close();
  expect((await openTokenizerModel(tokenizer)).model.types).toHaveLength(260);
});
