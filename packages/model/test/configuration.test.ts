import { isMirustError } from '@mirust/core';
import type { GgufMetadata, GgufValue } from '@mirust/gguf';
import { describe, expect, it } from 'vitest';
import { readGgufHyperparameters, readHuggingFaceConfig } from '../src/index.ts';

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isMirustError(error)) return error.code;
    throw error;
  }
  throw new Error('expected an error');
}

/** Plain objects to Maps, as the strict JSON reader gives them. */
function toMap(value: Readonly<Record<string, unknown>>): Map<string, unknown> {
  const isObject = (v: unknown): v is Record<string, unknown> =>
    typeof v === 'object' && v !== null && !Array.isArray(v);
  return new Map(Object.entries(value).map(([key, v]) => [key, isObject(v) ? toMap(v) : v]));
}

const CONFIG = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  hidden_size: 2048,
  intermediate_size: 8192,
  num_hidden_layers: 16,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  vocab_size: 128_256,
  max_position_embeddings: 131_072,
  rms_norm_eps: 1e-5,
  rope_theta: 500_000,
  tie_word_embeddings: true,
  rope_scaling: {
    rope_type: 'llama3',
    factor: 32,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 8192,
  },
};

describe('config.json', () => {
  it('reads the shape of Llama 3.2 1B', () => {
    expect(readHuggingFaceConfig(toMap(CONFIG)).hyperparameters).toEqual({
      vocabSize: 128_256,
      hiddenSize: 2048,
      layerCount: 16,
      headCount: 32,
      kvHeadCount: 8,
      headDim: 64,
      ffnSize: 8192,
      maxContext: 131_072,
      ropeTheta: 500_000,
      rmsNormEpsilon: 1e-5,
      tiedOutput: true,
      ropeScaling: { type: 'llama3', factor: 32, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalContext: 8192 },
    });
  });

  it('reads rope_parameters, the newer place of theta and scaling', () => {
    const { rope_theta: _theta, rope_scaling: _scaling, ...rest } = CONFIG;
    const config = toMap({ ...rest, rope_parameters: { rope_type: 'linear', factor: 4, rope_theta: 20_000 } });
    const { hyperparameters } = readHuggingFaceConfig(config);
    expect(hyperparameters.ropeTheta).toBe(20_000);
    expect(hyperparameters.ropeScaling).toEqual({ type: 'linear', factor: 4 });
  });

  it("takes a window from Mistral alone, and fills in transformers' defaults", () => {
    const mistral = { ...CONFIG, architectures: ['MistralForCausalLM'], model_type: 'mistral', sliding_window: 4096 };
    expect(readHuggingFaceConfig(toMap(mistral)).hyperparameters.slidingWindow).toBe(4096);
    expect(readHuggingFaceConfig(toMap({ ...mistral, sliding_window: null })).hyperparameters.slidingWindow).toBe(
      undefined,
    );
    const silent = toMap(mistral);
    for (const key of ['sliding_window', 'num_key_value_heads', 'max_position_embeddings']) silent.delete(key);
    expect(readHuggingFaceConfig(silent).hyperparameters).toMatchObject({
      slidingWindow: 4096,
      kvHeadCount: 8,
      maxContext: 131_072,
    });
    silent.set('num_key_value_heads', null);
    expect(readHuggingFaceConfig(silent).hyperparameters.kvHeadCount).toBe(CONFIG.num_attention_heads);
    const bare = toMap(CONFIG);
    for (const key of ['num_key_value_heads', 'rope_theta', 'rope_scaling', 'rms_norm_eps', 'tie_word_embeddings']) {
      bare.delete(key);
    }
    const { hyperparameters } = readHuggingFaceConfig(bare);
    expect(hyperparameters).toMatchObject({
      kvHeadCount: 32,
      ropeTheta: 10_000,
      rmsNormEpsilon: 1e-6,
      tiedOutput: false,
    });
    expect(hyperparameters.ropeScaling).toBeUndefined();
  });

  it.each([
    ['another class', { architectures: ['MixtralForCausalLM'] }, 'MODEL_ARCHITECTURE'],
    ['another type', { architectures: undefined, model_type: 'gpt2' }, 'MODEL_ARCHITECTURE'],
    ['no type at all', { architectures: undefined, model_type: undefined }, 'MODEL_FIELD_MISSING'],
    ['biases', { attention_bias: true }, 'MODEL_FEATURE'],
    ['another activation', { hidden_act: 'gelu' }, 'MODEL_FEATURE'],
    ['yarn', { rope_scaling: { rope_type: 'yarn', factor: 4 } }, 'MODEL_FEATURE'],
    ['partial rotation', { partial_rotary_factor: 0.5 }, 'MODEL_FEATURE'],
    ['a quantized checkpoint', { quantization_config: { quant_method: 'gptq' } }, 'MODEL_FEATURE'],
    ['a missing size', { hidden_size: undefined }, 'MODEL_FIELD_MISSING'],
    ['a size as text', { hidden_size: '2048' }, 'MODEL_FIELD_TYPE'],
    ['a flag as number', { tie_word_embeddings: 1 }, 'MODEL_FIELD_TYPE'],
    ['scaling as a list', { rope_scaling: [1, 2] }, 'MODEL_FIELD_TYPE'],
  ])('refuses %s', (_name, change, code) => {
    expect(codeOf(() => readHuggingFaceConfig(toMap({ ...CONFIG, ...change })))).toBe(code);
  });
});

