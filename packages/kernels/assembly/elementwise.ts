/** The small operations, each on columns [first, end) of all tokens: what one thread does of them. */
import { exp4 } from './exp';
import { madd } from './simd';

/**
 * output[t] = input[t] / sqrt(mean(input[t]²) + epsilon) · weight (arXiv 1910.07467). The squares are summed in f64, by
 * every thread for itself: that costs less than waiting for each other.
 *
 * @param input, output f32 [tokens, columns]
 * @param weight f32 [columns]
 */
export function rmsNorm(
  input: usize, weight: usize, output: usize, columns: i32, tokens: i32, epsilon: f64, first: i32, end: i32,
): void {
  const stride = <usize>columns << 2;
  for (let t = 0; t < tokens; t++, input += stride, output += stride) {
    const scale = <f32>(1 / Math.sqrt(sumOfSquares(input, columns) / <f64>columns + epsilon));
    const factor = f32x4.splat(scale);
    let at = <usize>first << 2;
    const wholeEnd = <usize>(first + ((end - first) & ~3)) << 2;
    for (; at < wholeEnd; at += 16) {
      v128.store(output + at, f32x4.mul(f32x4.mul(v128.load(input + at), factor), v128.load(weight + at)));
    }
    for (; at < <usize>end << 2; at += 4) {
      f32.store(output + at, f32.load(input + at) * scale * f32.load(weight + at));
    }
  }
}

function sumOfSquares(input: usize, columns: i32): f64 {
  let a = f64x2.splat(0), b = a;
  const end = input + (<usize>(columns & ~3) << 2);
  for (; input < end; input += 16) {
    const v = v128.load(input);
    const low = f64x2.promote_low_f32x4(v);
    const high = f64x2.promote_low_f32x4(v128.shuffle<i64>(v, v, 1, 0));
    a = f64x2.add(a, f64x2.mul(low, low));
    b = f64x2.add(b, f64x2.mul(high, high));
  }
  a = f64x2.add(a, b);
  let sum = f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1);
  for (let i = columns & 3; i > 0; i--, input += 4) sum += <f64>f32.load(input) * <f64>f32.load(input);
  return sum;
}

/**
 * angles[t] = (cos, sin) of (startPosition + t) · frequency, pair after pair, for tokens [first, end).
 *
 * @param frequencies f64 [pairs]
 * @param angles f32 [tokens, 2 · pairs]
 */
export function ropeAngles(
  frequencies: usize, pairs: i32, startPosition: i32, angles: usize, first: i32, end: i32,
): void {
  angles += <usize>first * (<usize>pairs << 3);
  for (let t = first; t < end; t++) {
    for (let i = 0; i < pairs; i++, angles += 8) {
      const angle = <f64>(startPosition + t) * f64.load(frequencies + (<usize>i << 3));
      f32.store(angles, <f32>Math.cos(angle), 0);
      f32.store(angles, <f32>Math.sin(angle), 4);
    }
  }
}

/**
 * Turns each pair of each head by its angle, in place (arXiv 2104.09864). `first` and `end` are even.
 *
 * @param buffer f32 [tokens, columns], heads of `headDim`
 * @param angles f32 [tokens, headDim]
 */
export function rotate(
  buffer: usize, columns: i32, angles: usize, headDim: i32, tokens: i32, first: i32, end: i32,
): void {
  for (let t = 0; t < tokens; t++) {
    const row = buffer + <usize>t * (<usize>columns << 2);
    const turn = angles + <usize>t * (<usize>headDim << 2);
    let column = first;
    if ((headDim & 3) == 0 && (first & 3) == 0) {
      for (const whole = first + ((end - first) & ~3); column < whole; column += 4) {
        const at = row + (<usize>column << 2);
        const a = v128.load(turn + (<usize>(column % headDim) << 2));
        const v = v128.load(at);
        const cos = v128.shuffle<i32>(a, a, 0, 0, 2, 2);
        const sin = f32x4.mul(v128.shuffle<i32>(a, a, 1, 1, 3, 3), v128.shuffle<i32>(v, v, 1, 0, 3, 2));
        // x · cos - y · sin, y · cos + x · sin
        v128.store(at, f32x4.add(f32x4.mul(v, cos), v128.xor(sin, i32x4(<i32>0x80000000, 0, <i32>0x80000000, 0))));
      }
    }
    for (; column < end; column += 2) {
      const at = row + (<usize>column << 2);
      const angle = turn + (<usize>(column % headDim) << 2);
      const cos = f32.load(angle, 0), sin = f32.load(angle, 4);
      const x = f32.load(at, 0), y = f32.load(at, 4);
      f32.store(at, x * cos - y * sin, 0);
      f32.store(at, y * cos + x * sin, 4);
    }
  }
}

/** output = gate · sigmoid(gate) · up (arXiv 2002.05202); `output` may be `gate`. */
export function swiglu(
  gate: usize, up: usize, output: usize, columns: i32, tokens: i32, first: i32, end: i32,
): void {
  for (let t = 0; t < tokens; t++) {
    const row = <usize>t * (<usize>columns << 2);
    let at = row + (<usize>first << 2);
    const wholeEnd = row + (<usize>(first + ((end - first) & ~3)) << 2);
    for (; at < wholeEnd; at += 16) v128.store(output + at, silu4(v128.load(gate + at), v128.load(up + at)));
    for (const last = row + (<usize>end << 2); at < last; at += 4) {
      const one = silu4(f32x4.splat(f32.load(gate + at)), f32x4.splat(f32.load(up + at)));
      f32.store(output + at, f32x4.extract_lane(one, 0));
    }
  }
}

// @ts-ignore: decorator
@inline
function silu4(gate: v128, up: v128): v128 {
  const sigmoid = f32x4.add(f32x4.splat(1), exp4(f32x4.neg(gate)));
  return f32x4.mul(f32x4.div(gate, sigmoid), up);
}

/** target += input */
export function addInto(target: usize, input: usize, columns: i32, tokens: i32, first: i32, end: i32): void {
  for (let t = 0; t < tokens; t++) {
    const row = <usize>t * (<usize>columns << 2);
    let at = row + (<usize>first << 2);
    const wholeEnd = row + (<usize>(first + ((end - first) & ~3)) << 2);
    for (; at < wholeEnd; at += 16) v128.store(target + at, f32x4.add(v128.load(target + at), v128.load(input + at)));
    for (const last = row + (<usize>end << 2); at < last; at += 4) {
      f32.store(target + at, f32.load(target + at) + f32.load(input + at));
    }
  }
}

/** output[r] = input[r], a row of `columns` each. */
export function copyRows(input: usize, output: usize, columns: i32, rows: i32, first: i32, end: i32): void {
  const at = <usize>first << 2;
  const bytes = <usize>(end - first) << 2;
  for (let r = 0; r < rows; r++) {
    const row = <usize>r * (<usize>columns << 2) + at;
    memory.copy(output + row, input + row, bytes);
  }
}
