/** Hugging Face checkpoints: whichever file the user points at, names, rows, facts, and everything that is refused. */
import { describe, expect, it } from 'vitest';
import { inspectCheckpoint, MAX_LISTED_PROBLEMS, openCheckpoint, readWholeTensor } from '../src/index.ts';
import {
  CONFIG,
  errorOf,
  f32Tensor,
  f32Values,
  json,
  safetensors,
  shardedDirectory,
  type TestFiles,
  tinyDirectory,
  tinyTensors,
  utf8,
  watchedFiles,
} from './_support.ts';

/** Every tensor's values by canonical name. */
async function allValues(files: TestFiles, primary?: string): Promise<Map<string, number[]>> {
  const watched = watchedFiles(files, primary);
  const checkpoint = await openCheckpoint(watched);
  expect(checkpoint.format).toBe('huggingface');
  const values = new Map<string, number[]>();
  for (const [name, tensor] of checkpoint.tensors) {
    expect(tensor.name).toBe(name);
    values.set(name, f32Values((await readWholeTensor(tensor)).payload));
  }
  await checkpoint.close();
  expect(watched.openCount()).toBe(0);
  return values;
}

const directory = tinyDirectory();
const shards = shardedDirectory();

describe('whichever file the user points at', () => {
  it('the directory: every name of the contract, values where they belong', async () => {
    const values = await allValues(directory);
    expect(values.size).toBe(3 + 2 * 9);
    expect(values.get('tok_embeddings.weight')?.slice(0, 3)).toEqual([0, 1, 2]);
    expect(values.get('norm.weight')).toEqual([1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007]);
    expect(values.get('output.weight')?.[0]).toBe(2000);
    expect(values.get('layers.0.attn_norm.weight')?.[0]).toBe(3000);
    expect(values.get('layers.0.wv.weight')?.[0]).toBe(6000);
    expect(values.get('layers.0.wo.weight')?.[0]).toBe(7000);
    expect(values.get('layers.0.ffn_norm.weight')?.[0]).toBe(8000);
    expect(values.get('layers.0.w1.weight')?.[0]).toBe(9000);
    expect(values.get('layers.0.w3.weight')?.[0]).toBe(10_000);
    expect(values.get('layers.0.w2.weight')?.[0]).toBe(11_000);
    expect(values.get('layers.1.w2.weight')?.[0]).toBe(20_000);
  });

  it('of heads that are wider than the matrix, no row is read beyond it', async () => {
    const config = json({ ...CONFIG, head_dim: 64 });
    const { checkpoint, problems } = await inspectCheckpoint(watchedFiles({ ...directory, 'config.json': config }));
    expect(problems[0]?.code).toBe('MODEL_TENSOR_SHAPE');
    const wk = checkpoint.tensors.get('layers.1.wk.weight') ?? expect.fail('no wk');
    expect(f32Values((await readWholeTensor(wk)).payload).slice(-2)).toEqual([14_062, 14_063]);
    await checkpoint.close();
  });

  it('rows of wq and wk come as pairs, those of wv as they are', async () => {
    const values = await allValues(directory);
    // Heads of 4 rows of 8 values: theirs 0, 1, 2, 3 are our 0, 2, 1, 3.
    const firstOfRows = (name: string): number[] | undefined => values.get(name)?.filter((_, index) => index % 8 === 0);
    expect(firstOfRows('layers.0.wq.weight')).toEqual(
      [0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15].map((row) => 4000 + 8 * row),
    );
    expect(firstOfRows('layers.0.wk.weight')).toEqual([0, 2, 1, 3, 4, 6, 5, 7].map((row) => 5000 + 8 * row));
    expect(firstOfRows('layers.0.wv.weight')).toEqual([0, 1, 2, 3, 4, 5, 6, 7].map((row) => 6000 + 8 * row));
  });

  it.each<[string, TestFiles, string | undefined]>([
    ['config.json', directory, 'config.json'],
    ['a configuration of another name', { ...directory, 'my-config.json': json(CONFIG) }, 'my-config.json'],
    ['model.safetensors', directory, 'model.safetensors'],
    ['weights of another name', { ...directory, 'other.weights': safetensors(tinyTensors()) }, 'other.weights'],
    ['a directory of shards', shards, undefined],
    ['config.json of shards', shards, 'config.json'],
    ['the index', shards, 'model.safetensors.index.json'],
    ['a shard', shards, 'model-00002-of-00002.safetensors'],
  ])('%s: the same tensors', async (_what, files, primary) => {
    expect(await allValues(files, primary)).toEqual(await allValues(directory));
  });

  it('an index of another name is the one that is taken', async () => {
    const { 'model.safetensors.index.json': index = utf8(''), ...rest } = shards;
    const files = { ...rest, 'x.safetensors.index.json': index };
    expect(await allValues(files, 'x.safetensors.index.json')).toEqual(await allValues(directory));
  });

  it('one file with all weights is taken before an index, with a warning', async () => {
    const both = { ...shards, 'model.safetensors': safetensors(tinyTensors()) };
    const watched = watchedFiles(both);
    const checkpoint = await openCheckpoint(watched);
    expect(checkpoint.files.map(({ name }) => name)).toEqual(['model.safetensors']);
    expect(checkpoint.warnings.map(({ code }) => code)).toEqual(['CHECKPOINT_TWO_WEIGHTS']);
    await checkpoint.close();
  });

  it('names of files are those of the directory, not paths', async () => {
    const checkpoint = await openCheckpoint(watchedFiles(shards));
    expect(checkpoint.files.map(({ name }) => name)).toEqual([
      'model-00001-of-00002.safetensors',
      'model-00002-of-00002.safetensors',
    ]);
    await checkpoint.close();
  });
});

