/**
 * Grouped-query attention that streams over the cache with an online softmax (arXiv 1805.02867), never a whole row of
 * scores. All query heads of a group share each read of a key or value.
 *
 * Positions are taken in tiles of 32 and segments of 256, both counted from position 0. A segment starts from nothing
 * and its result (maximum, sum of weights, weighted values) is merged into the total, in order. So the value of a token
 * does not depend on how tokens were cut into chunks, nor on which thread took which segment; in decode, threads share
 * the segments of a head.
 */
import { exp1, exp4 } from './exp';
import { loadVectors } from './kv-cache';
import { madd, sumLanes } from './simd';
import { KV_F16, KV_F32 } from './table';

/** Positions of a tile. */
export const TILE: i32 = 32;
/** Positions of a segment. */
export const SEGMENT: i32 = 256;
/** Rows (a query head of a token) that one pass over the cache serves. */
export const ROWS: i32 = 16;

/**
 * Workspace of one thread for vectors of `padded` values:
 *
 * ```
 * scores f32 [ROWS][TILE]    numbers f32 [ROWS][4]: maximum and weight of a segment, then of the total
 * queries, sums of a segment, totals: f32 [ROWS][padded] each    vectors f32 [TILE][padded]: keys or values as f32
 * ```
 */
export function attentionWorkspaceBytes(padded: usize): usize {
  return QUERIES + <usize>ROWS * padded * 12 + <usize>TILE * padded * 4;
}

const NUMBERS: usize = 2048;
const QUERIES: usize = 2304;
/** Maximum and weight of a segment, at their place in a row's four numbers; the total's stand 8 bytes behind. */
const MAXIMUM: usize = 0;
const WEIGHT: usize = 4;
const TOTAL: usize = 8;

// @ts-ignore: decorator
@inline
function numbersOf(workspace: usize, row: i32): usize {
  return workspace + NUMBERS + (<usize>row << 4);
}

// @ts-ignore: decorator
@inline
function sumsOf(workspace: usize, padded: i32): usize {
  return workspace + QUERIES + <usize>ROWS * (<usize>padded << 2);
}

// @ts-ignore: decorator
@inline
function totalsOf(workspace: usize, padded: i32): usize {
  return workspace + QUERIES + 2 * <usize>ROWS * (<usize>padded << 2);
}

// @ts-ignore: decorator
@inline
function vectorsOf(workspace: usize, padded: i32): usize {
  return workspace + QUERIES + 3 * <usize>ROWS * (<usize>padded << 2);
}

/** Everything that attention of one layer needs to know, as the operation table holds it. */
@unmanaged
export class AttentionShape {
  kind: i32;
  headDim: i32;
  kvHeads: i32;
  /** Query heads per key/value head. */
  group: i32;
  capacity: i32;
  /** Positions a token may look back, itself included; 0: all. */
  window: i32;
  keys: usize;
  keyScales: usize;
  values: usize;
  valueScales: usize;
  scale: f32;
}

/** First position that the token at `position` sees. */
// @ts-ignore: decorator
@inline
function firstSeen(shape: AttentionShape, position: i32): i32 {
  return shape.window == 0 ? 0 : max(0, position - shape.window + 1);
}

/** Bytes of one partial result in decode: values, then maximum and sum. */
// @ts-ignore: decorator
@inline
export function partialBytes(padded: usize): usize {
  return (padded + 4) << 2;
}

/**
 * output = softmax(query · keys · scale) · values for rows of one key/value head. Row r is head r mod group of the
 * key/value head for token r / group.
 *
 * @param query, output f32 [tokens, headCount · headDim]
 * @param position position of the first token
 * @param rows at most ROWS
 */
