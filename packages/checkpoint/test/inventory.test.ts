/** Inventories: what files of any architecture hold, and that broken ones are refused as they always are. */
import { type ByteSource, coreError, DTYPE_NAMES, dtypeInfo, elementCount } from '@mirust/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FileSet, type Inventory, openCheckpoint, openConfiguration, openInventory } from '../src/index.ts';
import {
  GGUF_METADATA,
  type GgufKey,
  type GgufTensor,
  ggufFile,
  ggufTensors,
  ggufText,
  ggufU32,
  ggufVocabulary,
  llama2cFile,
  slm1File,
  slm2File,
} from './_artifacts.ts';
import {
  CONFIG,
  errorOf,
  json,
  safetensors,
  shardedDirectory,
  type TestFiles,
  tinyDirectory,
  tinyTensors,
  utf8,
  watchedFiles,
} from './_support.ts';

type Format = readonly [string, () => Promise<TestFiles> | TestFiles, string | undefined, number | undefined];

/** One good checkpoint of every format, and the tokens that its headers tell. */
const FORMATS: readonly Format[] = [
  ['Hugging Face, one file', tinyDirectory, undefined, undefined],
  ['Hugging Face, shards', shardedDirectory, undefined, undefined],
  ['an index', shardedDirectory, 'model.safetensors.index.json', undefined],
  ['a shard', shardedDirectory, 'model-00002-of-00002.safetensors', undefined],
  ['GGUF', () => ({ 'a.gguf': ggufFile([...GGUF_METADATA, ...ggufVocabulary()], ggufTensors()) }), 'a.gguf', 260],
  ['GGUF in parts', () => splitGguf(), partName(1), 260],
  ['llama2.c version 0', () => ({ 'a.bin': llama2cFile({ version: 0 }) }), 'a.bin', undefined],
  ['llama2.c version 1', () => ({ 'a.bin': llama2cFile({ version: 1, tied: false }) }), 'a.bin', undefined],
  ['SLM1', async () => ({ 'a.slm': await slm1File() }), 'a.slm', 260],
  ['SLM2', async () => ({ 'a.slm': await slm2File() }), 'a.slm', 260],
];

function partName(part: number, count = 3): string {
  return `m-${String(part).padStart(5, '0')}-of-${String(count).padStart(5, '0')}.gguf`;
}

interface SplitSpec {
  readonly metadata?: readonly GgufKey[];
  readonly tensors?: readonly GgufTensor[];
  /** Keys of a part, by its index. */
  readonly keys?: (part: number) => readonly GgufKey[];
}

function splitKeys(part: number, count = 3, total = ggufTensors().length): readonly GgufKey[] {
  return [ggufU32('split.no', part), ggufU32('split.count', count), ggufU32('split.tensors.count', total)];
}

/** A model in three parts: the metadata in the first, every third tensor in each. */
function splitGguf({ metadata, tensors = ggufTensors(), keys = splitKeys }: SplitSpec = {}): TestFiles {
  const model = metadata ?? [...GGUF_METADATA, ...ggufVocabulary()];
  const parts = [0, 1, 2].map((part): [string, Uint8Array] => {
    const own = tensors.filter((_tensor, index) => index % 3 === part);
    return [partName(part + 1), ggufFile([...(part === 0 ? model : []), ...keys(part)], own)];
  });
  return Object.fromEntries(parts);
}

/** Sources of `files` whose reads go through `onRead`, which may throw. */
function intercepted(files: FileSet, onRead: (byteLength: number) => void): FileSet {
  return {
    ...files,
    async open(name): Promise<ByteSource> {
      const inner = await files.open(name);
      return {
        ...inner,
        async readInto(offset, target, options) {
          onRead(target.byteLength);
          await inner.readInto(offset, target, options);
        },
      };
    },
  };
}

function bytesOf({ tensors }: Inventory): number {
  return tensors.reduce((sum, { byteLength }) => sum + byteLength, 0);
}