describe('what is refused', () => {
  const [first, ...others] = tinyTensors();
  it.each<[string, string, TestFiles, string | undefined]>([
    ['CHECKPOINT_INCOMPLETE', 'config.json is missing', { 'model.safetensors': safetensors([]) }, undefined],
    ['CHECKPOINT_INCOMPLETE', 'config.json is missing', { 'a.safetensors': safetensors([]) }, 'a.safetensors'],
    ['CHECKPOINT_INCOMPLETE', 'model.safetensors is missing', { 'config.json': json(CONFIG) }, undefined],
    ['CHECKPOINT_INCOMPLETE', 'model.safetensors is missing', { 'config.json': json(CONFIG) }, 'config.json'],
    ['CHECKPOINT_INCOMPLETE', 'model.safetensors is missing', {}, undefined],
    [
      'CHECKPOINT_INCOMPLETE',
      'model.safetensors.index.json is missing',
      { 'config.json': json(CONFIG), 'model-00001-of-00002.safetensors': safetensors(others) },
      undefined,
    ],
    [
      'CHECKPOINT_INCOMPLETE',
      'm.safetensors.index.json is missing',
      { 'config.json': json(CONFIG), 'm-00001-of-00002.safetensors': safetensors(others) },
      'm-00001-of-00002.safetensors',
    ],
    [
      'CHECKPOINT_INCOMPLETE',
      'model-00001-of-00002.safetensors is missing',
      {
        'config.json': json(CONFIG),
        'model.safetensors.index.json': shards['model.safetensors.index.json'] ?? utf8(''),
      },
      undefined,
    ],
    [
      'CHECKPOINT_PICKLE',
      'pytorch_model.bin',
      { 'config.json': json(CONFIG), 'pytorch_model.bin': utf8('x') },
      undefined,
    ],
    ['CHECKPOINT_PICKLE', 'consolidated.00.pth', { 'consolidated.00.pth': utf8('x') }, undefined],
    ['CHECKPOINT_PICKLE', 'model.ckpt', { 'model.ckpt': utf8('x') }, undefined],
    ['CHECKPOINT_FORMAT', 'tokenizer.json', { ...directory, 'tokenizer.json': json({ model: {} }) }, 'tokenizer.json'],
    ['CHECKPOINT_FORMAT', 'adapter.json', { ...directory, 'adapter.json': json({ r: 8 }) }, 'adapter.json'],
    ['CHECKPOINT_FORMAT', 'config.json', { ...directory, 'config.json': utf8('[]') }, undefined],
    ['CHECKPOINT_TOO_LARGE', 'config.json', { ...directory, 'config.json': new Uint8Array(2 ** 20 + 1) }, undefined],
    ['JSON_DUPLICATE_KEY', 'config.json', { ...directory, 'config.json': utf8('{"a":1,"a":2}') }, undefined],
    ['MODEL_ARCHITECTURE', 'bert', { ...directory, 'config.json': json({ ...CONFIG, model_type: 'bert' }) }, undefined],
    ['JSON_SYNTAX', 'generation_config.json', { ...directory, 'generation_config.json': utf8('{') }, undefined],
    ['INVALID_UTF8', 'chat_template.jinja', { ...directory, 'chat_template.jinja': Uint8Array.of(0xff) }, undefined],
    ['MODEL_TENSOR_MISSING', 'tok_embeddings.weight', tinyDirectory(others), undefined],
    ['MODEL_TENSOR_UNKNOWN', 'extra', tinyDirectory([...tinyTensors(), f32Tensor('extra', [1], 0)]), undefined],
    [
      'MODEL_TENSOR_SHAPE',
      'tok_embeddings.weight',
      tinyDirectory([f32Tensor(first?.name ?? '', [8, 12], 0), ...others]),
      undefined,
    ],
  ])('%s: %s', async (code, text, files, primary) => {
    const watched = watchedFiles(files, primary);
    const error = await errorOf(openCheckpoint(watched));
    expect(error.code).toBe(code);
    expect(error.message).toContain(text);
    expect(watched.openCount()).toBe(0);
  });

  it('a directory with a file of another format says to name it', async () => {
    const error = await errorOf(openCheckpoint(watchedFiles({ 'llama.Q4_K_M.gguf': utf8('GGUF') })));
    expect(error.remedy).toBe('Name the file itself, such as llama.Q4_K_M.gguf.');
  });

  it('pickles are never opened', async () => {
    const files = watchedFiles({ 'config.json': json(CONFIG), 'pytorch_model.bin': utf8('\x80\x02') });
    await errorOf(openCheckpoint(files));
    expect(files.opened).toEqual([]);
  });

  it.each(['F64', 'I64', 'F8_E4M3', 'BOOL'])('weights in %s, by name', async (dtype) => {
    const widths: Record<string, number> = { F64: 8, I64: 8 };
    const tensors = tinyTensors().map((tensor) => {
      return { ...tensor, dtype, bytes: new Uint8Array((tensor.bytes.length / 4) * (widths[dtype] ?? 1)) };
    });
    const { checkpoint, problems, problemCount } = await inspectCheckpoint(watchedFiles(tinyDirectory(tensors)));
    expect(problemCount).toBe(21);
    expect(new Set(problems.map(({ code }) => code))).toEqual(new Set(['CHECKPOINT_DTYPE']));
    await checkpoint.close();
    expect((await errorOf(openCheckpoint(watchedFiles(tinyDirectory(tensors))))).code).toBe('CHECKPOINT_DTYPE');
  });

  it('a damaged table comes before a missing configuration', async () => {
    const file = safetensors(tinyTensors());
    const files = watchedFiles({ 'model.safetensors': file.subarray(0, file.length - 4) });
    expect((await errorOf(openCheckpoint(files))).code).toBe('SAFETENSORS_DATA_TRUNCATED');
  });
});

