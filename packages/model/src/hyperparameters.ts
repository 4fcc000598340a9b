/**
 * The numbers that describe a model of the llama family: everything that its tensors, its forward program and its
 * memory follow from. Plain data; SLM2's META section stores it under the same names.
 */
import { sanitizeText } from '@mirust/core';
import { modelError } from './errors.ts';

/** How rotary frequencies are stretched for contexts longer than the trained one. */
export type RopeScaling =
  /** Every frequency divided by `factor` (position interpolation). */
  | { readonly type: 'linear'; readonly factor: number }
  /** Llama 3: low frequencies divided by `factor`, high ones kept, a linear blend between. */
  | {
      readonly type: 'llama3';
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalContext: number;
    }
  /** Divisors stored as a tensor, one per frequency (`rope_freqs.weight` of a GGUF). */
  | { readonly type: 'factors' };

/** Hyperparameters of a llama-family model. Counts and sizes are in elements. */
export interface Hyperparameters {
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly layerCount: number;
  /** Query heads. */
  readonly headCount: number;
  /** Key/value heads; fewer than `headCount` is grouped-query attention. */
  readonly kvHeadCount: number;
  readonly headDim: number;
  /** Width of the feed-forward layer. */
  readonly ffnSize: number;
  /** Positions that the model was declared for. */
  readonly maxContext: number;
  readonly ropeTheta: number;
  readonly rmsNormEpsilon: number;
  /** Whether the output matrix is the embedding matrix. Never inferred by a loader: the source says it. */
  readonly tiedOutput: boolean;
  readonly ropeScaling?: RopeScaling;
  /** Positions that a token may look back, itself included; absent: all. */
  readonly slidingWindow?: number;
}

/**
 * Upper limits, each far above any published model (the largest known value in brackets), so that a damaged header is
 * refused before it sizes anything: the products of these limits stay below 2^53.
 */
export const HYPERPARAMETER_LIMITS: Readonly<Record<CountKey, number>> = {
  vocabSize: 2 ** 24, // [262,208]
  hiddenSize: 2 ** 18, // [16,384]
  layerCount: 2 ** 12, // [126]
  headCount: 2 ** 14, // [128]
  kvHeadCount: 2 ** 14, // [128]
  headDim: 2 ** 14, // [256]
  ffnSize: 2 ** 20, // [53,248]
  maxContext: 2 ** 30, // [10,485,760]
};

/** The hyperparameters that are counts or sizes. */
export type CountKey =
  | 'vocabSize'
  | 'hiddenSize'
  | 'layerCount'
  | 'headCount'
  | 'kvHeadCount'
  | 'headDim'
  | 'ffnSize'
  | 'maxContext';

const COUNTS: readonly CountKey[] = Object.keys(HYPERPARAMETER_LIMITS) as CountKey[];

/** Throws `MODEL_FIELD_RANGE` unless every value is in range and they agree with each other. */
export function checkHyperparameters(h: Hyperparameters): void {
  for (const key of COUNTS) {
    const value = h[key];
    if (!Number.isSafeInteger(value) || value < 1 || value > HYPERPARAMETER_LIMITS[key]) {
      throw rangeError(key, value, `an integer from 1 to ${HYPERPARAMETER_LIMITS[key]}`);
    }
  }
  if (h.headCount % h.kvHeadCount !== 0) throw rangeError('kvHeadCount', h.kvHeadCount, `a divisor of ${h.headCount}`);
  if (h.headDim % 2 !== 0) throw rangeError('headDim', h.headDim, 'an even number');
  checkPositive('ropeTheta', h.ropeTheta);
  checkPositive('rmsNormEpsilon', h.rmsNormEpsilon);
  if (h.slidingWindow !== undefined && (!Number.isSafeInteger(h.slidingWindow) || h.slidingWindow < 1)) {
    throw rangeError('slidingWindow', h.slidingWindow, 'a positive integer');
  }
  checkRopeScaling(h.ropeScaling);
}

function checkRopeScaling(scaling: RopeScaling | undefined): void {
  if (scaling === undefined || scaling.type === 'factors') return;
  checkPositive('ropeScaling.factor', scaling.factor);
  if (scaling.type === 'linear') return;
  checkPositive('ropeScaling.lowFrequencyFactor', scaling.lowFrequencyFactor);
  checkPositive('ropeScaling.highFrequencyFactor', scaling.highFrequencyFactor);
  checkPositive('ropeScaling.originalContext', scaling.originalContext);
  if (scaling.highFrequencyFactor <= scaling.lowFrequencyFactor) {
    const expected = `above the low-frequency factor ${scaling.lowFrequencyFactor}`;
    throw rangeError('ropeScaling.highFrequencyFactor', scaling.highFrequencyFactor, expected);
  }
}

function checkPositive(key: string, value: number): void {
  if (!Number.isFinite(value) || value <= 0) throw rangeError(key, value, 'a finite number above 0');
}

function rangeError(key: string, value: unknown, expected: string): Error {
  const shown = sanitizeText(String(value));
  return modelError('MODEL_FIELD_RANGE', `${key} is ${shown}, expected ${expected}`, { key, actual: shown, expected });
}