export function attendRows(
  shape: AttentionShape, kvHead: i32, query: usize, output: usize, position: i32, firstRow: i32, rows: i32, workspace: usize,
): void {
  const padded = (shape.headDim + 3) & ~3;
  const rowBytes = <usize>padded << 2;
  gatherQueries(shape, kvHead, query, firstRow, rows, padded, workspace);
  const totals = totalsOf(workspace, padded);
  const sums = sumsOf(workspace, padded);
  memory.fill(totals, 0, <usize>rows * rowBytes);
  for (let r = 0; r < rows; r++) {
    f32.store(numbersOf(workspace, r), -Infinity, TOTAL + MAXIMUM);
    f32.store(numbersOf(workspace, r), 0, TOTAL + WEIGHT);
  }
  const first = firstSeen(shape, position + firstRow / shape.group);
  const last = position + (firstRow + rows - 1) / shape.group;
  for (let segment = first / SEGMENT; segment <= last / SEGMENT; segment++) {
    attendSegment(shape, kvHead, segment, position, firstRow, rows, workspace);
    for (let r = 0; r < rows; r++) {
      const numbers = numbersOf(workspace, r);
      const row = <usize>r * rowBytes;
      mergeInto(totals + row, numbers + TOTAL, sums + row, f32.load(numbers, MAXIMUM), f32.load(numbers, WEIGHT), padded);
    }
  }
  for (let r = 0; r < rows; r++) {
    const weight = f32.load(numbersOf(workspace, r), TOTAL + WEIGHT);
    writeResult(totals + <usize>r * rowBytes, weight, output + rowOffset(shape, kvHead, firstRow + r), 0, shape.headDim);
  }
}

/** One segment of one key/value head for rows of one token: their partial results, f32 [rows][padded + 4]. */
export function attendPartial(
  shape: AttentionShape, kvHead: i32, segment: i32, query: usize, position: i32, firstRow: i32, rows: i32,
  partials: usize, workspace: usize,
): void {
  const padded = (shape.headDim + 3) & ~3;
  const rowBytes = <usize>padded << 2;
  gatherQueries(shape, kvHead, query, firstRow, rows, padded, workspace);
  attendSegment(shape, kvHead, segment, position, firstRow, rows, workspace);
  const sums = sumsOf(workspace, padded);
  for (let r = 0; r < rows; r++, partials += partialBytes(<usize>padded)) {
    memory.copy(partials, sums + <usize>r * rowBytes, rowBytes);
    v128.store(partials + rowBytes, v128.load(numbersOf(workspace, r)));
  }
}

/** Byte offset of a row in [tokens, headCount · headDim]. */
// @ts-ignore: decorator
@inline
function rowOffset(shape: AttentionShape, kvHead: i32, row: i32): usize {
  const token = row / shape.group;
  const head = kvHead * shape.group + (row - token * shape.group);
  return <usize>((token * shape.kvHeads * shape.group + head) * shape.headDim) << 2;
}

/** Copies the rows' queries, times the scale of the scores, zeros behind headDim. */
function gatherQueries(
  shape: AttentionShape, kvHead: i32, query: usize, firstRow: i32, rows: i32, padded: i32, workspace: usize,
): void {
  let to = workspace + QUERIES;
  for (let r = 0; r < rows; r++, to += <usize>padded << 2) {
    const from = query + rowOffset(shape, kvHead, firstRow + r);
    for (let d = 0; d < padded; d++) {
      const at = <usize>d << 2;
      f32.store(to + at, d < shape.headDim ? f32.load(from + at) * shape.scale : 0);
    }
  }
}

/** Starts every row anew and runs over the positions of a segment that any row sees. */
function attendSegment(
  shape: AttentionShape, kvHead: i32, segment: i32, position: i32, firstRow: i32, rows: i32, workspace: usize,
): void {
  const padded = (shape.headDim + 3) & ~3;
  const sums = sumsOf(workspace, padded);
  memory.fill(sums, 0, <usize>rows * (<usize>padded << 2));
  for (let r = 0; r < rows; r++) {
    f32.store(numbersOf(workspace, r), -Infinity, MAXIMUM);
    f32.store(numbersOf(workspace, r), 0, WEIGHT);
  }
  const start = segment * SEGMENT;
  const last = min(start + SEGMENT - 1, position + (firstRow + rows - 1) / shape.group);
  const seen = firstSeen(shape, position + firstRow / shape.group);
  // Whole tiles, so that a row's sums never depend on what other rows see.
  for (let at = max(start, seen & ~(TILE - 1)); at <= last; at += TILE) {
    attendTile(shape, kvHead, at, max(at, seen), min(at + TILE - 1, last), position, firstRow, rows, padded, workspace);
  }
}