describe('names that a format does not use', () => {
  it('canonical names do not reach the contract under Hugging Face', async () => {
    const mapped = await openCheckpoint(watchedFiles(directory));
    const canonical = [...mapped.tensors.values()].map(({ name, shape }) => f32Tensor(name, shape, 0));
    await mapped.close();
    const inspected = await inspectCheckpoint(watchedFiles(tinyDirectory(canonical)));
    expect(inspected.checkpoint.tensors.size).toBe(0);
    // 21 that are missing, 21 that have no place.
    expect(inspected.problemCount).toBe(42);
    await inspected.checkpoint.close();
  });

  it('a canonical name beside the right one is no second copy', async () => {
    const files = tinyDirectory([...tinyTensors(), f32Tensor('norm.weight', [8], 9e6)]);
    const { checkpoint, problems } = await inspectCheckpoint(watchedFiles(files));
    expect(problems.map(({ code, message }) => [code, message])).toEqual([
      ['MODEL_TENSOR_UNKNOWN', 'tensor norm.weight has no place in this architecture'],
    ]);
    const tensor = checkpoint.tensors.get('norm.weight');
    expect(tensor?.sourceName).toBe('model.norm.weight');
    await checkpoint.close();
  });

  it('weights without the prefix "model." are unknown, not guessed', async () => {
    const error = await errorOf(openCheckpoint(watchedFiles(tinyDirectory(tinyTensors('')))));
    expect(error.code).toBe('MODEL_TENSOR_MISSING');
  });
});

