/**
 * The key/value cache of one layer, in any of its storage types. Vectors are [kvHead, slot, headDim]; a position lies
 * in slot `position mod capacity`, which under a sliding window makes the cache a ring.
 */
import { type KvType, kvBufferName } from '@mirust/model';
import { f16ToF32, f32ToF16, MAX_F16, roundHalfEven } from '@mirust/quant';
import type { ModelMemory } from '../memory.ts';

/** One half (keys or values) of one layer's cache. */
export interface VectorCache {
  readonly capacity: number;
  /** Stores a vector: `source[offset .. offset + headDim]`. */
  store(head: number, position: number, source: Float32Array, offset: number): void;
  /** Reads a vector back into `target[0 .. headDim]`. */
  load(head: number, position: number, target: Float32Array): void;
}

/** Shape of a cache. */
export interface CacheShape {
  readonly type: KvType;
  readonly headDim: number;
  readonly capacity: number;
}

/** The cache over its placements of the history tape. */
export function openVectorCache(
  memory: ModelMemory,
  layer: number,
  part: 'key' | 'value',
  shape: CacheShape,
): VectorCache {
  const payload = memory.history(kvBufferName(layer, part));
  switch (shape.type) {
    case 'f32':
      return f32Cache(shape, payload);
    case 'f16':
      return f16Cache(shape, payload);
    case 'q8':
      return q8Cache(shape, payload, memory.history(kvBufferName(layer, `${part}.scale`)));
  }
}

/** Index of a vector's first element. */
function vectorStart({ capacity, headDim }: CacheShape, head: number, position: number): number {
  return (head * capacity + (position % capacity)) * headDim;
}

function f32Cache(shape: CacheShape, payload: Uint8Array): VectorCache {
  const values = new Float32Array(payload.buffer, payload.byteOffset, payload.byteLength / 4);
  return {
    capacity: shape.capacity,
    store(head, position, source, offset) {
      values.set(source.subarray(offset, offset + shape.headDim), vectorStart(shape, head, position));
    },
    load(head, position, target) {
      const at = vectorStart(shape, head, position);
      target.set(values.subarray(at, at + shape.headDim));
    },
  };
}

function f16Cache(shape: CacheShape, payload: Uint8Array): VectorCache {
  const values = new Uint16Array(payload.buffer, payload.byteOffset, payload.byteLength / 2);
  return {
    capacity: shape.capacity,
    store(head, position, source, offset) {
      const at = vectorStart(shape, head, position);
      // Beyond f16's range the largest value stands in: an infinity would turn the whole output into NaN.
      for (let d = 0; d < shape.headDim; d++) {
        const value = source[offset + d] as number;
        values[at + d] = f32ToF16(Math.max(-MAX_F16, Math.min(MAX_F16, value)));
      }
    },
    load(head, position, target) {
      const at = vectorStart(shape, head, position);
      for (let d = 0; d < shape.headDim; d++) target[d] = f16ToF32(values[at + d] as number);
    },
  };
}

/** One vector is one row of q8 (`@mirust/quant`): scale = amax / 127, codes rounded to even, scale 1 for zeros. */
function q8Cache(shape: CacheShape, payload: Uint8Array, scaleBytes: Uint8Array): VectorCache {
  const values = new Int8Array(payload.buffer, payload.byteOffset, payload.byteLength);
  const scales = new Float32Array(scaleBytes.buffer, scaleBytes.byteOffset, scaleBytes.byteLength / 4);
  const { headDim } = shape;
  return {
    capacity: shape.capacity,
    store(head, position, source, offset) {
      const at = vectorStart(shape, head, position);
      let amax = 0;
      for (let d = 0; d < headDim; d++) amax = Math.max(amax, Math.abs(source[offset + d] as number));
      const scale = Math.fround(amax / 127);
      const inverse = Math.fround(1 / scale);
      const usable = Number.isFinite(inverse) && inverse > 0;
      scales[at / headDim] = usable ? scale : 1;
      for (let d = 0; d < headDim; d++) {
        const code = usable ? roundHalfEven(Math.fround((source[offset + d] as number) * inverse)) : 0;
        values[at + d] = Math.max(-127, Math.min(127, code));
      }
    },
    load(head, position, target) {
      const at = vectorStart(shape, head, position);
      const scale = scales[at / headDim] as number;
      for (let d = 0; d < headDim; d++) target[d] = (values[at + d] as number) * scale;
    },
  };
}