describe.each(FORMATS)('%s', (name, make, primary, tokens) => {
  it('lists every tensor, describes the model, and gives its files back, once', async () => {
    const watched = watchedFiles(await make(), primary);
    const inventory = await openInventory(watched);
    expect(watched.openCount()).toBe(inventory.files.length);
    expect(inventory.refusal).toBeUndefined();
    expect(inventory.warnings).toEqual([]);
    expect(inventory.tokenizerTokens).toBe(tokens);
    expect(inventory.tensors).toHaveLength(inventory.checkpoint?.tensors.size ?? Number.NaN);
    expect(new Set(inventory.tensors.map((tensor) => tensor.name)).size).toBe(inventory.tensors.length);
    expect(new Set(inventory.tensors.map(({ file }) => file))).toEqual(
      new Set(inventory.files.map((file) => file.name)),
    );
    await Promise.all([inventory.close(), inventory.close()]);
    expect(watched.openCount()).toBe(0);
  });

  it.skipIf(name === 'GGUF in parts')('is the checkpoint that can be opened', async () => {
    const files = await make();
    const inventory = await openInventory(watchedFiles(files, primary));
    const checkpoint = await openCheckpoint(watchedFiles(files, primary));
    expect(inventory.format).toBe(checkpoint.format);
    expect(inventory.checkpoint?.model).toEqual(checkpoint.model);
    if (checkpoint.format !== 'huggingface') expect(inventory.checkpoint?.facts).toEqual(checkpoint.facts);
    const byName = new Map(inventory.tensors.map((tensor) => [tensor.name, tensor]));
    for (const tensor of checkpoint.tensors.values()) {
      const { shape, encoding } = byName.get(tensor.sourceName) ?? {};
      expect([shape, encoding]).toEqual([tensor.shape, tensor.encoding]);
    }
    await inventory.close();
    await checkpoint.close();
  });

  it('gives its files back whichever read fails', async () => {
    const files = await make();
    let reads = 0;
    await (await openInventory(intercepted(watchedFiles(files, primary), () => reads++))).close();
    expect(reads).toBeGreaterThan(0);
    for (let failing = 0; failing < reads; failing++) {
      const watched = watchedFiles(files, primary);
      let count = 0;
      const broken = intercepted(watched, () => {
        if (count++ === failing) throw coreError('SOURCE_READ', 'the disk failed');
      });
      expect((await errorOf(openInventory(broken))).code).toBe('SOURCE_READ');
      expect(watched.openCount()).toBe(0);
    }
  });

  it('is refused as a checkpoint is, wherever it is cut or changed', async () => {
    const files = await make();
    const names = Object.keys(files);
    const damages = fc.record({
      file: fc.nat(names.length - 1),
      at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      byte: fc.option(fc.nat(255), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(damages, async ({ file, at, byte }) => {
        const damagedName = names[file] ?? '';
        const good = files[damagedName] ?? utf8('');
        // Headers are at the front; what comes behind changes nothing here.
        const place = Math.floor(at * Math.min(good.length, 2048));
        const bad = byte === undefined ? good.slice(0, place) : good.slice();
        if (byte !== undefined) bad[place] = byte;
        const damaged = { ...files, [damagedName]: bad };
        const watched = watchedFiles(damaged, primary);
        const listed = await openInventory(watched).catch((error: unknown) => error);
        const opened = await openCheckpoint(watchedFiles(damaged, primary)).catch((error: unknown) => error);
        if (listed instanceof Error) {
          expect(watched.openCount()).toBe(0);
          if (name !== 'GGUF in parts') expect(listed).toEqual(opened);
          return;
        }
        const { refusal, close } = listed as Inventory;
        await close();
        expect(watched.openCount()).toBe(0);
        if (name === 'GGUF in parts') return;
        if (refusal === undefined) expect(opened).not.toBeInstanceOf(Error);
        else expect(refusal).toEqual(opened);
      }),
      { numRuns: 60 },
    );
  });
});

describe('an architecture that is not known', () => {
  it('in GGUF: every type of the table, with its exact bytes', async () => {
    const types = DTYPE_NAMES.filter((dtype) => dtypeInfo(dtype).ggmlId !== undefined);
    const tensors = types.map((dtype): GgufTensor => {
      const { blockElements, blockBytes, ggmlId = -1 } = dtypeInfo(dtype);
      return { name: `t.${dtype}`, type: ggmlId, shape: [3, 2 * blockElements], bytes: new Uint8Array(6 * blockBytes) };
    });
    const metadata = [ggufText('general.architecture', 'gemma9'), ggufU32('gemma9.block_count', 7)];
    const watched = watchedFiles({ 'a.gguf': ggufFile([...metadata, ...ggufVocabulary()], tensors) }, 'a.gguf');
    const inventory = await openInventory(watched);
    expect(inventory.checkpoint).toBeUndefined();
    expect(inventory.refusal?.code).toBe('MODEL_ARCHITECTURE');
    expect(inventory.metadata?.get('gemma9.block_count')).toMatchObject({ type: 'uint32', value: 7 });
    expect(inventory.tokenizerTokens).toBe(260);
    expect(types.length).toBeGreaterThan(30);
    expect(inventory.tensors.map(({ encoding, byteLength }) => [encoding.dtype, byteLength])).toEqual(
      types.map((dtype) => [dtype, 6 * dtypeInfo(dtype).blockBytes]),
    );
    await inventory.close();
    expect(watched.openCount()).toBe(0);
  });

  it('in safetensors: with its configuration as it stands', async () => {
    const files = {
      'config.json': json({ model_type: 'qwen9', head_dim: 128, nested: { __proto__: null } }),
      'model.safetensors': safetensors(tinyTensors('anything.')),
    };
    const watched = watchedFiles(files);
    const inventory = await openInventory(watched);
    expect(inventory.refusal?.code).toBe('MODEL_ARCHITECTURE');
    expect(inventory.config?.get('head_dim')).toBe(128);
    expect(inventory.tensors[0]).toMatchObject({
      name: 'anything.embed_tokens.weight',
      shape: [12, 8],
      byteLength: 384,
    });
    expect(bytesOf(inventory)).toBe(tinyTensors().reduce((sum, { bytes }) => sum + bytes.length, 0));
    expect(watched.opened).toEqual(['model.safetensors', 'config.json']);
    await inventory.close();
    expect(watched.openCount()).toBe(0);
  });

  const odd = [
    { name: 'scalar', shape: [], bytes: new Uint8Array(4) },
    { name: 'empty', shape: [0, 5], bytes: new Uint8Array(0) },
    { name: 'five', shape: [1, 2, 1, 2, 1], bytes: new Uint8Array(4), dtype: 'F8_E4M3' },
  ];
  it.each<[string, TestFiles, string | undefined, string]>([
    [
      'without a configuration',
      { 'adapter.safetensors': safetensors(odd) },
      'adapter.safetensors',
      'CHECKPOINT_INCOMPLETE',
    ],
    [
      'that is not named',
      { ...tinyDirectory(odd), 'config.json': json({ depth: 3 }) },
      undefined,
      'MODEL_FIELD_MISSING',
    ],
    [
      'quantized by another tool',
      { ...tinyDirectory(odd), 'config.json': json({ ...CONFIG, quantization_config: {} }) },
      undefined,
      'MODEL_FEATURE',
    ],
  ])('%s', async (_name, files, primary, code) => {
    const inventory = await openInventory(watchedFiles(files, primary));
    expect(inventory.refusal?.code).toBe(code);
    expect(inventory.tensors.map(({ name, byteLength }) => [name, byteLength]).sort()).toEqual([
      ['empty', 0],
      ['five', 4],
      ['scalar', 4],
    ]);
    await inventory.close();
  });

  it('weights in a type that a llama cannot have are listed all the same', async () => {
    const tensors = tinyTensors().map((tensor) => ({ ...tensor, dtype: 'I32' }));
    const inventory = await openInventory(watchedFiles(tinyDirectory(tensors)));
    expect(inventory.refusal?.code).toBe('CHECKPOINT_DTYPE');
    expect(inventory.tensors.every(({ encoding }) => encoding.dtype === 'i32')).toBe(true);
    await inventory.close();
  });

  it.each<[string, TestFiles, string | undefined]>([
    ['MODEL_TENSOR_MISSING', tinyDirectory(tinyTensors().slice(1)), undefined],
    ['MODEL_FIELD_RANGE', { ...tinyDirectory(), 'config.json': json({ ...CONFIG, num_hidden_layers: 0 }) }, undefined],
    [
      'GGUF_KEY_TYPE',
      { 'a.gguf': ggufFile([...GGUF_METADATA, ggufU32('tokenizer.chat_template', 1)], ggufTensors()) },
      'a.gguf',
    ],
    ['MODEL_FIELD_MISSING', { 'a.gguf': ggufFile([ggufText('general.name', 'x')], ggufTensors()) }, 'a.gguf'],
    ['JSON_SYNTAX', { ...tinyDirectory(), 'config.json': utf8('{"model_type": ') }, undefined],
    ['CHECKPOINT_PICKLE', { 'pytorch_model.bin': utf8('PK\x03\x04'), 'config.json': json(CONFIG) }, undefined],
    ['CHECKPOINT_FORMAT', { a: utf8('hello') }, 'a'],
  ])('excuses nothing: %s', async (code, files, primary) => {
    const watched = watchedFiles(files, primary);
    expect((await errorOf(openInventory(watched))).code).toBe(code);
    expect(watched.openCount()).toBe(0);
  });
});

describe('a split GGUF', () => {
  it.each([1, 2, 3])('is whole, whichever part is pointed at: %i', async (part) => {
    const watched = watchedFiles(splitGguf(), partName(part));
    const inventory = await openInventory(watched);
    expect(inventory.files.map(({ name }) => name)).toEqual([partName(1), partName(2), partName(3)]);
    expect(inventory.checkpoint?.model.hyperparameters.vocabSize).toBe(260);
    expect(bytesOf(inventory)).toBe(ggufTensors().reduce((sum, { shape }) => sum + elementCount(shape) * 4, 0));
    expect(inventory.tensors.filter(({ file }) => file === partName(2)).map(({ name }) => name)).toEqual(
      ggufTensors()
        .filter((_, index) => index % 3 === 1)
        .map(({ name }) => name),
    );
    await inventory.close();
    expect(watched.openCount()).toBe(0);
  });

  it('of any architecture', async () => {
    const inventory = await openInventory(
      watchedFiles(splitGguf({ metadata: [ggufText('general.architecture', 'other')] }), partName(3)),
    );
    expect(inventory.refusal?.code).toBe('MODEL_ARCHITECTURE');
    expect(inventory.tensors).toHaveLength(ggufTensors().length);
    await inventory.close();
  });

  const { [partName(2)]: second = utf8(''), ...withoutSecond } = splitGguf();
  const cases: readonly (readonly [string, string, TestFiles, RegExp])[] = [
    ['a missing part', 'CHECKPOINT_INCOMPLETE', withoutSecond, /^m-00002-of-00003\.gguf is missing$/],
    [
      'a damaged part',
      'GGUF_MAGIC',
      { ...withoutSecond, [partName(2)]: utf8('not a model at all, by no means') },
      /^m-00002-of-00003\.gguf: the file starts with/,
    ],
    [
      'a part of another place',
      'GGUF_KEY_RANGE',
      splitGguf({ keys: (part) => splitKeys(part === 2 ? 1 : part) }),
      /^m-00003-of-00003\.gguf: split\.no is 1, and the parts say 2$/,
    ],
    [
      'a part of another split',
      'GGUF_KEY_RANGE',
      splitGguf({ keys: (part) => splitKeys(part, part === 1 ? 4 : 3) }),
      /^m-00002-of-00003\.gguf: split\.count is 4, and the parts say 3$/,
    ],
    [
      'a name that counts otherwise',
      'GGUF_KEY_RANGE',
      splitGguf({ keys: (part) => splitKeys(part, 4) }),
      /^m-00001-of-00003\.gguf: split\.count is 4, and the parts say 3$/,
    ],
    [
      'a part that does not say its place',
      'GGUF_KEY_MISSING',
      splitGguf({ keys: (part) => splitKeys(part).slice(part === 1 ? 1 : 0) }),
      /split\.no/,
    ],
    [
      'fewer tensors than the first part says',
      'GGUF_KEY_RANGE',
      splitGguf({ keys: (part) => splitKeys(part, 3, 12) }),
      /split\.tensors\.count is 12, and the parts say 11$/,
    ],
    [
      'a tensor in two parts',
      'GGUF_DUPLICATE_TENSOR',
      { ...splitGguf(), [partName(3)]: ggufFile(splitKeys(2), ggufTensors().slice(1, 2)) },
      /^tensor "output_norm\.weight" occurs in two parts$/,
    ],
  ];
  it.each(cases)('%s', async (_name, code, files, message) => {
    expect(second.length).toBeGreaterThan(0);
    const watched = watchedFiles(files, partName(1));
    const error = await errorOf(openInventory(watched));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(watched.openCount()).toBe(0);
  });

  it('without the name that says which part it is', async () => {
    const watched = watchedFiles({ 'a.gguf': second }, 'a.gguf');
    const error = await errorOf(openInventory(watched));
    expect([error.code, error.context.key]).toEqual(['CHECKPOINT_INCOMPLETE', 'split.count']);
    expect(watched.openCount()).toBe(0);
  });

  it('of more parts than any model has is not looked for', async () => {
    const name = partName(1, 99_999);
    const watched = watchedFiles({ [name]: ggufFile(splitKeys(0, 99_999), []) }, name);
    expect((await errorOf(openInventory(watched))).code).toBe('GGUF_KEY_RANGE');
    expect(watched.opened).toEqual([name]);
  });
});

describe('a configuration', () => {
  it('of an architecture that is not known is given as it stands', async () => {
    const config = { model_type: 'qwen9', torch_dtype: 'bfloat16', num_hidden_layers: 3 };
    const found = await openConfiguration(watchedFiles({ 'c.json': json(config) }, 'c.json'));
    expect(found).toMatchObject({ weightType: 'bfloat16', refusal: { code: 'MODEL_ARCHITECTURE' } });
    expect(found?.config.get('num_hidden_layers')).toBe(3);
    expect(found).not.toHaveProperty('model');
  });

  it('of one that is known comes with its model', async () => {
    const found = await openConfiguration(watchedFiles({ 'c.json': json(CONFIG) }, 'c.json'));
    expect(found?.model?.architecture).toBe('llama');
    expect(found).not.toHaveProperty('refusal');
  });
});
