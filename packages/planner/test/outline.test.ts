/** Outlines against what huggingface/transformers makes of the same configurations, and what becomes of bad ones. */
import { readFileSync } from 'node:fs';
import { isJsonObject, isMirustError, type JsonObject, parseStrictJson } from '@mirust/core';
import { describeModel } from '@mirust/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
// @boundaries-ignore random models live beside the tests of the model package
import { smallModels } from '../../model/test/models.ts';
import {
  type ModelOutline,
  outlineOfConfig,
  outlineOfDescription,
  outlineOfTensors,
  parameterCounts,
  readOutlineConfig,
} from '../src/index.ts';

interface Case {
  readonly case: string;
  readonly architecture: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly saved: Readonly<Record<string, unknown>>;
  readonly parameters: number;
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  readonly cache: readonly (readonly [heads: number, keyDim: number, valueDim: number, window: number])[];
}

const golden = new URL('../../../fixtures/oracles/outlines.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(golden, 'utf8')) as { cases: Case[] };

/** As a reader of files gives it: objects as Maps. */
function configOf(value: object): JsonObject {
  const parsed = parseStrictJson(JSON.stringify(value));
  return isJsonObject(parsed) ? parsed : expect.fail('not an object');
}

function outlineOf(config: object): ModelOutline {
  return outlineOfConfig(configOf(config)) ?? expect.fail('the family is not known');
}

/**
 * What has to be kept of a position where transformers keeps more: its Falcon repeats the heads of keys and values before
 * they go into the cache, and its DeepSeek expands the latent vector into the keys and values of every head.
 */
function leastCache(config: Case['config'], [heads, keyDim, valueDim, window]: Case['cache'][number]): number[] {
  const { num_kv_heads: kvHeads, kv_lora_rank: rank, qk_rope_head_dim: rope } = config;
  if (typeof kvHeads === 'number') return [kvHeads, keyDim, valueDim, window];
  return typeof rank === 'number' ? [1, rank + Number(rope), 0, window] : [heads, keyDim, valueDim, window];
}

describe('an outline, held against transformers', () => {
  it('covers families enough to mean something', () => {
    expect(new Set(cases.map(({ architecture }) => architecture)).size).toBeGreaterThanOrEqual(33);
  });

  it.each(cases)('$case', (known) => {
    const outline = outlineOf(known.config);
    expect(outline.architecture).toBe(known.architecture);
    const tensors = Object.fromEntries(outline.tensors.map(({ name, shape }) => [name, shape]));
    expect(tensors).toEqual(known.tensors);
    expect(Object.keys(tensors)).toHaveLength(outline.tensors.length);
    expect(parameterCounts(outline).unique).toBe(known.parameters);
    expect(outline.tensors.filter(({ role }) => role === 'unknown')).toEqual([]);
    const cache = outline.cache?.map((layer) =>
      layer === null ? null : [layer.kvHeadCount, layer.keyDim, layer.valueDim, layer.slidingWindow ?? 0],
    );
    expect(cache).toEqual(known.cache.map((layer) => leastCache(known.config, layer)));
    expect(outlineOf(known.saved)).toEqual(outline);
  });
});

describe('the configuration of a model that also sees', () => {
  const text = { hidden_size: 48, intermediate_size: 80, num_hidden_layers: 8, vocab_size: 64, sliding_window: 16 };
  const config = { model_type: 'gemma3', architectures: ['Gemma3ForConditionalGeneration'], vision_config: {} };

  it('gives the outline of its text model, and says so', () => {
    const whole = outlineOf({ ...config, text_config: text });
    const { part, ...rest } = whole;
    expect(part).toBe('text');
    expect(rest).toEqual(outlineOf({ ...text, model_type: 'gemma3_text' }));
    const untied = outlineOf({ ...config, tie_word_embeddings: false, text_config: text });
    expect(untied.tensors.map(({ name }) => name)).toContain('output.weight');
  });

  it('is not known without one', () => {
    expect(outlineOfConfig(configOf({ ...config, ...text }))).toBeUndefined();
  });
});

describe('a configuration that is not known', () => {
  it.each<[string, object]>([
    ['without a type', { hidden_size: 48 }],
    ['of another type', { model_type: 'mamba', hidden_size: 48 }],
    ['of a type that is a key of every object', { model_type: 'constructor' }],
    ['with another head', { model_type: 'llama', architectures: ['LlamaForSequenceClassification'] }],
    ['with a class that is no text', { model_type: 'llama', architectures: [7] }],
    ['of Falcon with its parts one behind the other', { model_type: 'falcon', parallel_attn: false }],
    ['of Phi with norms of queries', { model_type: 'phi', qk_layernorm: true }],
  ])('%s has no outline', (_what, config) => {
    expect(outlineOfConfig(configOf(config))).toBeUndefined();
    expect(readOutlineConfig(configOf(config))).toBeUndefined();
  });

  it('is known by its class alone, whatever remark stands behind it', () => {
    const { config } = cases.find(({ case: name }) => name === 'qwen3') ?? expect.fail();
    const { model_type: _, ...rest } = config;
    expect(outlineOf({ ...rest, architectures: ['Qwen3ForCausalLM(as trained)'] })).toEqual(outlineOf(config));
  });
});

describe('a bad configuration', () => {
  const base = (name: string): Case['config'] =>
    cases.find((known) => known.case === name)?.config ?? expect.fail(name);

  it.each<[string, string, Record<string, unknown>]>([
    ['llama', 'MODEL_FIELD_MISSING', { hidden_size: null }],
    ['llama', 'MODEL_FIELD_TYPE', { hidden_size: '48' }],
    ['llama', 'MODEL_FIELD_RANGE', { num_hidden_layers: 0 }],
    ['llama', 'MODEL_FIELD_RANGE', { num_hidden_layers: 4097 }],
    ['llama', 'MODEL_FIELD_RANGE', { num_hidden_layers: 1e15 }],
    ['llama', 'MODEL_FIELD_RANGE', { num_attention_heads: 0 }],
    ['llama', 'MODEL_FIELD_RANGE', { num_attention_heads: 5 }],
    ['llama', 'MODEL_FIELD_RANGE', { num_attention_heads: 3 }],
    ['llama', 'MODEL_FIELD_RANGE', { num_key_value_heads: 3 }],
    ['llama', 'MODEL_FIELD_RANGE', { hidden_size: -48 }],
    ['llama', 'MODEL_FIELD_RANGE', { hidden_size: 48.5 }],
    ['llama', 'MODEL_FIELD_RANGE', { vocab_size: 2 ** 53 }],
    ['llama', 'MODEL_FIELD_RANGE', { intermediate_size: 2 ** 20 + 1 }],
    ['llama', 'MODEL_FIELD_RANGE', { max_position_embeddings: 0 }],
    ['mistral', 'MODEL_FIELD_RANGE', { sliding_window: 0 }],
    ['gemma3', 'MODEL_FIELD_RANGE', { sliding_window_pattern: 0 }],
    ['gemma3 by layer types', 'MODEL_FIELD_RANGE', { layer_types: ['full_attention'] }],
    ['gemma3 by layer types', 'MODEL_FEATURE', { layer_types: ['full_attention', 'linear_attention', 7] }],
    ['gemma3 by layer types', 'MODEL_FIELD_TYPE', { layer_types: 'full_attention' }],
    ['mixtral', 'MODEL_FIELD_RANGE', { num_local_experts: 0 }],
    ['mixtral', 'MODEL_FIELD_RANGE', { num_experts_per_tok: 5 }],
    ['qwen2moe', 'MODEL_FIELD_RANGE', { decoder_sparse_step: 0 }],
    ['qwen2moe', 'MODEL_FIELD_RANGE', { shared_expert_intermediate_size: -1 }],
    ['deepseek2', 'MODEL_FIELD_RANGE', { first_k_dense_replace: 1e9 }],
    ['deepseek2', 'MODEL_FIELD_RANGE', { kv_lora_rank: 0 }],
    ['deepseek2', 'MODEL_FIELD_RANGE', { qk_nope_head_dim: 0 }],
    ['deepseek2', 'MODEL_FIELD_RANGE', { q_lora_rank: 1.5 }],
  ])('%s: %s for %j', (name, code, changes) => {
    const run = (): unknown => outlineOfConfig(configOf({ ...base(name), ...changes }));
    expect(codeOf(run)).toBe(code);
  });

  it('of a model larger than any is refused, not summed up inexactly', () => {
    const sizes = { num_local_experts: 2 ** 14, intermediate_size: 2 ** 20, hidden_size: 2 ** 18, head_dim: 8 };
    expect(codeOf(() => outlineOfConfig(configOf({ ...base('mixtral'), ...sizes })))).toBe('MODEL_FIELD_RANGE');
  });

  const odd = fc.constantFrom<unknown>(
    ...[0, -1, 1, 2, 3, 7, 64, 1.5, 4096, 4097, 2 ** 20, 2 ** 31, 2 ** 53, 1e300, -0],
    ...[null, true, false, '', '48', 'full_attention', [], [1, 2], ['full_attention'], {}, { a: 1 }],
  );
  const keys = [...new Set(cases.flatMap(({ config }) => Object.keys(config)))];

  it('whichever it is, gives sizes that are sizes, nothing, or a typed error', () => {
    let outlines = 0;
    const anyConfig = fc.oneof(
      fc
        .tuple(fc.constantFrom(...cases), fc.dictionary(fc.constantFrom(...keys), odd, { maxKeys: 2 }))
        .map(([known, changes]) => ({ ...known.config, ...changes })),
      fc.dictionary(fc.constantFrom(...keys), odd),
      fc.dictionary(fc.string(), fc.jsonValue()),
    );
    fc.assert(
      fc.property(anyConfig, (config) => {
        let outline: ModelOutline | undefined;
        try {
          outline = outlineOfConfig(configOf(config));
        } catch (error) {
          if (isMirustError(error)) return;
          throw error;
        }
        if (outline === undefined) return;
        outlines++;
        expectSizes(outline);
      }),
      { numRuns: 2000 },
    );
    expect(outlines).toBeGreaterThan(100);
  });
});

describe('the outline of a model that the runtime runs', () => {
  it('is that of its configuration', () => {
    fc.assert(
      fc.property(smallModels, (h) => {
        const { description, ...outline } = outlineOfDescription(describeModel('llama', h));
        expect(description?.hyperparameters).toBe(h);
        const byConfig = outlineOf({
          model_type: h.slidingWindow === undefined ? 'llama' : 'mistral',
          vocab_size: h.vocabSize,
          hidden_size: h.hiddenSize,
          intermediate_size: h.ffnSize,
          num_hidden_layers: h.layerCount,
          num_attention_heads: h.headCount,
          num_key_value_heads: h.kvHeadCount,
          head_dim: h.headDim,
          max_position_embeddings: h.maxContext,
          tie_word_embeddings: h.tiedOutput,
          sliding_window: h.slidingWindow ?? null,
        });
        // Factors of the rotation are a tensor of some files, and nothing that a configuration has.
        const tensors = outline.tensors.filter(({ role }) => role !== 'rope-factors');
        const byName = (of: ModelOutline['tensors']): unknown => new Map(of.map((tensor) => [tensor.name, tensor]));
        expect(byName(tensors)).toEqual(byName(byConfig.tensors));
        expect({ ...outline, tensors: [] }).toEqual({ ...byConfig, tensors: [] });
      }),
      { numRuns: 100 },
    );
  });
});

describe('counts of parameters', () => {
  it('of a mixture are active by the share of experts that a token meets', () => {
    const { tensors, config } = cases.find(({ case: name }) => name === 'mixtral') ?? expect.fail();
    const { total, unique, active } = parameterCounts(outlineOf(config));
    const stacked = Object.entries(tensors).filter(([name]) => name.includes('_exps'));
    const inExperts = stacked.reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b), 0);
    expect(total).toBe(unique);
    expect(active).toBe(unique - inExperts / 2);
  });

  it('count what is stored twice in the total alone', () => {
    const outline = outlineOfTensors('?', [{ name: 'weights', shape: [3, 5] }]);
    expect(outline.tensors[0]?.role).toBe('unknown');
    expect(parameterCounts({ ...outline, storedTwiceElements: 4 })).toEqual({ total: 19, unique: 15, active: 15 });
  });
});

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isMirustError(error)) return error.code;
    throw error;
  }
  return 'no error';
}

function expectSizes({ tensors, cache, attention, maxContext }: ModelOutline): void {
  const isSize = (value: number): boolean => Number.isSafeInteger(value) && value > 0;
  expect(tensors.every(({ shape }) => shape.every(isSize))).toBe(true);
  for (const layer of new Set(cache)) {
    const { kvHeadCount, keyDim, valueDim, slidingWindow = 1 } = layer ?? expect.fail();
    expect([kvHeadCount, keyDim, slidingWindow, valueDim + 1].every(isSize)).toBe(true);
  }
  expect([attention?.headCount ?? 0, attention?.headDim ?? 0, maxContext ?? 1].every(isSize)).toBe(true);
  const { total, unique, active } = parameterCounts({ architecture: '', tensors });
  expect([total, unique, active].every(isSize)).toBe(true);
  expect(active).toBeLessThanOrEqual(unique);
  expect(unique * 8).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER + 1);
}
