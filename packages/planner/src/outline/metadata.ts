/**
 * The outline of a GGUF: its tensors are those that the file lists; its metadata says the shape of the cache. Keys as
 * ggml-org/llama.cpp has them (`gguf-py/gguf/constants.py`).
 */
import type { Shape } from '@mirust/core';
import type { GgufMetadata } from '@mirust/gguf';
import {
  type FieldTable,
  modelError,
  optionalField,
  optionalNumber,
  optionalString,
  requiredNumber,
} from '@mirust/model';
import { FAMILIES } from './families/index.ts';
import type { ModelOutline, OutlineTensor } from './outline.ts';
import {
  type AttentionParameters,
  cacheOf,
  checkAttentionParameters,
  checkLayerCount,
  rangeError,
} from './parameters.ts';
import { layerOf, roleOf } from './roles.ts';

/** A tensor as a file lists it, row-major. */
export interface ListedTensor {
  readonly name: string;
  readonly shape: Shape;
}

/**
 * What the metadata of a GGUF says about the cache; undefined where its architecture is not known, or its layers differ
 * in a way that the architecture's do not. Throws `MODEL_FIELD_MISSING`, `MODEL_FIELD_TYPE`, `MODEL_FIELD_RANGE`.
 */
export function readOutlineMetadata(metadata: GgufMetadata): AttentionParameters | undefined {
  return readAttention(plainTable(metadata));
}

function readAttention(table: FieldTable): AttentionParameters | undefined {
  const architecture = optionalString(table, 'general.architecture');
  const family = FAMILIES.find((candidate) => candidate.architecture === architecture);
  if (architecture === undefined || family === undefined) return undefined;
  const key = (name: string): string => `${architecture}.${name}`;
  if (LAYERS_DIFFER.some((name) => table.has(key(name)))) return undefined;
  const layerCount = requiredNumber(table, key('block_count'));
  checkLayerCount(layerCount);
  const headCount = requiredUniform(table, key('attention.head_count'));
  const kvHeadCount = optionalUniform(table, key('attention.head_count_kv'));
  if (headCount === 'various' || kvHeadCount === 'various') return undefined;
  const maxContext = optionalNumber(table, key('context_length'));
  const heads = { headCount, kvHeadCount: kvHeadCount ?? headCount };
  const parameters: AttentionParameters = {
    architecture,
    layerCount,
    ...heads,
    ...readDims(table, key, headCount),
    ...(maxContext === undefined ? {} : { maxContext }),
    ...readWindows(table, key, layerCount, family.fullAttentionEvery),
    ...readLatent(table, key),
  };
  checkAttentionParameters(parameters);
  return parameters;
}

/**
 * The outline of a GGUF: every tensor that it lists, and the cache where {@link readOutlineMetadata} knows it. Errors as
 * there, and `MODEL_FIELD_MISSING` without `general.architecture`.
 */
export function outlineOfMetadata(metadata: GgufMetadata, tensors: Iterable<ListedTensor>): ModelOutline {
  const table = plainTable(metadata);
  const architecture = optionalString(table, 'general.architecture');
  if (architecture === undefined) {
    const key = 'general.architecture';
    throw modelError('MODEL_FIELD_MISSING', `${key} is missing`, { key });
  }
  const name = optionalString(table, 'general.name');
  const usedExperts = readUsedExperts(table, architecture);
  const p = readAttention(table);
  return {
    architecture,
    ...(name === undefined ? {} : { name }),
    tensors: Array.from(tensors, (listed) => outlineTensor(listed, usedExperts)),
    ...(p === undefined ? {} : { cache: cacheOf(p), attention: { headCount: p.headCount, headDim: p.keyDim } }),
    ...(p?.maxContext === undefined ? {} : { maxContext: p.maxContext }),
  };
}

/** The outline of a list of tensors of an architecture that is not known, under the names that the file gives them. */
export function outlineOfTensors(architecture: string, tensors: Iterable<ListedTensor>): ModelOutline {
  return { architecture, tensors: Array.from(tensors, (listed) => outlineTensor(listed, undefined)) };
}

function outlineTensor({ name, shape }: ListedTensor, usedExperts: number | undefined): OutlineTensor {
  const layer = layerOf(name);
  const count = shape[0] ?? 0;
  const isStacked = usedExperts !== undefined && count > 0 && /_exps\.(weight|bias)$/.test(name);
  return {
    name,
    shape,
    role: roleOf(name),
    ...(layer === undefined ? {} : { layer }),
    ...(isStacked ? { experts: { count, used: Math.min(usedExperts, count) } } : {}),
  };
}

