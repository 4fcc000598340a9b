/**
 * Activations to 8 bits, on the fly: part of the definition of a matrix product with quantized weights.
 *
 * ```
 * scale = amax / 127              amax: the largest magnitude of 32 neighbouring values of a row
 * q     = round(x · (1 / scale))  to nearest, ties to even; 0 where 1 / scale is not finite
 * ```
 * Every step is rounded to f32, as `quantizeActivations` of the reference does it, so both give the same codes.
 *
 * A row is laid down as the dot kernels read it, for tiles of TILE tokens (4; 1 in decode), one region per form:
 *
 * ```
 * bytes    i8  [columns / 4][TILE][4]        operand of the 4-bit dots
 * words    i16 [columns / 2][TILE][2]        operand of the 16-bit dots: decode reads them as [columns]
 * planes   i8  [columns / 32][2][8][TILE][4] max(q, 0), then max(-q, 0): both within 0..127. They take the words' place
 *                                            with a fused dot, and in decode with any 8-bit dot
 * scales   f32 [columns / 32][TILE]
 * offsets  i32 [columns / 32][TILE]          -8 · Σ q: what biased nibbles have too much
 * ```
 */
import { FUSED, RELAXED } from './variant';

/** Regions of one tile of activations, in bytes from its start. `columns` is a multiple of 32. */
// @ts-ignore: decorator
@inline
export function wordsOffset(columns: usize, tile: usize): usize {
  return columns * tile;
}

// @ts-ignore: decorator
@inline
export function scalesOffset(columns: usize, tile: usize): usize {
  return 3 * columns * tile;
}

// @ts-ignore: decorator
@inline
export function offsetsOffset(columns: usize, tile: usize): usize {
  return 3 * columns * tile + (columns >> 5) * 4 * tile;
}

/** Bytes of a tile: 3 per value and 8 per block of 32. */
// @ts-ignore: decorator
@inline
export function tileBytes(columns: usize, tile: usize): usize {
  return 3 * columns * tile + (columns >> 5) * 8 * tile;
}

// @ts-ignore: decorator
@inline
function code4(values: v128, inverse: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(values, inverse)));
}

/**
 * Quantizes one block of one token.
 *
 * @param x f32, `count` values (1 to 32); the rest of the block is taken to be 0
 * @param tile start of the token's tile
 * @param lane the token's place in its tile
 * @param block index of the block in the row
 * @param scratch 128 bytes of this thread
 */
