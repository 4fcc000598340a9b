/**
 * What one more token costs: bytes that have to be read, and floating-point operations. Estimates: caches, which keep small
 * models from memory altogether, are not counted.
 *
 * Source of the count of operations: Kaplan et al. 2020, "Scaling Laws for Neural Language Models", table 1: 2 for each weight
 * of a matrix, and for attention 2 for each product of a query with a key and of a weight with a value.
 */
import { elementCount } from '@mirust/core';
import type { DecodeCost } from '@mirust/schemas';
import { vectorBytes } from './cache.ts';
import type { PlanInput } from './input.ts';
import type { ResolvedPlanOptions } from './options.ts';
import type { OutlineTensor } from './outline/outline.ts';
import { keptEncoding, tensorBytes, usedElements } from './weights.ts';

/** The cost; undefined where the cache or the heads of the model are not known. */
export function decodeCost(
  input: PlanInput,
  { kvType, activePositions }: ResolvedPlanOptions,
  bandwidthBytesPerSecond?: number,
): DecodeCost | undefined {
  const { tensors, cache, attention } = input.outline;
  if (cache === undefined || attention === undefined) return undefined;
  const isTied = !tensors.some(({ role }) => role === 'output');
  let weightBytes = 0;
  let flops = 0;
  for (const tensor of tensors) {
    weightBytes += Math.ceil(tensorBytes(tensor, keptEncoding(input, tensor)) * usedShare(tensor, isTied));
    if (isMultiplied(tensor, isTied)) flops += 2 * usedElements(tensor);
  }
  let cacheBytes = 0;
  for (const layer of cache) {
    if (layer === null) continue;
    const seen = Math.min(activePositions, layer.slidingWindow ?? activePositions);
    const { kvHeadCount, keyDim, valueDim } = layer;
    cacheBytes += seen * kvHeadCount * (vectorBytes(kvType, keyDim) + vectorBytes(kvType, valueDim));
    flops += 2 * seen * attention.headCount * (keyDim + valueDim);
  }
  const bytesPerToken = weightBytes + cacheBytes;
  return {
    bytesPerToken,
    weightBytes,
    cacheBytes,
    flopsPerToken: flops,
    ...(bandwidthBytesPerSecond === undefined || bytesPerToken === 0
      ? {}
      : { bandwidthBytesPerSecond, ceilingTokensPerSecond: bandwidthBytesPerSecond / bytesPerToken }),
  };
}

/** An embedding gives one row, unless it is the head as well. */
function usedShare(tensor: OutlineTensor, isTied: boolean): number {
  if (tensor.role === 'embedding' && !isTied) return 1 / (tensor.shape[0] ?? 1);
  return usedElements(tensor) / elementCount(tensor.shape);
}

function isMultiplied({ role }: OutlineTensor, isTied: boolean): boolean {
  return role === 'matrix' || role === 'output' || role === 'router' || (role === 'embedding' && isTied);
}