/** Experts that a token is routed to; every architecture spells it alike. */
function readUsedExperts(table: FieldTable, architecture: string): number | undefined {
  const key = `${architecture}.expert_used_count`;
  const used = optionalNumber(table, key);
  if (used === undefined || used === 0) return undefined;
  if (!Number.isSafeInteger(used) || used < 0) throw rangeError(key, used, 'must be a non-negative integer');
  return used;
}

/** Names of keys within an architecture. */
type KeyOf = (name: string) => string;

function readDims(table: FieldTable, key: KeyOf, headCount: number): { keyDim: number; valueDim: number } {
  const keyDim = optionalNumber(table, key('attention.key_length_mla'), key('attention.key_length'));
  const valueDim = optionalNumber(table, key('attention.value_length_mla'), key('attention.value_length'));
  if (keyDim !== undefined && valueDim !== undefined) return { keyDim, valueDim };
  const even = requiredNumber(table, key('embedding_length')) / headCount;
  return { keyDim: keyDim ?? even, valueDim: valueDim ?? even };
}

/** Windows by layer: by the pattern that the file declares, else by that of its architecture. */
function readWindows(
  table: FieldTable,
  key: KeyOf,
  layerCount: number,
  fullAttentionEvery: number | undefined,
): Pick<AttentionParameters, 'windows'> {
  const window = optionalNumber(table, key('attention.sliding_window'));
  if (window === undefined || window === 0 || fullAttentionEvery === undefined) return {};
  const patternKey = key('attention.sliding_window_pattern');
  const pattern = optionalField(table, patternKey);
  if (Array.isArray(pattern)) {
    if (pattern.length !== layerCount) {
      throw rangeError(patternKey, `a list of ${pattern.length}`, `the model has ${layerCount} layers`);
    }
    return { windows: pattern.map((hasWindow) => (hasWindow === true || hasWindow === 1 ? window : undefined)) };
  }
  const every = optionalNumber(table, patternKey) ?? fullAttentionEvery;
  if (!Number.isSafeInteger(every) || every < 0) throw rangeError(patternKey, every, 'must be a non-negative integer');
  const windows = Array.from({ length: layerCount }, (_, layer) =>
    every !== 0 && (layer + 1) % every === 0 ? undefined : window,
  );
  return { windows };
}

function readLatent(table: FieldTable, key: KeyOf): Pick<AttentionParameters, 'latent'> {
  const kvRank = optionalNumber(table, key('attention.kv_lora_rank'));
  if (kvRank === undefined || kvRank === 0) return {};
  return { latent: { kvRank, ropeDim: requiredNumber(table, key('rope.dimension_count')) } };
}

/** A number that a file may also give by layer: `various` where the layers differ. */
function optionalUniform(table: FieldTable, key: string): number | 'various' | undefined {
  const value = optionalField(table, key);
  if (!Array.isArray(value)) return optionalNumber(table, key);
  const [first] = value as unknown[];
  return typeof first === 'number' && value.every((each) => each === first) ? first : 'various';
}

function requiredUniform(table: FieldTable, key: string): number | 'various' {
  return optionalUniform(table, key) ?? requiredNumber(table, key);
}

/**
 * Scalars as plain values; u64 as a number where it is exact, else left as a bigint, which no field accepts. Lists by
 * layer as lists; the others are not asked for.
 */
function plainTable(metadata: GgufMetadata): FieldTable {
  const table = new Map<string, unknown>();
  for (const [key, entry] of metadata) {
    if (entry.type !== 'array') {
      const isExact = typeof entry.value === 'bigint' && Number.isSafeInteger(Number(entry.value));
      table.set(key, isExact ? Number(entry.value) : entry.value);
    } else if (BY_LAYER.test(key)) {
      checkLayerCount(entry.values.length);
      table.set(key, Array.from<unknown>(entry.values));
    }
  }
  return table;
}

/** Keys of architectures whose layers have caches of several kinds, or share one. */
const LAYERS_DIFFER = ['attention.key_length_swa', 'attention.value_length_swa', 'attention.shared_kv_layers'];

const BY_LAYER = /\.attention\.(head_count|head_count_kv|sliding_window_pattern)$/;
