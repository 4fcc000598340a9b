/**
 * What SLM1 cannot hold of a model, each named: the container has no field for it, and nothing is approximated. The
 * container's own layout refuses too; this lists everything at once and before any work.
 */
import { formatEncoding } from '@mirust/core';
import type { Hyperparameters } from '@mirust/model';
import type { ResolvedTensor } from '@mirust/quant';
import { bpe1Obstacles, type TokenizerModel, tokenCount } from '@mirust/tokenizer';

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
  const tokens = tokenCount(tokenizer.tokens);
  if (tokens !== h.vocabSize) obstacles.push(`an embedding of ${h.vocabSize} rows for ${tokens} tokens`);
  if (tokenizer.kind !== 'byte') obstacles.push(...bpe1Obstacles(tokenizer).map((why) => `the tokenizer: ${why}`));
  for (const { name, encoding } of tensors) {
    const held = ['f32', 'q8', 'q4'].includes(encoding.dtype) && encoding.scaleType === 'f32';
    if (!held) obstacles.push(`${name} as ${formatEncoding(encoding)}`);
  }
  return obstacles;
}
