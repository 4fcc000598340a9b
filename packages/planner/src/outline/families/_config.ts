/** Reading the keys of config.json that most families share. Private to the families. */
import { sanitizeText } from '@mirust/core';
import {
  type FieldTable,
  modelError,
  optionalBoolean,
  optionalList,
  optionalNumber,
  requiredNumber,
} from '@mirust/model';
import { checkLayerCount, type ExpertParameters, type OutlineParameters, rangeError } from '../parameters.ts';

/** Values of keys that a configuration may leave out, as the family's class in huggingface/transformers has them. */
export type ConfigDefaults = Readonly<Record<string, number | boolean>>;

/** A configuration with its family's defaults. A null is not absence: it is kept. */
export function withDefaults(config: FieldTable, defaults: ConfigDefaults): FieldTable {
  return new Map<string, unknown>([...Object.entries(defaults), ...config]);
}

/** A configuration with older names of keys replaced by the common ones, where those are absent. */
export function withRenamed(config: FieldTable, names: Readonly<Record<string, string>>): FieldTable {
  const renamed = new Map(config);
  for (const [older, name] of Object.entries(names)) {
    if (!renamed.has(name) && renamed.has(older)) renamed.set(name, renamed.get(older));
  }
  return renamed;
}

/**
 * The parameters that most families spell alike. Throws `MODEL_FIELD_MISSING`, `MODEL_FIELD_TYPE`; ranges are checked
 * by `checkOutlineParameters`, but for the number of layers, which lists by layer are made from.
 */
export function readDecoder(architecture: string, config: FieldTable): OutlineParameters {
  const hiddenSize = requiredNumber(config, 'hidden_size');
  const headCount = requiredNumber(config, 'num_attention_heads');
  const layerCount = requiredNumber(config, 'num_hidden_layers');
  checkLayerCount(layerCount);
  const headDim = optionalNumber(config, 'head_dim') ?? hiddenSize / headCount;
  const maxContext = optionalNumber(config, 'max_position_embeddings');
  const bias = optionalBoolean(config, 'attention_bias') ?? false;
  return {
    architecture,
    vocabSize: requiredNumber(config, 'vocab_size'),
    hiddenSize,
    layerCount,
    headCount,
    kvHeadCount: optionalNumber(config, 'num_key_value_heads') ?? headCount,
    keyDim: headDim,
    valueDim: headDim,
    ffnSize: requiredNumber(config, 'intermediate_size'),
    ...(maxContext === undefined ? {} : { maxContext }),
    tiedOutput: optionalBoolean(config, 'tie_word_embeddings') ?? false,
    qkvBias: bias,
    attentionOutputBias: bias,
    ffnBias: optionalBoolean(config, 'mlp_bias') ?? false,
    qkNorm: false,
    layerNormCount: 2,
  };
}

/** The window of every layer: that of the configuration, or none. */
export function windowEverywhere(p: OutlineParameters, config: FieldTable): OutlineParameters {
  return withWindows(p, config, () => true);
}

/**
 * The windows of a model in which every `period`-th layer sees all, unless `layer_types` or `sliding_window_pattern` says
 * otherwise.
 */
export function windowByPattern(p: OutlineParameters, config: FieldTable, period: number): OutlineParameters {
  if (optionalList(config, 'layer_types') !== undefined) return windowByLayerTypes(p, config, () => false);
  const every = optionalNumber(config, 'sliding_window_pattern', '_sliding_window_pattern') ?? period;
  if (!Number.isSafeInteger(every) || every < 1) {
    throw rangeError('sliding_window_pattern', every, 'must be a positive integer');
  }
  return withWindows(p, config, (layer) => (layer + 1) % every !== 0);
}

/** The windows that `layer_types` says; without it, those of the layers that `hasWindow` picks. */
export function windowByLayerTypes(
  p: OutlineParameters,
  config: FieldTable,
  hasWindow: (layer: number) => boolean,
): OutlineParameters {
  const types = optionalList(config, 'layer_types');
  if (types === undefined) return withWindows(p, config, hasWindow);
  if (types.length !== p.layerCount) {
    throw rangeError('layer_types', `a list of ${types.length}`, `the model has ${p.layerCount} layers`);
  }
  for (const type of types) {
    if (type === 'full_attention' || type === 'sliding_attention') continue;
    const shown = sanitizeText(String(type), 40);
    throw modelError('MODEL_FEATURE', `the model uses layers of type "${shown}", which are not supported`, {
      key: 'layer_types',
    });
  }
  return withWindows(p, config, (layer) => types[layer] === 'sliding_attention');
}

/** Windows of Qwen: only where they are asked for, and only from a layer on. */
export function windowOfQwen(p: OutlineParameters, config: FieldTable): OutlineParameters {
  if (optionalBoolean(config, 'use_sliding_window') !== true) return p;
  const first = optionalNumber(config, 'max_window_layers') ?? 28;
  return windowByLayerTypes(p, config, (layer) => layer >= first);
}

/** Layers of a mixture that have no experts: all that `decoder_sparse_step` skips, and those of `mlp_only_layers`. */
export function denseLayersOfQwen(config: FieldTable, layerCount: number): ReadonlySet<number> {
  const step = optionalNumber(config, 'decoder_sparse_step') ?? 1;
  if (!Number.isSafeInteger(step) || step < 1) {
    throw rangeError('decoder_sparse_step', step, 'must be a positive integer');
  }
  const listed = new Set(optionalList(config, 'mlp_only_layers'));
  const layers = Array.from({ length: layerCount }, (_, layer) => layer);
  return new Set(layers.filter((layer) => listed.has(layer) || (layer + 1) % step !== 0));
}

/** A mixture in which every layer has experts of the ordinary inner size. */
export function expertsEverywhere(config: FieldTable): ExpertParameters {
  return {
    count: requiredNumber(config, 'num_local_experts', 'num_experts'),
    used: requiredNumber(config, 'num_experts_per_tok', 'experts_per_token'),
    ffnSize: requiredNumber(config, 'intermediate_size'),
    denseLayers: new Set(),
  };
}

function withWindows(
  p: OutlineParameters,
  config: FieldTable,
  hasWindow: (layer: number) => boolean,
): OutlineParameters {
  const window = optionalNumber(config, 'sliding_window');
  if (window === undefined) return p;
  const windows = Array.from({ length: p.layerCount }, (_, layer) => (hasWindow(layer) ? window : undefined));
  return windows.some((width) => width !== undefined) ? { ...p, windows } : p;
}
