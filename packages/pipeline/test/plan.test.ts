/** Plans: rules and fallbacks, everything that SLM1 cannot hold, what is refused before any work, every code. */
import { createEncoding, memorySource } from '@mirust/core';
import { readSlm2 } from '@mirust/slm';
import { byteTokenizerModel, type TokenizerModel } from '@mirust/tokenizer';
import { describe, expect, it } from 'vitest';
import {
  fixtureCheckpoint,
  manifestOf,
  PIPELINE_ERRORS,
  pendingSources,
  planConversion,
  sidecarOf,
} from '../src/index.ts';
import {
  checkpointOf,
  errorOf,
  everything,
  openBytes,
  pack,
  planOf,
  SMALL,
  storedTensor,
  tensorOf,
} from './_support.ts';

/** Type of every tensor by name. */
async function typesOf(default_: string, ...rules: string[]): Promise<Record<string, string>> {
  const parsed = rules.map((rule) => {
    const [pattern = '', type = ''] = rule.split('=');
    return { pattern, type };
  });
  const plan = await planOf(checkpointOf(SMALL), { recipe: { default: default_, rules: parsed, q4BlockSize: 4 } });
  return Object.fromEntries(plan.tensors.map(({ name, encoding }) => [name, encoding.dtype]));
}

describe('rules', () => {
  it('the default leaves vectors alone, rules need not', async () => {
    const types = await typesOf('q8');
    expect(types['layers.0.wq.weight']).toBe('q8');
    expect(types['norm.weight']).toBe('f32');
    expect((await typesOf('q8', '*=q8'))['norm.weight']).toBe('q8');
  });

  it('the last that matches holds', async () => {
    const types = await typesOf('f16', '*=q8', 'layers.*=q4', 'layers.1.w?.weight=bf16', '*wo*=keep');
    expect(types['tok_embeddings.weight']).toBe('q8');
    expect(types['layers.0.w1.weight']).toBe('q4');
    expect(types['layers.1.w1.weight']).toBe('bf16');
    expect(types['layers.1.ffn_norm.weight']).toBe('q4');
    expect(types['layers.1.wo.weight']).toBe('f32');
    expect((await typesOf('f16', 'layers.*=q4', '*=q8'))['layers.0.w1.weight']).toBe('q8');
  });

  it('one that names no tensor is refused, whatever the others do', async () => {
    const recipe = {
      default: 'q8',
      rules: [
        { pattern: '*', type: 'q8' },
        { pattern: 'layer.0.*', type: 'f16' },
      ],
    };
    const error = await errorOf(planOf(checkpointOf(SMALL), { recipe }));
    expect([error.code, error.class]).toEqual(['PACK_UNUSED_RULE', 'contract']);
    expect(error.message).toBe('the rule "layer.0.*=f16" names no tensor');
  });

  it('one that another overrides is used', async () => {
    await expect(typesOf('q8', 'norm.weight=f16', '*=q4')).resolves.toBeDefined();
  });
});

describe('fallbacks', () => {
  it('are named in the plan, in the report and in the artifact', async () => {
    // Rows of 24 divide into blocks of 8, those of 40 too, no row into blocks of 32.
    const recipe = { default: 'q4', rules: [{ pattern: 'layers.0.*', type: 'q4/8' }] };
    const { plan, report, bytes } = await pack(checkpointOf(SMALL), { recipe });
    const message = 'a row of 24 values does not divide into q4 blocks of 32';
    for (const tensors of [plan.tensors, report.tensors]) {
      const found = new Map(tensors.map((tensor) => [tensor.name, tensor]));
      expect(found.get('layers.1.wq.weight')).toMatchObject({
        encoding: { dtype: 'q8' },
        requested: 'q4',
        fallbackReason: { code: 'row-not-divisible', message },
      });
      expect(found.get('layers.0.wq.weight')).toMatchObject({ encoding: { dtype: 'q4', blockSize: 8 } });
      expect(found.get('layers.0.wq.weight')?.fallbackReason).toBeUndefined();
    }
    const file = await readSlm2(memorySource(bytes));
    expect(file.tensorsByName.get('layers.1.wq.weight')?.record).toMatchObject({
      requested: 'q4',
      fallbackReason: message,
    });
    expect(file.tensorsByName.get('layers.0.wq.weight')?.record.fallbackReason).toBeUndefined();
  });
});

