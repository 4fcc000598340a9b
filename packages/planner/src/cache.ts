/**
 * Bytes of the key/value cache of any model, by its outline. For a model that the runtime runs this is what the layout places;
 * a test holds the two equal.
 */
import { checkedAdd, checkedMul } from '@mirust/core';
import { kvPayloadBytes, kvScaleBytes } from '@mirust/model';
import type { CacheBytes } from '@mirust/schemas';
import { plannerError } from './errors.ts';
import type { PlannedKvType, ResolvedPlanOptions } from './options.ts';
import type { LayerCache, ModelOutline } from './outline/outline.ts';

/** Values of a block of ggml's Q8_0 and Q4_0, and its bytes: `ggml-common.h` of ggml-org/llama.cpp. */
const GGML_BLOCK_VALUES = 32;
const GGML_BLOCK_BYTES = { q8_0: 34, q4_0: 18 } as const;

/** Bytes of one key or value vector, scales included; 0 where there is none. Throws `PLAN_KV_BLOCKS`. */
export function vectorBytes(type: PlannedKvType, dim: number): number {
  if (dim === 0) return 0;
  if (type !== 'q8_0' && type !== 'q4_0') return kvPayloadBytes(type, dim) + kvScaleBytes(type);
  if (dim % GGML_BLOCK_VALUES === 0) return (dim / GGML_BLOCK_VALUES) * GGML_BLOCK_BYTES[type];
  throw plannerError('PLAN_KV_BLOCKS', `heads of ${dim} values do not divide into blocks of 32, as ${type} has them`, {
    actual: dim,
  });
}

/** What the first sequence takes, all the others, and the facts of the report; undefined where the cache is not known. */
export interface PlannedCache extends CacheBytes {
  readonly keyBytes: number;
  readonly valueBytes: number;
  /** Of all sequences but the first. */
  readonly otherBytes: number;
}

/** See the module comment. Throws `PLAN_KV_BLOCKS` and `OVERFLOW`. */
export function planCache({ cache }: ModelOutline, options: ResolvedPlanOptions): PlannedCache | undefined {
  if (cache === undefined) return undefined;
  const { kvType, context, sequences, sharedPrefix, activePositions } = options;
  const layers = cache.filter((layer) => layer !== null);
  const own = Math.max(0, context - sharedPrefix);
  const activeOwn = Math.max(0, activePositions - sharedPrefix);
  let keyBytes = 0;
  let valueBytes = 0;
  let bytesPerToken = 0;
  let otherBytes = 0;
  let activeBytes = 0;
  for (const layer of layers) {
    const key = checkedMul(layer.kvHeadCount, vectorBytes(kvType, layer.keyDim), 'bytes of keys');
    const value = checkedMul(layer.kvHeadCount, vectorBytes(kvType, layer.valueDim), 'bytes of values');
    const held = heldPositions(layer, context, options);
    keyBytes = checkedAdd(keyBytes, checkedMul(key, held, 'keys'), 'keys');
    valueBytes = checkedAdd(valueBytes, checkedMul(value, held, 'values'), 'values');
    bytesPerToken += key + value;
    const more = checkedMul(heldPositions(layer, own, options), sequences - 1, 'positions of sequences');
    otherBytes = checkedAdd(otherBytes, checkedMul(key + value, more, 'cache'), 'cache');
    const active =
      Math.min(activePositions, held) + (sequences - 1) * Math.min(activeOwn, heldPositions(layer, own, options));
    activeBytes = checkedAdd(activeBytes, checkedMul(key + value, active, 'active cache'), 'active cache');
  }
  const bytes = checkedAdd(checkedAdd(keyBytes, valueBytes, 'cache'), otherBytes, 'cache');
  return { bytes, bytesPerToken, activeBytes, keyBytes, valueBytes, otherBytes };
}

/** Positions that a layer holds: a window keeps a chunk more than it sees, as the runtime's ring does. */
function heldPositions({ slidingWindow }: LayerCache, positions: number, { chunk }: ResolvedPlanOptions): number {
  return slidingWindow === undefined ? positions : Math.min(positions, slidingWindow + chunk);
}
