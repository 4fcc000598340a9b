/** One tile of positions for some rows: scores, their softmax weights, weighted values. */
import { AttentionShape, firstSeen, MAXIMUM, numbersOf, QUERIES, sumsOf, TILE, vectorsOf, WEIGHT } from './attention-space';
import { exp1, exp4 } from './exp';
import { loadVectors } from './kv-cache';
import { madd, sumLanes } from './simd';
import { KV_F16, KV_F32 } from './table';

/** Positions [from, last] of the tile that begins at `tile`. */
export function attendTile(
  shape: AttentionShape, kvHead: i32, tile: i32, from: i32, last: i32, position: i32, firstRow: i32, rows: i32, padded: i32,
  workspace: usize,
): void {
  const isDecode = rows <= shape.group;
  const infinity = f32x4.splat(-Infinity);
  for (let at = workspace, end = workspace + <usize>rows * 128; at < end; at += 16) v128.store(at, infinity);
  // A ring may wrap within the tile: then it is two runs of slots.
  for (let at = from; at <= last; ) {
    const slot = at % shape.capacity;
    const count = min(last - at + 1, shape.capacity - slot);
    const keys = vectorRun(shape, shape.keys, shape.keyScales, kvHead, slot, count, padded, isDecode, workspace);
    scoreRun(keys, count, rows, padded, workspace + (<usize>(at - tile) << 2), workspace + QUERIES);
    at += count;
  }
  for (let r = 0; r < rows; r++) {
    const own = position + (firstRow + r) / shape.group;
    weighRow(r, firstSeen(shape, own) - tile, own - tile, padded, workspace);
  }
  for (let at = from; at <= last; ) {
    const slot = at % shape.capacity;
    const count = min(last - at + 1, shape.capacity - slot);
    const values = vectorRun(shape, shape.values, shape.valueScales, kvHead, slot, count, padded, isDecode, workspace);
    addRun(values, count, rows, padded, workspace + (<usize>(at - tile) << 2), sumsOf(workspace, padded));
    at += count;
  }
}

/**
 * Address of `count` vectors as f32 rows of `padded` values: in the cache itself where they lie so. `isDecode`: they are
 * fetched first, because few rows do too little with a cache line for the next miss to begin before the last one ends.
 */
function vectorRun(
  shape: AttentionShape, payload: usize, scales: usize, kvHead: i32, slot: i32, count: i32, padded: i32, isDecode: bool,
  workspace: usize,
): usize {
  const head = <usize>kvHead * <usize>shape.capacity;
  const size: usize = shape.kind == KV_F32 ? 4 : shape.kind == KV_F16 ? 2 : 1;
  const vectorBytes = <usize>shape.headDim * size;
  const base = payload + head * vectorBytes;
  const first = base + <usize>slot * vectorBytes;
  if (isDecode) touch(first, first + <usize>count * vectorBytes);
  if (shape.kind == KV_F32 && padded == shape.headDim) return first;
  const target = vectorsOf(workspace, padded);
  loadVectors(shape.kind, base, scales + (head << 2), slot, count, shape.headDim, padded, target);
  return target;
}

/**
 * Reads a byte of every cache line, so that all are on their way at once: a seventh less of decode's attention on a Zen 3.
 * An engine keeps loads whose result nobody uses, because they may trap.
 */
function touch(at: usize, end: usize): void {
  for (; at < end; at += 64) load<u8>(at);
}

/** scores[r][p] = query[r] · keys[p]: two rows × four positions at a time. Every sum is ((0 + 2) + (1 + 3)) of lanes. */
function scoreRun(keys: usize, count: i32, rows: i32, padded: i32, scores: usize, queries: usize): void {
  const bytes = <usize>padded << 2;
  let p = 0;
  for (; p + 3 < count; p += 4, keys += 4 * bytes) {
    let r = 0;
    for (; r + 1 < rows; r += 2) {
      const q = queries + <usize>r * bytes;
      let a = f32x4.splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
      let k0 = keys, k1 = k0 + bytes, k2 = k1 + bytes, k3 = k2 + bytes;
      for (let at: usize = 0; at < bytes; at += 16) {
        const x = v128.load(q + at), y = v128.load(q + bytes + at);
        let k = v128.load(k0 + at);
        a = madd(x, k, a); e = madd(y, k, e);
        k = v128.load(k1 + at);
        b = madd(x, k, b); f = madd(y, k, f);
        k = v128.load(k2 + at);
        c = madd(x, k, c); g = madd(y, k, g);
        k = v128.load(k3 + at);
        d = madd(x, k, d); h = madd(y, k, h);
      }
      const to = scores + (<usize>(r * TILE + p) << 2);
      v128.store(to, sumFour(a, b, c, d), 0);
      v128.store(to, sumFour(e, f, g, h), 128);
    }
    if (r < rows) {
      const q = queries + <usize>r * bytes;
      let a = f32x4.splat(0), b = a, c = a, d = a;
      for (let at: usize = 0; at < bytes; at += 16) {
        const x = v128.load(q + at);
        a = madd(x, v128.load(keys + at), a);
        b = madd(x, v128.load(keys + bytes + at), b);
        c = madd(x, v128.load(keys + 2 * bytes + at), c);
        d = madd(x, v128.load(keys + 3 * bytes + at), d);
      }
      v128.store(scores + (<usize>(r * TILE + p) << 2), sumFour(a, b, c, d));
    }
  }
  for (; p < count; p++, keys += bytes) {
    for (let r = 0; r < rows; r++) {
      const q = queries + <usize>r * bytes;
      let a = f32x4.splat(0);
      for (let at: usize = 0; at < bytes; at += 16) a = madd(v128.load(q + at), v128.load(keys + at), a);
      f32.store(scores + (<usize>(r * TILE + p) << 2), sumLanes(a));
    }
  }
}

