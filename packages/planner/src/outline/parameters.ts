/**
 * The numbers that the outline of a model follows from, in one record for all families, and the ranges they must lie
 * in: the limits lie far above any published model and keep every product that a plan forms below 2^53.
 */
import { sanitizeText } from '@mirust/core';
import { modelError } from '@mirust/model';
import type { LayerCache } from './outline.ts';

/** What the cache of a model follows from. */
export interface AttentionParameters {
  /** GGUF's name of the architecture. */
  readonly architecture: string;
  readonly layerCount: number;
  /** Query heads. */
  readonly headCount: number;
  /** Heads of keys and values; divides headCount. */
  readonly kvHeadCount: number;
  /** Values of one key vector, and of one query vector. */
  readonly keyDim: number;
  readonly valueDim: number;
  /** Positions that the model declares. */
  readonly maxContext?: number;
  /** By layer, the positions that it sees; undefined where it sees all. Absent: every layer sees all. */
  readonly windows?: readonly (number | undefined)[];
  readonly latent?: LatentParameters;
}

/** Latent attention (MLA): keys and values are kept as one compressed vector per position. */
export interface LatentParameters {
  /** Rank of the queries' compression; absent: they are not compressed. */
  readonly queryRank?: number;
  /** Rank of the joint compression of keys and values. */
  readonly kvRank: number;
  /** Values of each key that are rotated; they are shared by all heads and not compressed. */
  readonly ropeDim: number;
}

/** A mixture of experts. */
export interface ExpertParameters {
  readonly count: number;
  /** Experts that a token is routed to. */
  readonly used: number;
  /** Inner size of one expert. */
  readonly ffnSize: number;
  /** Inner size of the expert that every token goes through; absent: there is none. */
  readonly sharedFfnSize?: number;
  /** Layers that have an ordinary feed-forward part instead. */
  readonly denseLayers: ReadonlySet<number>;
}

/** What the tensors and the cache of a model follow from. Sizes are in elements. */
export interface OutlineParameters extends AttentionParameters {
  readonly vocabSize: number;
  readonly hiddenSize: number;
  /** Inner size of the feed-forward part (of dense layers, in a mixture). */
  readonly ffnSize: number;
  /** Whether the output matrix is the embedding matrix. */
  readonly tiedOutput: boolean;
  /** Biases of queries, keys and values; of the attention's output; of the feed-forward part. */
  readonly qkvBias: boolean;
  readonly attentionOutputBias: boolean;
  readonly ffnBias: boolean;
  /** Whether queries and keys are normalised, in families where some models do and some do not. */
  readonly qkNorm: boolean;
  /** Norms of a layer, in families where that differs from model to model. */
  readonly layerNormCount: number;
  readonly experts?: ExpertParameters;
}

/** The deepest published model has 126 layers. */
export const MAX_LAYERS = 4096;

const MAX_SIZES = {
  vocabSize: 2 ** 24,
  hiddenSize: 2 ** 18,
  layerCount: MAX_LAYERS,
  headCount: 2 ** 14,
  kvHeadCount: 2 ** 14,
  keyDim: 2 ** 14,
  valueDim: 2 ** 14,
  ffnSize: 2 ** 20,
  maxContext: 2 ** 30,
} as const;

const MAX_WINDOW = 2 ** 30;
const MAX_EXPERTS = 2 ** 14;
const MAX_RANK = 2 ** 18;

/** Throws `MODEL_FIELD_RANGE` unless every number is an integer in range and they agree with each other. */
export function checkAttentionParameters(p: AttentionParameters): void {
  checkSizes(p);
  if (p.headCount % p.kvHeadCount !== 0) {
    throw rangeError('kvHeadCount', p.kvHeadCount, `must divide headCount ${p.headCount}`);
  }
  if (p.windows !== undefined && p.windows.length !== p.layerCount) {
    throw rangeError('windows', p.windows.length, `the model has ${p.layerCount} layers`);
  }
  for (const window of new Set(p.windows)) if (window !== undefined) checkInteger('slidingWindow', window, MAX_WINDOW);
  if (p.latent === undefined) return;
  checkInteger('kvRank', p.latent.kvRank, MAX_RANK);
  checkInteger('ropeDim', p.latent.ropeDim, MAX_SIZES.keyDim);
  if (p.latent.queryRank !== undefined) checkInteger('queryRank', p.latent.queryRank, MAX_RANK);
  if (p.latent.ropeDim >= p.keyDim) throw rangeError('ropeDim', p.latent.ropeDim, `must be below keyDim ${p.keyDim}`);
}

/** The same for all parameters. */
export function checkOutlineParameters(p: OutlineParameters): void {
  checkAttentionParameters(p);
  const { experts } = p;
  if (experts === undefined) return;
  checkInteger('experts.count', experts.count, MAX_EXPERTS);
  checkInteger('experts.used', experts.used, experts.count);
  checkInteger('experts.ffnSize', experts.ffnSize, MAX_SIZES.ffnSize);
  if (experts.sharedFfnSize !== undefined) {
    checkInteger('experts.sharedFfnSize', experts.sharedFfnSize, MAX_SIZES.ffnSize);
  }
}

/** Throws `MODEL_FIELD_RANGE` unless a number of layers is one: to be asked before anything is made by layer. */
export function checkLayerCount(layerCount: number): void {
  checkInteger('layerCount', layerCount, MAX_LAYERS);
}

/** The error for a hyperparameter outside of its range. */
export function rangeError(key: string, value: number | string, rule: string): Error {
  const actual = sanitizeText(String(value), 40);
  return modelError('MODEL_FIELD_RANGE', `${key} is ${actual}, but ${rule}`, { key, actual, expected: rule });
}

/** The cache of each layer. */
export function cacheOf(p: AttentionParameters): LayerCache[] {
  const { kvHeadCount, keyDim, valueDim, latent } = p;
  // What MLA keeps of a position is one vector for all heads, its values a part of it.
  const cache: LayerCache =
    latent === undefined
      ? { kvHeadCount, keyDim, valueDim }
      : { kvHeadCount: 1, keyDim: latent.kvRank + latent.ropeDim, valueDim: 0 };
  return Array.from({ length: p.layerCount }, (_, layer) => {
    const slidingWindow = p.windows?.[layer];
    return slidingWindow === undefined ? cache : { ...cache, slidingWindow };
  });
}

function checkSizes(p: AttentionParameters): void {
  for (const [key, most] of Object.entries(MAX_SIZES)) {
    const value = (p as Partial<OutlineParameters>)[key as keyof typeof MAX_SIZES];
    if (value !== undefined) checkInteger(key, value, most);
  }
}

function checkInteger(key: string, value: number, most: number): void {
  if (Number.isInteger(value) && value >= 1 && value <= most) return;
  throw rangeError(key, value, `must be an integer from 1 to ${most}`);
}