describe('what SLM1 cannot hold', () => {
  const bpe = (change: Partial<TokenizerModel>): TokenizerModel => {
    const plain = byteTokenizerModel();
    return { ...plain, kind: 'byte-pair-ids', ...change };
  };
  const sentencePiece = async (): Promise<TokenizerModel> => {
    const base = byteTokenizerModel();
    return { ...base, kind: 'sentencepiece-bpe', scores: new Float32Array(260), spacePrefix: 'start' };
  };

  it.each<[string, Parameters<typeof checkpointOf>]>([
    ['rope scaling (linear)', [{ ...SMALL, ropeScaling: { type: 'linear', factor: 2 } }]],
    [
      'rope scaling (llama3)',
      [
        {
          ...SMALL,
          ropeScaling: {
            type: 'llama3',
            factor: 8,
            lowFrequencyFactor: 1,
            highFrequencyFactor: 4,
            originalContext: 32,
          },
        },
      ],
    ],
    ['rope scaling (factors)', [{ ...SMALL, ropeScaling: { type: 'factors' } }]],
    ['a sliding window of 8 positions', [{ ...SMALL, slidingWindow: 8 }]],
    ['heads of 4 × 8 in a hidden size of 24', [{ ...SMALL, headDim: 8 }]],
    ['an embedding of 264 rows for 260 tokens', [{ ...SMALL, vocabSize: 264 }]],
    ['a vocabulary of 30, less than 260', [{ ...SMALL, vocabSize: 30 }]],
    ['a rope_theta of 1e-39, which no f32 is near', [{ ...SMALL, ropeTheta: 1e-39 }]],
    ['a rope_theta of 1e+39, which no f32 is near', [{ ...SMALL, ropeTheta: 1e39 }]],
    ['a rms_norm_epsilon of 1e-40, which no f32 is near', [{ ...SMALL, rmsNormEpsilon: 1e-40 }]],
    ['a rms_norm_epsilon of 1e-60, which no f32 is near', [{ ...SMALL, rmsNormEpsilon: 1e-60 }]],
    [
      'text is cut before encoding (pre-tokenizer gpt2)',
      [SMALL, { tokenizer: bpe({ kind: 'byte-level-bpe', preTokenizer: ['gpt2'] }) }],
    ],
    ['text is normalized (NFC)', [SMALL, { tokenizer: { ...bpe({}), kind: 'byte-level-bpe', normalizer: 'nfc' } }]],
    ['more ids than EOS end a generation (7)', [SMALL, { tokenizer: bpe({ endOfGeneration: [7] }) }]],
    [
      'a byte tokenizer with other special ids or options',
      [SMALL, { tokenizer: { ...byteTokenizerModel(), addBos: false } }],
    ],
    [
      'a byte tokenizer with other special ids or options',
      [SMALL, { tokenizer: { ...byteTokenizerModel(), special: { bos: 257, eos: 256 } } }],
    ],
    [
      'a byte tokenizer with other special ids or options',
      [SMALL, { tokenizer: { ...byteTokenizerModel(), endOfGeneration: [9] } }],
    ],
  ])('%s', async (text, [h, options]) => {
    const checkpoint = checkpointOf(h, options);
    const error = await errorOf(planOf(checkpoint, { recipe: everything('f32'), format: 'slm1' }));
    expect([error.code, error.class]).toEqual(['PACK_SLM1_CANNOT_HOLD', 'unsupported']);
    expect(error.message).toContain(text);
    expect(error.remedy).toContain('--format slm2');
    // What SLM1 cannot hold, SLM2 can.
    await expect(planOf(checkpoint, { recipe: everything('f32') })).resolves.toBeDefined();
  });

  it('a SentencePiece tokenizer', async () => {
    const checkpoint = checkpointOf(SMALL, { tokenizer: await sentencePiece() });
    const error = await errorOf(planOf(checkpoint, { recipe: everything('f32'), format: 'slm1' }));
    expect(error.message).toContain('it is a SentencePiece tokenizer');
  });

  it('storage types, one line per type', async () => {
    const recipe = {
      default: 'keep',
      rules: [
        { pattern: '*norm*', type: 'f16' },
        { pattern: 'output.weight', type: 'q8' },
      ],
    };
    const checkpoint = checkpointOf(SMALL, { encoding: (_, shape) => createEncoding('bf16', shape) });
    const error = await errorOf(planOf(checkpoint, { recipe, format: 'slm1' }));
    expect(error.message).toBe(
      'SLM1 cannot hold tok_embeddings.weight, layers.0.wq.weight, layers.0.wk.weight and 12 more as bf16; ' +
        'norm.weight, layers.0.attn_norm.weight, layers.0.ffn_norm.weight and 2 more as f16',
    );
    const f16 = { default: 'q8', scaleType: 'f16' as const };
    expect((await errorOf(planOf(checkpoint, { recipe: f16, format: 'slm1' }))).message).toContain('as q8 f16');
  });

  it('everything at once', async () => {
    const h = {
      ...SMALL,
      slidingWindow: 4,
      headDim: 8,
      vocabSize: 300,
      ropeScaling: { type: 'linear', factor: 2 },
    } as const;
    const checkpoint = checkpointOf(h, {
      tokenizer: bpe({ kind: 'byte-level-bpe', preTokenizer: ['gpt2'] }),
      encoding: (_, s) => createEncoding('f16', s),
    });
    const { message } = await errorOf(planOf(checkpoint, { format: 'slm1' }));
    for (const part of ['rope scaling', 'sliding window', 'heads of', '300 rows', 'pre-tokenizer', 'as f16']) {
      expect(message).toContain(part);
    }
  });
});

