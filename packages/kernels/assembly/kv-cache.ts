/**
 * The key/value cache of one layer: vectors [kvHead, slot, headDim], a position in slot `position mod capacity`.
 *
 * ```
 * f32, f16  the values
 * q8        i8 values, and one f32 scale per vector: amax / 127, codes to nearest even; scale 1 for a vector of zeros
 * ```
 */
import { f16ToF32, f32ToF16 } from './float16';
import { KV_F16, KV_F32 } from './table';

/**
 * Stores columns [first, end) of the vectors of all tokens. For q8 they must be whole heads.
 *
 * @param source f32 [tokens, kvHeads · headDim]
 */
export function appendVectors(
  kind: i32, source: usize, columns: i32, headDim: i32, tokens: i32, startPosition: i32, capacity: i32,
  payload: usize, scales: usize, first: i32, end: i32,
): void {
  for (let t = 0; t < tokens; t++, source += <usize>columns << 2) {
    const slot = (startPosition + t) % capacity;
    for (let column = first; column < end; ) {
      const head = column / headDim;
      const within = column - head * headDim;
      const count = min(headDim - within, end - column);
      const from = source + (<usize>column << 2);
      const vector = <usize>head * <usize>capacity + <usize>slot;
      const at = vector * <usize>headDim + <usize>within;
      if (kind == KV_F32) memory.copy(payload + (at << 2), from, <usize>count << 2);
      else if (kind == KV_F16) f32ToF16(from, payload + (at << 1), count);
      else f32.store(scales + (vector << 2), quantizeVector(from, payload + at, count));
      column += count;
    }
  }
}

/** Codes of one vector; gives its scale. */
function quantizeVector(source: usize, target: usize, count: i32): f32 {
  let amax: f32 = 0;
  for (let i = 0; i < count; i++) amax = max(amax, abs(f32.load(source + (<usize>i << 2))));
  const scale: f32 = amax / 127;
  const inverse: f32 = 1 / scale;
  // Not usable: zeros, values too small for a normal scale, and those that are no numbers.
  const usable = inverse > 0 && inverse < Infinity;
  for (let i = 0; i < count; i++) {
    const code = usable ? nearest(f32.load(source + (<usize>i << 2)) * inverse) : 0;
    store<i8>(target + <usize>i, <i8>max(-127, min(127, <i32>code)));
  }
  return usable ? scale : 1;
}

/**
 * `count` vectors from slot `slot` on, as f32 rows of `padded` values (headDim rounded up to 4, zeros behind).
 *
 * @param base payload of this head: its slot 0
 * @param scales of this head; unused for f32 and f16
 * @param target f32 [count, padded]
 */
export function loadVectors(
  kind: i32, base: usize, scales: usize, slot: i32, count: i32, headDim: i32, padded: i32, target: usize,
): void {
  const row = <usize>padded << 2;
  if (padded != headDim) memory.fill(target, 0, <usize>count * row);
  for (let i = 0; i < count; i++, target += row) {
    const at = <usize>(slot + i) * <usize>headDim;
    if (kind == KV_F32) memory.copy(target, base + (at << 2), <usize>headDim << 2);
    else if (kind == KV_F16) f16ToF32(base + (at << 1), target, headDim);
    else dequantizeVector(base + at, f32.load(scales + (<usize>(slot + i) << 2)), headDim, target);
  }
}

function dequantizeVector(source: usize, scale: f32, count: i32, target: usize): void {
  const factor = f32x4.splat(scale);
  const end = target + (<usize>(count & ~7) << 2);
  for (; target < end; source += 8, target += 32) {
    const v = v128.load8x8_s(source);
    v128.store(target, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_s(v)), factor), 0);
    v128.store(target, f32x4.mul(f32x4.convert_i32x4_s(i32x4.extend_high_i16x8_s(v)), factor), 16);
  }
  for (let i = count & 7; i > 0; i--, source++, target += 4) f32.store(target, <f32>(<i32>load<i8>(source)) * scale);
}