describe('all problems at once', () => {
  it('missing, misshapen and unknown tensors, in contract order', async () => {
    const tensors = tinyTensors()
      .filter(({ name }) => !name.includes('k_proj'))
      .map((tensor) => (tensor.name.includes('up_proj') ? f32Tensor(tensor.name, [8, 6], 0) : tensor));
    const files = tinyDirectory([...tensors, f32Tensor('\u202eevil\u001b[2J', [1], 0), f32Tensor('scalar', [], 0)]);
    const { checkpoint, problems, problemCount } = await inspectCheckpoint(watchedFiles(files));
    expect(problems.map(({ code, message }) => `${code} ${message}`)).toEqual([
      'MODEL_TENSOR_MISSING tensor layers.0.wk.weight is missing',
      'MODEL_TENSOR_SHAPE tensor layers.0.w3.weight has shape [8, 6], expected [6, 8]',
      'MODEL_TENSOR_MISSING tensor layers.1.wk.weight is missing',
      'MODEL_TENSOR_SHAPE tensor layers.1.w3.weight has shape [8, 6], expected [6, 8]',
      'MODEL_TENSOR_UNKNOWN tensor \\u{202e}evil\\u{1b}[2J has no place in this architecture',
      'MODEL_TENSOR_UNKNOWN tensor scalar has no place in this architecture',
    ]);
    expect(problemCount).toBe(6);
    expect(problems.every((problem) => problem.class === 'contract' && problem.context.tensor !== undefined)).toBe(
      true,
    );
    await checkpoint.close();
  });

  it('of which a bounded number is made into errors', async () => {
    const extra = Array.from({ length: 1000 }, (_, i) => f32Tensor(`extra.${i}`, [1], i));
    const { checkpoint, problems, problemCount } = await inspectCheckpoint(
      watchedFiles(tinyDirectory([...tinyTensors(), ...extra])),
    );
    expect([problems.length, problemCount]).toEqual([MAX_LISTED_PROBLEMS, 1000]);
    await checkpoint.close();
  });
});

describe('tensors that are ignored', () => {
  it('stored rotary frequencies and a copy of the tied head, one warning each', async () => {
    const config = { ...CONFIG, tie_word_embeddings: true };
    const frequencies = [0, 1].map((n) => f32Tensor(`model.layers.${n}.self_attn.rotary_emb.inv_freq`, [2], 0));
    const files = { 'config.json': json(config), 'model.safetensors': safetensors([...tinyTensors(), ...frequencies]) };
    const checkpoint = await openCheckpoint(watchedFiles(files));
    expect(checkpoint.warnings.map(({ code }) => code).sort()).toEqual([
      'CHECKPOINT_ROTARY_BUFFER',
      'CHECKPOINT_TIED_COPY',
    ]);
    expect(checkpoint.tensors.has('output.weight')).toBe(false);
    await checkpoint.close();
  });

  it('an untied head is not: it must be there', async () => {
    const tensors = tinyTensors().filter(({ name }) => name !== 'lm_head.weight');
    const error = await errorOf(openCheckpoint(watchedFiles(tinyDirectory(tensors))));
    expect(error.message).toBe('tensor output.weight is missing');
  });
});