describe('rope_theta and epsilon in SLM1', () => {
  it.each([
    [10_000, 1e-5],
    [500_000, 1e-6],
    [1_000_000, 2e-5],
    // No f32 is 26123.4567, nor 2^24 + 1: the nearest one is what implementations compute with.
    [26_123.4567, 1e-8],
    [2 ** 24 + 1, 1e-12],
    [2 ** -126, 2 ** -126],
  ])('%f and %f are stored as the nearest f32', async (ropeTheta, rmsNormEpsilon) => {
    const checkpoint = checkpointOf({ ...SMALL, ropeTheta, rmsNormEpsilon });
    const { bytes } = await pack(checkpoint, { recipe: everything('f32'), format: 'slm1' });
    const { hyperparameters } = (await openBytes(bytes)).model;
    expect(hyperparameters.ropeTheta).toBe(Math.fround(ropeTheta));
    expect(hyperparameters.rmsNormEpsilon).toBe(Math.fround(rmsNormEpsilon));
    expect(Math.abs(hyperparameters.ropeTheta - ropeTheta)).toBeLessThanOrEqual(ropeTheta * 2 ** -24);
    expect(Math.abs(hyperparameters.rmsNormEpsilon - rmsNormEpsilon)).toBeLessThanOrEqual(rmsNormEpsilon * 2 ** -24);
  });

  it('are stored exactly in SLM2', async () => {
    const { bytes } = await pack(checkpointOf({ ...SMALL, ropeTheta: 26_123.4567, rmsNormEpsilon: 1e-40 }));
    expect((await openBytes(bytes)).model.hyperparameters).toMatchObject({
      ropeTheta: 26_123.4567,
      rmsNormEpsilon: 1e-40,
    });
  });
});