function quantizeBlock(x: usize, count: i32, tile: usize, width: usize, lane: usize, columns: usize, block: usize, scratch: usize): void {
  let source = x;
  if (count < 32) {
    // A row's last block may be short: a zero-padded copy keeps the code below straight.
    source = scratch;
    memory.fill(scratch, 0, 128);
    memory.copy(scratch, x, <usize>count << 2);
  }
  const v0 = v128.load(source, 0), v1 = v128.load(source, 16), v2 = v128.load(source, 32), v3 = v128.load(source, 48);
  const v4 = v128.load(source, 64), v5 = v128.load(source, 80), v6 = v128.load(source, 96), v7 = v128.load(source, 112);
  let m = f32x4.max(
    f32x4.max(f32x4.max(f32x4.abs(v0), f32x4.abs(v1)), f32x4.max(f32x4.abs(v2), f32x4.abs(v3))),
    f32x4.max(f32x4.max(f32x4.abs(v4), f32x4.abs(v5)), f32x4.max(f32x4.abs(v6), f32x4.abs(v7))),
  );
  m = f32x4.max(m, v128.shuffle<i32>(m, m, 2, 3, 0, 1));
  const amax = max(f32x4.extract_lane(m, 0), f32x4.extract_lane(m, 1));
  const scale: f32 = amax / 127;
  let inverse: f32 = 1 / scale;
  // Zeros and values too small for a normal scale: all codes are 0. (NaN fails the comparison and stays.)
  if (inverse == Infinity) inverse = 0;
  const factor = f32x4.splat(inverse);
  const low = i8x16.narrow_i16x8_s(
    i16x8.narrow_i32x4_s(code4(v0, factor), code4(v1, factor)),
    i16x8.narrow_i32x4_s(code4(v2, factor), code4(v3, factor)),
  );
  const high = i8x16.narrow_i16x8_s(
    i16x8.narrow_i32x4_s(code4(v4, factor), code4(v5, factor)),
    i16x8.narrow_i32x4_s(code4(v6, factor), code4(v7, factor)),
  );
  const at = (block * width + lane) << 2;
  f32.store(tile + scalesOffset(columns, width) + at, scale);
  const pairs = i16x8.add(i16x8.extadd_pairwise_i8x16_s(low), i16x8.extadd_pairwise_i8x16_s(high));
  let sums = i32x4.extadd_pairwise_i16x8_s(pairs);
  sums = i32x4.add(sums, v128.shuffle<i32>(sums, sums, 2, 3, 0, 1));
  i32.store(tile + offsetsOffset(columns, width) + at, -8 * (i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1)));

  const stride = width << 2;
  const quad = tile + ((block * width) << 5) + (lane << 2);
  storeQuads(quad, stride, low, high);
  const wide = tile + wordsOffset(columns, width) + ((block * width) << 6) + (lane << 2);
  if (FUSED || (RELAXED && width == 1)) {
    const zero = i8x16.splat(0);
    storeQuads(wide, stride, i8x16.max_s(low, zero), i8x16.max_s(high, zero));
    storeQuads(wide + (stride << 3), stride, i8x16.max_s(i8x16.neg(low), zero), i8x16.max_s(i8x16.neg(high), zero));
  } else {
    storeQuads(wide, stride, i16x8.extend_low_i8x16_s(low), i16x8.extend_high_i8x16_s(low));
    storeQuads(wide + (stride << 3), stride, i16x8.extend_low_i8x16_s(high), i16x8.extend_high_i8x16_s(high));
  }
}

/** Eight 4-byte words, `stride` apart. */
// @ts-ignore: decorator
@inline
function storeQuads(at: usize, stride: usize, low: v128, high: v128): void {
  let p = at;
  v128.store_lane<i32>(p, low, 0);
  v128.store_lane<i32>((p += stride), low, 1);
  v128.store_lane<i32>((p += stride), low, 2);
  v128.store_lane<i32>((p += stride), low, 3);
  v128.store_lane<i32>((p += stride), high, 0);
  v128.store_lane<i32>((p += stride), high, 1);
  v128.store_lane<i32>((p += stride), high, 2);
  v128.store_lane<i32>((p += stride), high, 3);
}

/**
 * Quantizes blocks [firstBlock, endBlock) of all tokens.
 *
 * @param x f32 [tokens, rowElements]
 * @param codes tiles as described above, for `columns` = rowElements rounded up to 32
 * @param scratch 128 bytes of this thread
 */
export function quantizeRows(
  x: usize,
  rowElements: i32,
  tokens: i32,
  codes: usize,
  firstBlock: i32,
  endBlock: i32,
  scratch: usize,
): void {
  const columns = <usize>((rowElements + 31) & ~31);
  const width: usize = tokens == 1 ? 1 : 4;
  const bytes = tileBytes(columns, width);
  for (let t = 0; t < tokens; t++) {
    const tile = codes + (width == 1 ? 0 : (<usize>t >> 2) * bytes);
    const lane: usize = width == 1 ? 0 : <usize>t & 3;
    const row = x + <usize>t * (<usize>rowElements << 2);
    for (let block = firstBlock; block < endBlock; block++) {
      const column = block << 5;
      quantizeBlock(row + (<usize>column << 2), min(32, rowElements - column), tile, width, lane, columns, block, scratch);
    }
  }
}
