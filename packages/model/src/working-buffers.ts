/** Bytes of working buffers, as the kernels lay them out; a test compares them with what the kernels say themselves. */
import { checkedMul } from '@mirust/core';
import type { Hyperparameters } from './hyperparameters.ts';
import type { LayoutOptions } from './layout-options.ts';
import type { LoweredBuffer } from './lowering.ts';

/** Tokens that a kernel of prefill computes at once. */
const TILE_TOKENS = 4;
/** Columns of a block of codes. */
const BLOCK_COLUMNS = 32;
/** Positions that attention takes in one go: see `assembly/attention-space.ts` of the kernels. */
const SEGMENT_POSITIONS = 256;
/** Rows, a query head of a token each, that one pass over the cache serves. */
const ATTENTION_ROWS = 16;
/** Positions of a tile of scores. */
const ATTENTION_TILE = 32;

/** Bytes of a working buffer under given options. Throws `OVERFLOW`. */
export function bufferBytes(buffer: LoweredBuffer, h: Hyperparameters, options: LayoutOptions): number {
  const rows = buffer.rows === 'chunk' ? options.chunk : buffer.rows === 'logits' ? options.logitsRows : 1;
  const what = `buffer ${buffer.name}`;
  if (buffer.dtype === 'codes') return codesBytes(rows, buffer.rowElements, what);
  if (buffer.dtype === 'partials') return partialsBytes(h, options, what);
  return checkedMul(rows, buffer.rowElements * 4, what);
}

/** Columns rounded up to whole blocks. */
export function paddedColumns(columns: number): number {
  return Math.ceil(columns / BLOCK_COLUMNS) * BLOCK_COLUMNS;
}

/** Codes of some rows: 3 bytes per value (one form for each kind of dot) and 8 per block; rows in tiles of 4, or one. */
function codesBytes(rows: number, columns: number, what: string): number {
  const padded = paddedColumns(columns);
  const rowBytes = 3 * padded + (padded / BLOCK_COLUMNS) * 8;
  return checkedMul(rows === 1 ? 1 : Math.ceil(rows / TILE_TOKENS) * TILE_TOKENS, rowBytes, what);
}

/** Segments that the positions which one token sees can touch. */
export function attentionSegments(h: Hyperparameters, context: number): number {
  const all = Math.ceil(context / SEGMENT_POSITIONS);
  if (h.slidingWindow === undefined) return all;
  // A window rarely begins where a segment does.
  return Math.min(all, Math.ceil(h.slidingWindow / SEGMENT_POSITIONS) + 1);
}

/** Pieces of attention in decode, f32 [kvHeads][segments][heads per kvHead][headDim padded to 4, + 4]. */
function partialsBytes(h: Hyperparameters, { context }: LayoutOptions, what: string): number {
  return checkedMul(h.headCount * attentionSegments(h, context), (paddedHead(h) + 4) * 4, what);
}

function paddedHead(h: Hyperparameters): number {
  return Math.ceil(h.headDim / 4) * 4;
}

/** What one thread needs for itself, at most: over all operations, for matrices of these row lengths. */
export function workspaceBytes(
  h: Hyperparameters,
  matrices: Iterable<{ readonly columns: number; readonly isInterleaved: boolean }>,
): number {
  const head = paddedHead(h);
  // Queries, sums and totals of the rows, their scores and numbers, a tile of keys or values.
  let most = ATTENTION_ROWS * (ATTENTION_TILE * 4 + 16 + head * 12) + ATTENTION_TILE * head * 4;
  for (const { columns, isInterleaved } of matrices) {
    const padded = paddedColumns(columns);
    // Sums of a tile, scales of a panel, its codes widened to 16 bits; or one decoded row.
    most = Math.max(most, isInterleaved ? 128 + 17 * padded : 4 * columns);
  }
  return Math.ceil(most / 64) * 64;
}
