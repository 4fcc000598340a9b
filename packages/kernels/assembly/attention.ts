/**
 * Grouped-query attention that streams over the cache with an online softmax (arXiv 1805.02867), never a whole row of
 * scores. All query heads of a group share each read of a key or value.
 *
 * Positions are taken in tiles of 32 and segments of 256, both counted from position 0. A segment starts from nothing
 * and its result (maximum, sum of weights, weighted values) is merged into the total, in order. So the value of a token
 * does not depend on how tokens were cut into chunks, nor on which thread took which segment; in decode, threads share
 * the segments of a head.
 */
import {
  AttentionShape, firstSeen, MAXIMUM, numbersOf, QUERIES, SEGMENT, sumsOf, TILE, TOTAL, totalsOf, WEIGHT,
} from './attention-space';
import { attendTile } from './attention-tile';
import { exp1 } from './exp';

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
