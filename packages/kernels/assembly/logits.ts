/** What sampling needs of a row of logits. */

/** Index of the highest of `count` logits, the lowest among equals; NaN never wins. -1 where all are NaN. */
export function argmax(logits: usize, count: i32): i32 {
  let best: f32 = -Infinity;
  const wholeEnd = logits + (<usize>(count & ~7) << 2);
  let a = f32x4.splat(-Infinity), b = a;
  let at = logits;
  // pmax takes its first operand unless the second is larger: a NaN in the second is passed over.
  for (; at < wholeEnd; at += 32) {
    a = f32x4.pmax(a, v128.load(at, 0));
    b = f32x4.pmax(b, v128.load(at, 16));
  }
  a = f32x4.pmax(a, b);
  best = max(max(f32x4.extract_lane(a, 0), f32x4.extract_lane(a, 1)), max(f32x4.extract_lane(a, 2), f32x4.extract_lane(a, 3)));
  for (const end = logits + (<usize>count << 2); at < end; at += 4) if (f32.load(at) > best) best = f32.load(at);
  for (let i = 0; i < count; i++) if (f32.load(logits + (<usize>i << 2)) == best) return i;
  return -1;
}