/** The lane sums of four vectors, each in the order of `sumLanes`. */
// @ts-ignore: decorator
@inline
function sumFour(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<i32>(a, b, 0, 1, 4, 5), v128.shuffle<i32>(a, b, 2, 3, 6, 7));
  const cd = f32x4.add(v128.shuffle<i32>(c, d, 0, 1, 4, 5), v128.shuffle<i32>(c, d, 2, 3, 6, 7));
  return f32x4.add(v128.shuffle<i32>(ab, cd, 0, 2, 4, 6), v128.shuffle<i32>(ab, cd, 1, 3, 5, 7));
}

/** Scores of a row to weights e^(score - maximum); those outside [first, last] of the tile weigh nothing. */
function weighRow(row: i32, first: i32, last: i32, padded: i32, workspace: usize): void {
  const scores = workspace + (<usize>(row * TILE) << 2);
  for (let p = 0; p < min(first, TILE); p++) f32.store(scores + (<usize>p << 2), -Infinity);
  for (let p = max(last + 1, 0); p < TILE; p++) f32.store(scores + (<usize>p << 2), -Infinity);
  let m = v128.load(scores);
  for (let at: usize = 16; at < 128; at += 16) m = f32x4.max(m, v128.load(scores + at));
  m = f32x4.max(m, v128.shuffle<i32>(m, m, 2, 3, 0, 1));
  const highest = max(f32x4.extract_lane(m, 0), f32x4.extract_lane(m, 1));
  const numbers = numbersOf(workspace, row);
  const old = f32.load(numbers, MAXIMUM);
  const maximum = max(old, highest);
  if (maximum == -Infinity) {
    // The row sees none of these positions.
    memory.fill(scores, 0, 128);
    return;
  }
  const base = f32x4.splat(maximum);
  let sum = f32x4.splat(0);
  for (let at = scores; at < scores + 128; at += 16) {
    const weight = exp4(f32x4.sub(v128.load(at), base));
    v128.store(at, weight);
    sum = f32x4.add(sum, weight);
  }
  if (old == maximum) {
    f32.store(numbers, f32.load(numbers, WEIGHT) + sumLanes(sum), WEIGHT);
    return;
  }
  // A new maximum: what was summed so far shrinks.
  const shrink = exp1(old - maximum);
  f32.store(numbers, maximum, MAXIMUM);
  f32.store(numbers, f32.load(numbers, WEIGHT) * shrink + sumLanes(sum), WEIGHT);
  const factor = f32x4.splat(shrink);
  const sums = sumsOf(workspace, padded) + <usize>row * (<usize>padded << 2);
  for (let at = sums; at < sums + (<usize>padded << 2); at += 16) v128.store(at, f32x4.mul(v128.load(at), factor));
}

/** sums[r] += Σ_p weights[r][p] · values[p], positions in order; two rows share each read of a value. */
function addRun(values: usize, count: i32, rows: i32, padded: i32, weights: usize, sums: usize): void {
  const bytes = <usize>padded << 2;
  const span = <usize>count << 2;
  let r = 0;
  for (; r + 1 < rows; r += 2) {
    const w = weights + (<usize>(r * TILE) << 2);
    const s = sums + <usize>r * bytes;
    let at: usize = 0;
    for (; at + 64 <= bytes; at += 64) addFourColumns(values + at, bytes, w, span, s + at, s + bytes + at);
    for (; at < bytes; at += 16) {
      addOneColumn(values + at, bytes, w, span, s + at);
      addOneColumn(values + at, bytes, w + TILE * 4, span, s + bytes + at);
    }
  }
  if (r < rows) {
    const w = weights + (<usize>(r * TILE) << 2);
    const s = sums + <usize>r * bytes;
    for (let at: usize = 0; at < bytes; at += 16) addOneColumn(values + at, bytes, w, span, s + at);
  }
}

/** Four vectors of two rows. */
// @ts-ignore: decorator
@inline
function addFourColumns(v: usize, stride: usize, w: usize, span: usize, first: usize, second: usize): void {
  let a = v128.load(first, 0), b = v128.load(first, 16), c = v128.load(first, 32), d = v128.load(first, 48);
  let e = v128.load(second, 0), f = v128.load(second, 16), g = v128.load(second, 32), h = v128.load(second, 48);
  for (const end = w + span; w < end; w += 4, v += stride) {
    const x = v128.load32_splat(w, 0), y = v128.load32_splat(w, 128);
    let value = v128.load(v, 0);
    a = madd(x, value, a); e = madd(y, value, e);
    value = v128.load(v, 16);
    b = madd(x, value, b); f = madd(y, value, f);
    value = v128.load(v, 32);
    c = madd(x, value, c); g = madd(y, value, g);
    value = v128.load(v, 48);
    d = madd(x, value, d); h = madd(y, value, h);
  }
  v128.store(first, a, 0); v128.store(first, b, 16); v128.store(first, c, 32); v128.store(first, d, 48);
  v128.store(second, e, 0); v128.store(second, f, 16); v128.store(second, g, 32); v128.store(second, h, 48);
}

/** One vector of one row. */
// @ts-ignore: decorator
@inline
function addOneColumn(v: usize, stride: usize, w: usize, span: usize, sum: usize): void {
  let a = v128.load(sum);
  for (const end = w + span; w < end; w += 4, v += stride) a = madd(v128.load32_splat(w), v128.load(v), a);
  v128.store(sum, a);
}