describe('what a source says about itself', () => {
  const hostile = `\u001b[31m${'\u202e'.repeat(300)}`;

  it('goes into SLM2, made safe and short', async () => {
    const facts = {
      name: hostile,
      license: 'x'.repeat(5000),
      baseModel: '日本語',
      chatTemplate: '{{\u202e}}\n',
      endOfGeneration: [3],
    };
    const { bytes } = await pack(checkpointOf(SMALL, { facts }));
    const { meta } = await readSlm2(memorySource(bytes));
    expect([...(meta.name ?? '')].length).toBeLessThanOrEqual(256);
    expect(meta.name).toMatch(/^\\u\{1b\}\[31m\\u\{202e\}/);
    expect([...(meta.license ?? '')].length).toBeLessThanOrEqual(256);
    expect(meta.license).toContain('… (5000 characters)');
    expect(meta.baseModel).toBe('日本語');
    // A template is code for a machine: stored to the letter.
    expect(meta.chatTemplate).toBe('{{\u202e}}\n');
    expect(meta.generation).toEqual({ eosTokenIds: [3] });
    const artifact = await openBytes(bytes);
    expect(artifact.facts).toMatchObject({ baseModel: '日本語', endOfGeneration: [3] });
  });

  it('is left out of SLM1, with a warning that says what', async () => {
    const facts = { name: 'n', license: 'l', chatTemplate: 't' };
    const options = { recipe: everything('f32'), format: 'slm1' } as const;
    const warning = { code: 'A_WARNING', message: 'of the checkpoint' };
    const plan = await planOf(checkpointOf(SMALL, { facts, warnings: [warning] }), options);
    expect(plan.warnings).toEqual([
      warning,
      {
        code: 'PACK_SLM1_FACTS',
        message:
          'SLM1 has no place for what the source says about itself, which is left out: name, licence, chat template',
      },
    ]);
    expect((await planOf(checkpointOf(SMALL), options)).warnings).toEqual([]);
    expect((await planOf(checkpointOf(SMALL, { facts }))).warnings).toEqual([]);
  });

  it('names of source files too', () => {
    const file = { name: hostile, source: memorySource(new Uint8Array(5)) };
    const [found] = pendingSources({ ...checkpointOf(SMALL), files: [file] });
    expect([...(found?.name ?? '')].length).toBeLessThanOrEqual(256);
    expect(found?.name).toContain('\\u{1b}');
  });
});

describe('every code', () => {
  const noArtifact = memorySource(new TextEncoder().encode('GGUF and more'), '/some/where/a.gguf');
  const iq2 = () => {
    const checkpoint = checkpointOf({ ...SMALL, hiddenSize: 256, ffnSize: 256 });
    const { name, shape } = tensorOf(checkpoint, 'layers.0.w1.weight');
    const blocks = storedTensor(name, shape, createEncoding('IQ2_XXS', shape), new Uint8Array(256 * 66));
    return { ...checkpoint, tensors: new Map([...checkpoint.tensors, [name, blocks]]) };
  };
  const cases: Record<keyof typeof PIPELINE_ERRORS, () => Promise<unknown>> = {
    PACK_SLM1_CANNOT_HOLD: () => planOf(checkpointOf({ ...SMALL, slidingWindow: 4 }), { format: 'slm1' }),
    PACK_DTYPE: () => planOf(iq2(), { recipe: { default: 'q8' } }),
    PACK_NO_TOKENIZER: () => planOf(checkpointOf(SMALL, { tokenizer: undefined })),
    PACK_UNUSED_RULE: () =>
      planOf(checkpointOf(SMALL), { recipe: { default: 'q8', rules: [{ pattern: 'x', type: 'q8' }] } }),
    PACK_NO_ARTIFACT: () => manifestOf(noArtifact, { tool: { name: 'test', version: '1' } }),
  };

  it.each(Object.entries(cases))('%s', async (code, run) => {
    const error = await errorOf(run());
    expect(error.code).toBe(code);
    expect(error.class).toBe(PIPELINE_ERRORS[code as keyof typeof PIPELINE_ERRORS].class);
  });

  it('is here', () => {
    expect(Object.keys(cases).sort()).toEqual(Object.keys(PIPELINE_ERRORS).sort());
  });

  it('PACK_NO_ARTIFACT names the file without its directories; a sidecar is for SLM1 only', async () => {
    expect((await errorOf(cases.PACK_NO_ARTIFACT())).message).toBe('a.gguf is neither SLM1 nor SLM2');
    const { bytes } = await pack(checkpointOf(SMALL));
    const sidecar = sidecarOf(memorySource(bytes, 'a.slm'), 'deterministic-smoke');
    expect((await errorOf(sidecar)).message).toBe('a.slm is not SLM1');
  });

  it('types that cannot be decoded can be kept', async () => {
    const { bytes } = await pack(iq2());
    expect(tensorOf(await openBytes(bytes), 'layers.0.w1.weight').encoding.dtype).toBe('IQ2_XXS');
  });
});

it('a damaged tokenizer is refused before any work', async () => {
  const broken = { ...byteTokenizerModel(), endOfGeneration: [5, 5] };
  const error = await errorOf(planOf(checkpointOf(SMALL, { tokenizer: broken })));
  expect(error.class).toBe('tokenizer');
});

it('planning honours an abort', async () => {
  const reason = new Error('enough');
  const checkpoint = {
    ...fixtureCheckpoint('tiny'),
    readTokenizer: async (options?: { signal?: AbortSignal }) => {
      options?.signal?.throwIfAborted();
      return undefined;
    },
  };
  const request = {
    checkpoint,
    recipe: { default: 'q8', rules: [], q4BlockSize: 32, scaleType: 'f32' },
    format: 'slm2',
    tool: { name: 'test', version: '1' },
    sources: [],
  } as const;
  await expect(planConversion(request, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
});