/** Positions [from, last] of the tile that begins at `tile`. */
function attendTile(
  shape: AttentionShape, kvHead: i32, tile: i32, from: i32, last: i32, position: i32, firstRow: i32, rows: i32, padded: i32,
  workspace: usize,
): void {
  const infinity = f32x4.splat(-Infinity);
  for (let at = workspace, end = workspace + <usize>rows * 128; at < end; at += 16) v128.store(at, infinity);
  // A ring may wrap within the tile: then it is two runs of slots.
  for (let at = from; at <= last; ) {
    const slot = at % shape.capacity;
    const count = min(last - at + 1, shape.capacity - slot);
    const keys = vectorRun(shape, shape.keys, shape.keyScales, kvHead, slot, count, padded, workspace);
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
    const values = vectorRun(shape, shape.values, shape.valueScales, kvHead, slot, count, padded, workspace);
    addRun(values, count, rows, padded, workspace + (<usize>(at - tile) << 2), sumsOf(workspace, padded));
    at += count;
  }
}

/** Address of `count` vectors as f32 rows of `padded` values: in the cache itself where they lie so. */
function vectorRun(
  shape: AttentionShape, payload: usize, scales: usize, kvHead: i32, slot: i32, count: i32, padded: i32, workspace: usize,
): usize {
  const head = <usize>kvHead * <usize>shape.capacity;
  const size: usize = shape.kind == KV_F32 ? 4 : shape.kind == KV_F16 ? 2 : 1;
  const base = payload + head * <usize>shape.headDim * size;
  if (shape.kind == KV_F32 && padded == shape.headDim) return base + <usize>slot * (<usize>padded << 2);
  const target = vectorsOf(workspace, padded);
  loadVectors(shape.kind, base, scales + (head << 2), slot, count, shape.headDim, padded, target);
  return target;
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

/**
 * Merges the partial results of one token for columns [first, end) of the output.
 *
 * @param partials f32 [kvHeads][segments][group][padded + 4]
 * @param segments how many there are room for per head
 * @param workspace at least headDim + 8 values
 */
export function mergePartials(
  shape: AttentionShape, partials: usize, segments: i32, position: i32, output: usize, first: i32, end: i32, workspace: usize,
): void {
  const headDim = shape.headDim;
  const padded = (headDim + 3) & ~3;
  const bytes = partialBytes(<usize>padded);
  const firstSegment = firstSeen(shape, position) / SEGMENT;
  const lastSegment = position / SEGMENT;
  const numbers = workspace;
  const total = workspace + 16;
  for (let head = first / headDim; head * headDim < end; head++) {
    const kvHead = head / shape.group;
    memory.fill(total, 0, <usize>padded << 2);
    f32.store(numbers, -Infinity, MAXIMUM);
    f32.store(numbers, 0, WEIGHT);
    for (let segment = firstSegment; segment <= lastSegment; segment++) {
      const index = (kvHead * segments + segment - firstSegment) * shape.group + (head - kvHead * shape.group);
      const at = partials + <usize>index * bytes;
      const own = at + (<usize>padded << 2);
      mergeInto(total, numbers, at, f32.load(own, MAXIMUM), f32.load(own, WEIGHT), padded);
    }
    const from = max(first - head * headDim, 0);
    const to = min(end - head * headDim, headDim);
    writeResult(total, f32.load(numbers, WEIGHT), output + (<usize>(head * headDim) << 2), from, to);
  }
}

/** total = total + part, both weighted by e^(their maximum - the common one). `numbers`: maximum and weight of the total. */
function mergeInto(total: usize, numbers: usize, part: usize, partMaximum: f32, partWeight: f32, padded: i32): void {
  // A segment in which the token sees nothing.
  if (partMaximum == -Infinity) return;
  const old = f32.load(numbers, MAXIMUM);
  const common = max(old, partMaximum);
  const keep = exp1(old - common);
  const take = exp1(partMaximum - common);
  f32.store(numbers, common, MAXIMUM);
  f32.store(numbers, f32.load(numbers, WEIGHT) * keep + partWeight * take, WEIGHT);
  const a = f32x4.splat(keep), b = f32x4.splat(take);
  for (const end = total + (<usize>padded << 2); total < end; total += 16, part += 16) {
    v128.store(total, f32x4.add(f32x4.mul(v128.load(total), a), f32x4.mul(v128.load(part), b)));
  }
}

function writeResult(total: usize, weight: f32, output: usize, from: i32, to: i32): void {
  for (let d = from; d < to; d++) {
    const at = <usize>d << 2;
    f32.store(output + at, f32.load(total + at) / weight);
  }
}
