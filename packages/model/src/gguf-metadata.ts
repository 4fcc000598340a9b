/**
 * Hyperparameters from the metadata of a GGUF file. Keys and defaults as ggml-org/llama.cpp reads them
 * (`llama-model.cpp`); what would change the results and is not supported is refused by name.
 */
import { sanitizeText } from '@mirust/core';
import type { GgufMetadata } from '@mirust/gguf';
import { modelError } from './errors.ts';
import { type FieldTable, optionalNumber, optionalString, requiredNumber } from './fields.ts';
import type { ModelConfiguration } from './huggingface-config.ts';
import type { Hyperparameters, RopeScaling } from './hyperparameters.ts';

/** What the tensor table of a GGUF says beyond its metadata. */
export interface GgufTensorFacts {
  /** The file has `output.weight`: the head is not tied. */
  readonly hasOutput: boolean;
  /** The file has `rope_freqs.weight`: divisors of the rotary frequencies. */
  readonly hasRopeFactors: boolean;
  /** Rows of `token_embd.weight`, the vocabulary size where no key says it. */
  readonly embeddingRows: number | undefined;
}

/**
 * Reads the metadata of a llama-family GGUF. Throws `MODEL_ARCHITECTURE`, `MODEL_FEATURE`, `MODEL_FIELD_MISSING` or
 * `MODEL_FIELD_TYPE`; ranges are checked by `describeModel`.
 */
export function readGgufHyperparameters(metadata: GgufMetadata, facts: GgufTensorFacts): ModelConfiguration {
  const table = plainTable(metadata);
  const architecture = optionalString(table, 'general.architecture');
  if (architecture === undefined) {
    throw modelError('MODEL_FIELD_MISSING', 'general.architecture is missing', { key: 'general.architecture' });
  }
  if (architecture !== 'llama') {
    throw modelError('MODEL_ARCHITECTURE', `architecture "${sanitizeText(architecture)}" is not supported`, {
      key: 'general.architecture',
    });
  }
  const experts = optionalNumber(table, 'llama.expert_count') ?? 0;
  if (experts > 0) throw feature('llama.expert_count', `a mixture of ${experts} experts`);
  const hiddenSize = requiredNumber(table, 'llama.embedding_length');
  const headCount = requiredNumber(table, 'llama.attention.head_count');
  const headDim = optionalNumber(table, 'llama.attention.key_length') ?? hiddenSize / headCount;
  refuseOtherHeads(table, headDim);
  const scaling = readScaling(table, facts);
  const slidingWindow = optionalNumber(table, 'llama.attention.sliding_window');
  const hyperparameters: Hyperparameters = {
    vocabSize: vocabularySize(metadata, table, facts),
    hiddenSize,
    layerCount: requiredNumber(table, 'llama.block_count'),
    headCount,
    kvHeadCount: optionalNumber(table, 'llama.attention.head_count_kv') ?? headCount,
    headDim,
    ffnSize: requiredNumber(table, 'llama.feed_forward_length'),
    maxContext: requiredNumber(table, 'llama.context_length'),
    ropeTheta: optionalNumber(table, 'llama.rope.freq_base') ?? 10_000,
    rmsNormEpsilon: requiredNumber(table, 'llama.attention.layer_norm_rms_epsilon'),
    tiedOutput: !facts.hasOutput,
    ...(scaling === undefined ? {} : { ropeScaling: scaling }),
    ...(slidingWindow === undefined || slidingWindow === 0 ? {} : { slidingWindow }),
  };
  return { architecture: 'llama', hyperparameters };
}

/**
 * Scalars as plain values; u64 as a number where it is exact, else left as a bigint, which no field accepts. No field
 * accepts a list either, so what one holds is not asked for; nor is the text of keys that are none of this reader's.
 */
function plainTable(metadata: GgufMetadata): FieldTable {
  const table = new Map<string, unknown>();
  for (const [key, entry] of metadata) {
    if (!key.startsWith('llama.') && key !== 'general.architecture') continue;
    if (entry.type === 'array') table.set(key, []);
    else if (typeof entry.value === 'bigint' && Number.isSafeInteger(Number(entry.value))) {
      table.set(key, Number(entry.value));
    } else table.set(key, entry.value);
  }
  return table;
}

function vocabularySize(metadata: GgufMetadata, table: FieldTable, facts: GgufTensorFacts): number {
  const declared = optionalNumber(table, 'llama.vocab_size') ?? facts.embeddingRows;
  if (declared !== undefined) return declared;
  const tokens = metadata.get('tokenizer.ggml.tokens');
  if (tokens?.type === 'array') return tokens.values.length;
  throw modelError('MODEL_FIELD_MISSING', 'llama.vocab_size is missing', { key: 'llama.vocab_size' });
}

/** Keys and values of another length, or a rotation of only a part of each head, need another program. */
function refuseOtherHeads(table: FieldTable, headDim: number): void {
  const valueLength = optionalNumber(table, 'llama.attention.value_length') ?? headDim;
  if (valueLength !== headDim) {
    throw feature('llama.attention.value_length', `values of length ${valueLength} with keys of length ${headDim}`);
  }
  const rotated = optionalNumber(table, 'llama.rope.dimension_count') ?? headDim;
  if (rotated !== headDim) {
    throw feature('llama.rope.dimension_count', `rotation of ${rotated} of ${headDim} dimensions`);
  }
}

function readScaling(table: FieldTable, facts: GgufTensorFacts): RopeScaling | undefined {
  const type = optionalString(table, 'llama.rope.scaling.type') ?? 'none';
  // `rope.scale_linear` is the older key of the same factor; it means linear scaling without a type.
  const factor = optionalNumber(table, 'llama.rope.scaling.factor', 'llama.rope.scale_linear') ?? 0;
  const older = optionalNumber(table, 'llama.rope.scale_linear') !== undefined && !table.has('llama.rope.scaling.type');
  const linear = (type === 'linear' || older) && factor !== 0 && factor !== 1;
  if (type !== 'none' && type !== 'linear') {
    throw feature('llama.rope.scaling.type', `rope scaling "${sanitizeText(type)}"`);
  }
  if (linear && facts.hasRopeFactors) {
    throw feature('llama.rope.scaling.type', 'linear rope scaling together with rope_freqs.weight');
  }
  if (facts.hasRopeFactors) return { type: 'factors' };
  return linear ? { type: 'linear', factor } : undefined;
}

function feature(key: string, what: string): Error {
  return modelError('MODEL_FEATURE', `the model uses ${what}, which is not supported`, { key });
}
