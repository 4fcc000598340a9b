/**
 * Relaxed dots, tried out: their results are compared with the exact ones before any kernel is trusted, and a dot outside
 * their contract shows how the engine lowers them. (Node 20's baseline compiler drops the accumulator.)
 */
import { RELAXED } from './variant';

/**
 * Writes the 32-bit dot of the vectors at `a` and `b` plus the one at `c` to `out`, and the 16-bit dot behind it.
 * Build without relaxed SIMD: nothing.
 */
export function probeDots(a: usize, b: usize, c: usize, out: usize): void {
  if (RELAXED) {
    const x = v128.load(a), y = v128.load(b);
    v128.store(out, i32x4.relaxed_dot_i8x16_i7x16_add_s(x, y, v128.load(c)), 0);
    v128.store(out, i16x8.relaxed_dot_i8x16_i7x16_s(x, y), 16);
  }
}
