/** What attention is told about a layer, and how a thread's workspace is divided for it. */

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
export const QUERIES: usize = 2304;
/** Maximum and weight of a segment, at their place in a row's four numbers; the total's stand 8 bytes behind. */
export const MAXIMUM: usize = 0;
export const WEIGHT: usize = 4;
export const TOTAL: usize = 8;

// @ts-ignore: decorator
@inline
export function numbersOf(workspace: usize, row: i32): usize {
  return workspace + NUMBERS + (<usize>row << 4);
}

// @ts-ignore: decorator
@inline
export function sumsOf(workspace: usize, padded: i32): usize {
  return workspace + QUERIES + <usize>ROWS * (<usize>padded << 2);
}

// @ts-ignore: decorator
@inline
export function totalsOf(workspace: usize, padded: i32): usize {
  return workspace + QUERIES + 2 * <usize>ROWS * (<usize>padded << 2);
}

// @ts-ignore: decorator
@inline
export function vectorsOf(workspace: usize, padded: i32): usize {
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
export function firstSeen(shape: AttentionShape, position: i32): i32 {
  return shape.window == 0 ? 0 : max(0, position - shape.window + 1);
}
