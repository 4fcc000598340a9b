/**
 * Hyperparameters from a Hugging Face `config.json`. Defaults of absent fields are those of `LlamaConfig` and
 * `MistralConfig` in huggingface/transformers. What would change the results and is not supported is refused by name.
 */
import { sanitizeText } from '@mirust/core';
import type { ArchitectureName } from './description.ts';
import { modelError } from './errors.ts';
import {
  type FieldTable,
  optionalBoolean,
  optionalField,
  optionalNumber,
  optionalString,
  optionalTable,
  requiredNumber,
} from './fields.ts';
import type { Hyperparameters, RopeScaling } from './hyperparameters.ts';

/** What a configuration says about a model, before it is checked by `describeModel`. */
export interface ModelConfiguration {
  readonly architecture: ArchitectureName;
  readonly hyperparameters: Hyperparameters;
}

/** Families of configuration that this reader knows; both describe the same program. */
type ModelType = 'llama' | 'mistral';

/** Defaults of absent fields in which the two differ. */
const DEFAULTS: Readonly<Record<ModelType, { maxContext: number; kvHeadCount?: number; slidingWindow?: number }>> = {
  llama: { maxContext: 2048 },
  mistral: { maxContext: 131_072, kvHeadCount: 8, slidingWindow: 4096 },
};

const CLASSES: ReadonlySet<string> = new Set(['LlamaForCausalLM', 'MistralForCausalLM']);

/**
 * Reads a parsed `config.json` (objects as Maps). Throws `MODEL_ARCHITECTURE`, `MODEL_FEATURE`,
 * `MODEL_FIELD_MISSING` or `MODEL_FIELD_TYPE`; ranges are checked by `describeModel`.
 */
export function readHuggingFaceConfig(config: FieldTable): ModelConfiguration {
  const modelType = checkModelType(config);
  refuseUnsupported(config);
  const hiddenSize = requiredNumber(config, 'hidden_size');
  const headCount = requiredNumber(config, 'num_attention_heads');
  const defaults = DEFAULTS[modelType];
  const maxContext = optionalNumber(config, 'max_position_embeddings') ?? defaults.maxContext;
  const { theta, scaling } = readRope(config, maxContext);
  // null is not absence: it means no window, and as many heads for keys as for queries.
  const slidingWindow = config.has('sliding_window')
    ? optionalNumber(config, 'sliding_window')
    : defaults.slidingWindow;
  const kvHeadCount =
    (config.has('num_key_value_heads') ? optionalNumber(config, 'num_key_value_heads') : defaults.kvHeadCount) ??
    headCount;
  const hyperparameters: Hyperparameters = {
    vocabSize: requiredNumber(config, 'vocab_size'),
    hiddenSize,
    layerCount: requiredNumber(config, 'num_hidden_layers'),
    headCount,
    kvHeadCount,
    headDim: optionalNumber(config, 'head_dim') ?? hiddenSize / headCount,
    ffnSize: requiredNumber(config, 'intermediate_size'),
    maxContext,
    ropeTheta: theta,
    rmsNormEpsilon: optionalNumber(config, 'rms_norm_eps') ?? 1e-6,
    tiedOutput: optionalBoolean(config, 'tie_word_embeddings') ?? false,
    ...(scaling === undefined ? {} : { ropeScaling: scaling }),
    // Llama's program has no window, whatever its configuration says.
    ...(slidingWindow === undefined || modelType === 'llama' ? {} : { slidingWindow }),
  };
  return { architecture: 'llama', hyperparameters };
}

function checkModelType(config: FieldTable): ModelType {
  const modelType = optionalString(config, 'model_type');
  const classes = optionalField(config, 'architectures');
  const name = Array.isArray(classes) ? classes[0] : undefined;
  if (name !== undefined && !(typeof name === 'string' && CLASSES.has(name))) {
    throw modelError('MODEL_ARCHITECTURE', `architecture ${sanitizeText(String(name))} is not supported`, {
      key: 'architectures',
    });
  }
  const resolved = modelType ?? (name === 'MistralForCausalLM' ? 'mistral' : name === undefined ? undefined : 'llama');
  if (resolved === undefined) throw modelError('MODEL_FIELD_MISSING', 'model_type is missing', { key: 'model_type' });
  if (resolved === 'llama' || resolved === 'mistral') return resolved;
  throw modelError('MODEL_ARCHITECTURE', `model type "${sanitizeText(resolved)}" is not supported`, {
    key: 'model_type',
  });
}

function refuseUnsupported(config: FieldTable): void {
  const activation = optionalString(config, 'hidden_act') ?? 'silu';
  if (activation !== 'silu') throw feature('hidden_act', `activation "${sanitizeText(activation)}"`);
  for (const key of ['attention_bias', 'mlp_bias']) {
    if (optionalBoolean(config, key) === true) throw feature(key, `${key} (bias vectors)`);
  }
  if (optionalTable(config, 'quantization_config') !== undefined) {
    throw feature('quantization_config', 'a checkpoint that was quantized by another tool (quantization_config)');
  }
  const partial = optionalNumber(config, 'partial_rotary_factor');
  if (partial !== undefined && partial !== 1)
    throw feature('partial_rotary_factor', `partial rotary factor ${partial}`);
}

/** `rope_theta` and `rope_scaling`, or their newer common home `rope_parameters`. */
function readRope(config: FieldTable, maxContext: number): { theta: number; scaling: RopeScaling | undefined } {
  const table = optionalTable(config, 'rope_parameters', 'rope_scaling');
  const theta = (table && optionalNumber(table, 'rope_theta')) ?? optionalNumber(config, 'rope_theta') ?? 10_000;
  const type = table === undefined ? 'default' : (optionalString(table, 'rope_type', 'type') ?? 'default');
  if (table === undefined || type === 'default') return { theta, scaling: undefined };
  if (type === 'linear') return { theta, scaling: { type, factor: requiredNumber(table, 'factor') } };
  if (type === 'llama3') {
    const scaling: RopeScaling = {
      type,
      factor: requiredNumber(table, 'factor'),
      lowFrequencyFactor: requiredNumber(table, 'low_freq_factor'),
      highFrequencyFactor: requiredNumber(table, 'high_freq_factor'),
      originalContext: optionalNumber(table, 'original_max_position_embeddings') ?? maxContext,
    };
    return { theta, scaling };
  }
  throw feature('rope_scaling', `rope scaling "${sanitizeText(type)}"`);
}

function feature(key: string, what: string): Error {
  return modelError('MODEL_FEATURE', `the model uses ${what}, which is not supported`, { key });
}