const number = (type: 'uint32' | 'float32', value: number): GgufValue => ({ type, value });
const GGUF: readonly (readonly [string, GgufValue])[] = [
  ['general.architecture', { type: 'string', value: 'llama' }],
  ['llama.embedding_length', number('uint32', 64)],
  ['llama.attention.head_count', number('uint32', 8)],
  ['llama.attention.head_count_kv', number('uint32', 4)],
  ['llama.block_count', number('uint32', 5)],
  ['llama.feed_forward_length', number('uint32', 172)],
  ['llama.context_length', number('uint32', 2048)],
  ['llama.rope.dimension_count', number('uint32', 8)],
  ['llama.attention.layer_norm_rms_epsilon', number('float32', 1e-5)],
];
const metadata = (...changes: readonly (readonly [string, GgufValue])[]): GgufMetadata =>
  new Map([...GGUF, ...changes]);
const FACTS = { hasOutput: true, hasRopeFactors: false, embeddingRows: 512 };

describe('GGUF metadata', () => {
  it('reads a llama, the vocabulary from its embedding rows, tied where there is no output', () => {
    const { hyperparameters } = readGgufHyperparameters(metadata(), { ...FACTS, hasOutput: false });
    expect(hyperparameters).toMatchObject({ vocabSize: 512, headDim: 8, kvHeadCount: 4, tiedOutput: true });
    expect(readGgufHyperparameters(metadata(), FACTS).hyperparameters.tiedOutput).toBe(false);
  });

  it('takes a count that was stored as u64, and refuses one that does not fit', () => {
    const wide = metadata(['llama.block_count', { type: 'uint64', value: 5n }]);
    expect(readGgufHyperparameters(wide, FACTS).hyperparameters.layerCount).toBe(5);
    const huge = metadata(['llama.block_count', { type: 'uint64', value: 2n ** 63n }]);
    expect(codeOf(() => readGgufHyperparameters(huge, FACTS))).toBe('MODEL_FIELD_TYPE');
  });

  it('reads linear scaling from either key, and divisors from the tensor table', () => {
    const linear = metadata(
      ['llama.rope.scaling.type', { type: 'string', value: 'linear' }],
      ['llama.rope.scaling.factor', number('float32', 4)],
    );
    const older = metadata(['llama.rope.scale_linear', number('float32', 4)]);
    for (const table of [linear, older]) {
      expect(readGgufHyperparameters(table, FACTS).hyperparameters.ropeScaling).toEqual({ type: 'linear', factor: 4 });
      expect(codeOf(() => readGgufHyperparameters(table, { ...FACTS, hasRopeFactors: true }))).toBe('MODEL_FEATURE');
    }
    const factors = readGgufHyperparameters(metadata(), { ...FACTS, hasRopeFactors: true });
    expect(factors.hyperparameters.ropeScaling).toEqual({ type: 'factors' });
  });

  it.each<readonly [string, readonly [string, GgufValue], string]>([
    ['another architecture', ['general.architecture', { type: 'string', value: 'bert' }], 'MODEL_ARCHITECTURE'],
    ['an architecture as number', ['general.architecture', number('uint32', 1)], 'MODEL_FIELD_TYPE'],
    ['experts', ['llama.expert_count', number('uint32', 8)], 'MODEL_FEATURE'],
    ['partial rotation', ['llama.rope.dimension_count', number('uint32', 4)], 'MODEL_FEATURE'],
    ['other value heads', ['llama.attention.value_length', number('uint32', 4)], 'MODEL_FEATURE'],
    ['yarn', ['llama.rope.scaling.type', { type: 'string', value: 'yarn' }], 'MODEL_FEATURE'],
    [
      'kv heads per layer',
      ['llama.attention.head_count_kv', { type: 'array', elementType: 'uint32', values: new Uint32Array(5) }],
      'MODEL_FIELD_TYPE',
    ],
  ])('refuses %s', (_name, change, code) => {
    expect(codeOf(() => readGgufHyperparameters(metadata(change), FACTS))).toBe(code);
  });
});
