/**
 * What SLM1 cannot hold of a model, each named: the container has no field for it, and nothing is approximated. The
 * container's own layout refuses too; this lists everything at once and before any work.
 *
 * rope_theta and epsilon are f32 in the header, and the sources write them as decimals: 1e-05 is no f32, and no f64
 * either. Rounding to the nearest f32 is not an approximation of the model: it is the value that implementations compute
 * with (transformers raises the base and adds the epsilon in f32), off by at most 2^-24 of itself. So a value may be
 * rounded, and is refused only where f32 has no such neighbour: beyond its largest number, or so small that its digits
 * get lost (below 2^-126).
 */
import { formatEncoding } from '@mirust/core';
import { sameBytes } from '@mirust/integrity';
import type { Hyperparameters } from '@mirust/model';
import type { ResolvedTensor } from '@mirust/quant';
import { SLM1_MIN_VOCAB } from '@mirust/slm';
import { bpe1Obstacles, byteTokenizerModel, type TokenizerModel, tokenCount, writeTokn } from '@mirust/tokenizer';

/** Smallest and largest positive f32 with 24 significant bits. */
const MIN_NORMAL_F32 = 2 ** -126;
const MAX_F32 = (2 - 2 ** -23) * 2 ** 127;

/** Tensors that a line names. */
const MAX_LISTED_TENSORS = 3;

/** One line per obstacle; empty when SLM1 can hold the model exactly. */
export function slm1Obstacles(
  h: Hyperparameters,
  tokenizer: TokenizerModel,
  tensors: readonly ResolvedTensor[],
): string[] {
  const obstacles: string[] = [];
  if (h.ropeScaling !== undefined) obstacles.push(`rope scaling (${h.ropeScaling.type})`);
  if (h.slidingWindow !== undefined) obstacles.push(`a sliding window of ${h.slidingWindow} positions`);
  if (h.headCount * h.headDim !== h.hiddenSize) {
    obstacles.push(`heads of ${h.headCount} × ${h.headDim} in a hidden size of ${h.hiddenSize}`);
  }
  for (const [name, value] of [
    ['rope_theta', h.ropeTheta],
    ['rms_norm_epsilon', h.rmsNormEpsilon],
  ] as const) {
    const rounded = Math.fround(value);
    if (!(rounded >= MIN_NORMAL_F32 && rounded <= MAX_F32))
      obstacles.push(`a ${name} of ${value}, which no f32 is near`);
  }
  if (h.vocabSize < SLM1_MIN_VOCAB) obstacles.push(`a vocabulary of ${h.vocabSize}, less than ${SLM1_MIN_VOCAB}`);
  const tokens = tokenCount(tokenizer.tokens);
  if (tokens !== h.vocabSize) obstacles.push(`an embedding of ${h.vocabSize} rows for ${tokens} tokens`);
  obstacles.push(...tokenizerObstacles(tokenizer).map((why) => `the tokenizer: ${why}`));
  return [...obstacles, ...encodingObstacles(tensors)];
}

/** BTOK has no field that varies, so a byte tokenizer is that one to the last option, or none that SLM1 holds. */
function tokenizerObstacles(tokenizer: TokenizerModel): readonly string[] {
  if (tokenizer.kind !== 'byte') return bpe1Obstacles(tokenizer);
  const same = sameBytes(writeTokn(tokenizer), writeTokn(byteTokenizerModel()));
  return same ? [] : ['it is a byte tokenizer with other special ids or options than BTOK has'];
}

/** One line per type: of a large model hundreds of tensors have the same. */
function encodingObstacles(tensors: readonly ResolvedTensor[]): string[] {
  const refused = new Map<string, string[]>();
  for (const { name, encoding } of tensors) {
    const held = ['f32', 'q8', 'q4'].includes(encoding.dtype) && encoding.scaleType === 'f32';
    if (held) continue;
    const type = formatEncoding(encoding);
    refused.set(type, [...(refused.get(type) ?? []), name]);
  }
  return [...refused].map(([type, names]) => {
    const more = names.length > MAX_LISTED_TENSORS ? ` and ${names.length - MAX_LISTED_TENSORS} more` : '';
    return `${names.slice(0, MAX_LISTED_TENSORS).join(', ')}${more} as ${type}`;
  });
}
