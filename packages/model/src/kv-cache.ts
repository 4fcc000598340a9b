/**
 * The key/value cache: for every layer, key/value head and position, one key vector and one value vector of headDim.
 *
 * ```
 * f32, f16   payload [kvHeads, positions, headDim]
 * q8         payload i8 [kvHeads, positions, headDim], scales f32 [kvHeads, positions]: one scale per vector
 * ```
 * A layer with a sliding window W keeps a ring of min(C, W + T) positions: a chunk of T tokens is appended before it
 * attends, so the oldest position that its first token may see must still be there.
 */
import type { Hyperparameters } from './hyperparameters.ts';

/** Storage type of the cache. `q8` is this project's: one i8 per value and one f32 scale per vector. */
export type KvType = 'f32' | 'f16' | 'q8';

/** All storage types of the cache. */
export const KV_TYPES: readonly KvType[] = ['f32', 'f16', 'q8'];

/** Bytes of the payload of one vector. */
export function kvPayloadBytes(type: KvType, headDim: number): number {
  return headDim * (type === 'f32' ? 4 : type === 'f16' ? 2 : 1);
}

/** Bytes of the scales of one vector: 0 for the float types. */
export function kvScaleBytes(type: KvType): number {
  return type === 'q8' ? 4 : 0;
}

/** Positions that the cache of one layer holds for a context of C and chunks of T tokens. */
export function kvCapacity(h: Hyperparameters, context: number, chunk: number): number {
  return h.slidingWindow === undefined ? context : Math.min(context, h.slidingWindow + chunk);
}

/** Name of a cache buffer in the history tape. */
export function kvBufferName(layer: number, part: 'key' | 'value' | 'key.scale' | 'value.scale'): string {
  return `kv.${layer}.${part}`;
}
