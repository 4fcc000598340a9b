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

/**
 * Indices of the `k` highest of `count` logits, in no order, as a heap whose root is the worst of them; the lower index
 * is the better one among equals, NaN is passed over. Gives how many there are: fewer than `k` only where NaN left fewer.
 *
 * @param heap u32 [k]
 */
export function topK(logits: usize, count: i32, k: i32, heap: usize): i32 {
  let size = 0;
  let i = 0;
  for (; i < count && size < k; i++) {
    if (isNaN(valueAt(logits, i))) continue;
    store<i32>(heap + (<usize>size << 2), i);
    siftUp(logits, heap, size++);
  }
  if (size < k) return size;
  let worst = valueAt(logits, load<i32>(heap));
  while (i < count) {
    // Four at a time: most are below the worst that is kept. Equal ones have a higher index, so they are worse.
    if (i + 4 <= count && !v128.any_true(f32x4.gt(v128.load(logits + (<usize>i << 2)), f32x4.splat(worst)))) {
      i += 4;
      continue;
    }
    if (valueAt(logits, i) > worst) {
      store<i32>(heap, i);
      siftDown(logits, heap, size);
      worst = valueAt(logits, load<i32>(heap));
    }
    i++;
  }
  return size;
}

// @ts-ignore: decorator
@inline
function valueAt(logits: usize, index: i32): f32 {
  return f32.load(logits + (<usize>index << 2));
}

/** Whether the logit of index `a` is worse than that of `b`. */
// @ts-ignore: decorator
@inline
function isWorse(logits: usize, a: i32, b: i32): bool {
  const x = valueAt(logits, a), y = valueAt(logits, b);
  return x < y || (x == y && a > b);
}

function swap(heap: usize, a: i32, b: i32): void {
  const x = load<i32>(heap + (<usize>a << 2));
  store<i32>(heap + (<usize>a << 2), load<i32>(heap + (<usize>b << 2)));
  store<i32>(heap + (<usize>b << 2), x);
}

function siftUp(logits: usize, heap: usize, at: i32): void {
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isWorse(logits, load<i32>(heap + (<usize>at << 2)), load<i32>(heap + (<usize>parent << 2)))) return;
    swap(heap, at, parent);
    at = parent;
  }
}

function siftDown(logits: usize, heap: usize, size: i32): void {
  let at = 0;
  for (;;) {
    let worst = at;
    for (let child = 2 * at + 1; child <= 2 * at + 2 && child < size; child++) {
      if (isWorse(logits, load<i32>(heap + (<usize>child << 2)), load<i32>(heap + (<usize>worst << 2)))) worst = child;
    }
    if (worst == at) return;
    swap(heap, at, worst);
    at = worst;
  }
}
