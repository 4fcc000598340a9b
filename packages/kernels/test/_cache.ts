/** A key/value cache in a bench's memory, and what it should hold, in plain TypeScript. */
import { f16ToF32, f32ToF16, MAX_F16, roundHalfEven } from '@mirust/quant';
import { table } from '../src/index.ts';
import type { Workbench } from './_builds.ts';
import type { Operation } from './_program.ts';

/** How attention of one layer is laid out. */
export interface CacheShape {
  /** KV_F32, KV_F16 or KV_Q8. */
  readonly kind: number;
  readonly headDim: number;
  readonly kvHeads: number;
  /** Slots. */
  readonly capacity: number;
}

/** Addresses of a cache. */
export interface Cache extends CacheShape {
  readonly keys: number;
  readonly keyScales: number;
  readonly values: number;
  readonly valueScales: number;
}

/** Types of the cache by name. */
export const CACHE_KINDS: readonly (readonly [name: string, kind: number])[] = [
  ['f32', table.KV_F32],
  ['f16', table.KV_F16],
  ['q8', table.KV_Q8],
];

/** Bytes of one value. */
export function valueBytes(kind: number): number {
  return kind === table.KV_F32 ? 4 : kind === table.KV_F16 ? 2 : 1;
}

/** A cache of NaN: a slot that is read before it is written spoils the result. */
export function createCache(bench: Workbench, shape: CacheShape): Cache {
  const vectors = shape.kvHeads * shape.capacity;
  const nan = (byteLength: number): number => bench.put(new Uint8Array(byteLength).fill(0xff));
  const payload = (): number => nan(vectors * shape.headDim * valueBytes(shape.kind));
  return { ...shape, keys: payload(), keyScales: nan(vectors * 4), values: payload(), valueScales: nan(vectors * 4) };
}

/** Appends a chunk. `key`, `value`: addresses of f32 [tokens, kvHeads · headDim]. */
export function appendOperation(cache: Cache, key: number, value: number): Operation {
  const { kind, headDim, kvHeads, capacity, keys, keyScales, values, valueScales } = cache;
  const places = [keys, keyScales, values, valueScales];
  return { kind: table.KV_APPEND, fields: [kind, key, value, kvHeads * headDim, headDim, capacity, ...places] };
}

/** Codes and scale of a q8 vector: scale = amax / 127, codes to nearest even; 1 where that is of no use. */
export function quantizeVector(vector: Float32Array): { codes: Int8Array; scale: number } {
  let amax = 0;
  for (const value of vector) amax = Math.max(amax, Math.abs(value));
  const scale = Math.fround(amax / 127);
  const inverse = Math.fround(1 / scale);
  if (!(inverse > 0 && inverse < Number.POSITIVE_INFINITY)) return { codes: new Int8Array(vector.length), scale: 1 };
  const codes = Int8Array.from(vector, (value) => {
    return Math.max(-127, Math.min(127, roundHalfEven(Math.fround(value * inverse))));
  });
  return { codes, scale };
}

/** The f16 bits that the cache keeps of a value: what is beyond f16 is clamped. */
export function cachedHalf(value: number): number {
  return f32ToF16(Math.max(-MAX_F16, Math.min(MAX_F16, value)));
}

/** What reading a vector back gives. */
export function throughCache(kind: number, vector: Float32Array): Float32Array {
  if (kind === table.KV_F32) return vector;
  if (kind === table.KV_F16) return vector.map((value) => f16ToF32(cachedHalf(value)));
  const { codes, scale } = quantizeVector(vector);
  return Float32Array.from(codes, (code) => code * scale);
}