describe('facts', () => {
  async function factsOf(extra: TestFiles): Promise<unknown> {
    const checkpoint = await openCheckpoint(watchedFiles({ ...directory, ...extra }));
    await checkpoint.close();
    return { ...checkpoint.facts, warnings: checkpoint.warnings.map(({ code }) => code) };
  }

  it.each<[string, TestFiles, object]>([
    ['none', {}, {}],
    ['a name', { 'config.json': json({ ...CONFIG, _name_or_path: 'someone/model-7b' }) }, { name: 'someone/model-7b' }],
    ['an empty name', { 'config.json': json({ ...CONFIG, _name_or_path: '' }) }, {}],
    ['a path of another machine', { 'config.json': json({ ...CONFIG, _name_or_path: '/home/me/run3' }) }, {}],
    ['a Windows path', { 'config.json': json({ ...CONFIG, _name_or_path: 'C:\\run3' }) }, {}],
    [
      'an end id of the configuration',
      { 'config.json': json({ ...CONFIG, eos_token_id: 2 }) },
      { endOfGeneration: [2] },
    ],
    [
      'end ids of the generation, which count before',
      {
        'config.json': json({ ...CONFIG, eos_token_id: 2 }),
        'generation_config.json': json({ eos_token_id: [7, 3, 7] }),
      },
      { endOfGeneration: [3, 7] },
    ],
    [
      'a generation without end ids',
      { 'config.json': json({ ...CONFIG, eos_token_id: 2 }), 'generation_config.json': json({ eos_token_id: null }) },
      { endOfGeneration: [2] },
    ],
    [
      'end ids that are no tokens',
      { 'generation_config.json': json({ eos_token_id: [-1, 12, 1.5, '2', 4294967295, 11] }) },
      { endOfGeneration: [11], warnings: ['CHECKPOINT_END_ID'] },
    ],
    ['a template', { 'tokenizer_config.json': json({ chat_template: '{{x}}' }) }, { chatTemplate: '{{x}}' }],
    [
      'a template file, which counts before',
      { 'tokenizer_config.json': json({ chat_template: 'a' }), 'chat_template.jinja': utf8('ü') },
      { chatTemplate: 'ü' },
    ],
    [
      'the default of several templates',
      {
        'tokenizer_config.json': json({
          chat_template: [{ name: 'rag', template: 'r' }, 7, { name: 'default', template: 'd' }],
        }),
      },
      { chatTemplate: 'd' },
    ],
    [
      'a template that no model has',
      { 'tokenizer_config.json': json({ chat_template: 'x'.repeat(262_145) }) },
      { warnings: ['CHECKPOINT_CHAT_TEMPLATE'] },
    ],
  ])('%s', async (_what, extra, expected) => {
    expect(await factsOf(extra)).toEqual({ warnings: [], ...expected });
  });

  it('a list of end ids that no model has is refused', async () => {
    const config = json({ ...CONFIG, vocab_size: 1000 });
    const tensors = tinyTensors().map((tensor) =>
      tensor.shape[0] === 12 ? f32Tensor(tensor.name, [1000, 8], 0) : tensor,
    );
    const files = {
      'config.json': config,
      'model.safetensors': safetensors(tensors),
      'generation_config.json': json({ eos_token_id: Array.from({ length: 257 }, (_, i) => i) }),
    };
    const watched = watchedFiles(files);
    expect((await errorOf(openCheckpoint(watched))).code).toBe('CHECKPOINT_TOO_LARGE');
    expect(watched.openCount()).toBe(0);
  });

  it('a tokenizer_config.json of a megabyte is nothing unusual', async () => {
    const added = Object.fromEntries(
      Array.from({ length: 12_000 }, (_, i) => [i, { content: `<unused${i}>`, special: true, lstrip: false }]),
    );
    const bytes = json({ added_tokens_decoder: added, chat_template: 't', padding: ' '.repeat(500_000) });
    expect(bytes.length).toBeGreaterThan(2 ** 20);
    expect(await factsOf({ 'tokenizer_config.json': bytes })).toEqual({ chatTemplate: 't', warnings: [] });
  });
});
