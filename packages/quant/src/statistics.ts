/**
 * What a conversion costs, per tensor. The digits do not depend on how the tensor was cut into tiles, nor on the order
 * in which workers finish them: sums are taken row by row, and the rows added up in order at the end.
 */
import { rowCount, rowLength, type Shape, sanitizeText, type TensorEncoding } from '@mirust/core';
import { floatBound, isClamped, q4Bound, q8Bound } from './_bounds.ts';
import { elementIndex } from './_finite.ts';
import { readScale, scaleView } from './_scales.ts';
import type { TilePlace } from './stored-tensor.ts';

/** Values of a tile before and after, and the scales it was stored with. */
export interface MeasuredTile {
  readonly original: Float32Array;
  readonly decoded: Float32Array;
  /** As in `EncodedTile`. */
  readonly scales: Uint8Array;
}

/** Sums of the rows of one tile: plain data that may be posted from a worker. */
export interface TileStatistics {
  readonly firstRow: number;
  /** [rows, {@link ROW_SUMS}] */
  readonly rows: Float64Array;
}

/** Numbers per row: largest error, largest share of a bound, clamped values, and four sums. */
const ROW_SUMS = 7;

/** Errors of a converted tensor against its f32 original. */
export interface ErrorStatistics {
  /** Values compared. */
  readonly count: number;
  readonly maxAbsoluteError: number;
  /** √(Σ (x - y)² / count) */
  readonly rmsError: number;
  /** √(Σ (x - y)² / Σ x²); 0 where both are 0. */
  readonly relativeRmsError: number;
  /** Σ x·y / √(Σ x² · Σ y²), at most 1. Two tensors of zeros count as equal: 1. One of them alone: 0. */
  readonly cosine: number;
  /** Largest share of its bound that an error took, from 0 to 1. Above 1 is impossible: the tile would have thrown. */
  readonly largestBoundShare: number;
  /** Values that q4 clamped, which its bound does not cover. */
  readonly clampedCount: number;
}

/**
 * Measures a tile and holds every value against its bound. Throws RangeError where the lengths do not fit together,
 * and Error, an internal one, where a value passes its bound: then a codec is wrong, and no file may be written.
 */
export function measureTile(
  encoding: TensorEncoding,
  rowElements: number,
  tile: MeasuredTile,
  place: TilePlace,
): TileStatistics {
  const { original, decoded } = tile;
  const count = original.length / rowElements;
  if (!Number.isSafeInteger(count) || decoded.length !== original.length) {
    throw new RangeError(`${original.length} and ${decoded.length} values are not the same rows of ${rowElements}`);
  }
  const rows = new Float64Array(count * ROW_SUMS);
  const scales = scaleView(tile.scales);
  for (let row = 0; row < count; row++) {
    measureRow(encoding, rowElements, tile, scales, row, place, rows.subarray(row * ROW_SUMS, (row + 1) * ROW_SUMS));
  }
  return { firstRow: place.firstRow, rows };
}

function measureRow(
  encoding: TensorEncoding,
  rowElements: number,
  { original, decoded }: MeasuredTile,
  scales: DataView,
  row: number,
  place: TilePlace,
  sums: Float64Array,
): void {
  const { dtype, scaleType } = encoding;
  const blockSize = dtype === 'q4' ? encoding.blockSize : rowElements;
  let largest = 0;
  let largestShare = 0;
  let clamped = 0;
  let errorSquares = 0;
  let originalSquares = 0;
  let decodedSquares = 0;
  let products = 0;
  for (let start = row * rowElements; start < (row + 1) * rowElements; start += blockSize) {
    const isScaled = dtype === 'q8' || dtype === 'q4';
    const scale = isScaled ? readScale(scales, start / blockSize, scaleType) : 0;
    const scaleBound = dtype === 'q8' ? q8Bound(scale) : q4Bound(scale);
    for (let index = start; index < start + blockSize; index++) {
      const x = original[index] as number;
      const y = decoded[index] as number;
      const error = Math.abs(x - y);
      const bound = isScaled ? scaleBound : floatBound(dtype, x);
      if (error > 0 || Number.isNaN(error)) {
        const share = error / bound;
        if (share <= 1) largestShare = Math.max(largestShare, share);
        else if (dtype === 'q4' && isClamped(x, y, scale)) clamped++;
        else throw boundPassed(encoding, x, y, bound, index, rowElements, place);
      }
      largest = Math.max(largest, error);
      errorSquares += error * error;
      originalSquares += x * x;
      decodedSquares += y * y;
      products += x * y;
    }
  }
  sums.set([largest, largestShare, clamped, errorSquares, originalSquares, decodedSquares, products]);
}

function boundPassed(
  { dtype }: TensorEncoding,
  x: number,
  y: number,
  bound: number,
  index: number,
  rowElements: number,
  place: TilePlace,
): Error {
  const element = elementIndex(index, rowElements, place);
  return new Error(
    `internal error: element ${element} of ${sanitizeText(place.tensor)} is ${x} and became ${y} in ${dtype}, ` +
      `which passes the bound of ${bound}`,
  );
}

/** Takes the tiles of one tensor in any order. */
export interface ErrorStatisticsCollector {
  /** Throws RangeError for a row that lies outside the tensor or is there already. */
  add(tile: TileStatistics): void;
  /** The statistics of the whole tensor. Throws RangeError while a row is missing. */
  finish(): ErrorStatistics;
}

/** Makes a collector for a tensor of this shape; it holds 56 bytes per row. */
export function createErrorStatistics(shape: Shape): ErrorStatisticsCollector {
  const count = rowCount(shape);
  const rowElements = rowLength(shape);
  const sums = new Float64Array(count * ROW_SUMS);
  const present = new Uint8Array(count);
  return {
    add({ firstRow, rows }) {
      const end = firstRow + rows.length / ROW_SUMS;
      if (!(firstRow >= 0 && end <= count) || present.subarray(firstRow, end).includes(1)) {
        throw new RangeError(`rows ${firstRow} to ${end - 1} of ${count} are not all missing`);
      }
      present.fill(1, firstRow, end);
      sums.set(rows, firstRow * ROW_SUMS);
    },
    finish() {
      const missing = present.indexOf(0);
      if (missing >= 0) throw new RangeError(`row ${missing} of ${count} was not measured`);
      return addUp(sums, count * rowElements);
    },
  };
}

function addUp(sums: Float64Array, count: number): ErrorStatistics {
  let maxAbsoluteError = 0;
  let largestBoundShare = 0;
  const totals = new Float64Array(ROW_SUMS);
  for (let at = 0; at < sums.length; at += ROW_SUMS) {
    maxAbsoluteError = Math.max(maxAbsoluteError, sums[at] as number);
    largestBoundShare = Math.max(largestBoundShare, sums[at + 1] as number);
    for (let k = 2; k < ROW_SUMS; k++) totals[k] = (totals[k] as number) + (sums[at + k] as number);
  }
  const [, , clampedCount = 0, errorSquares = 0, originalSquares = 0, decodedSquares = 0, products = 0] = totals;
  const norms = Math.sqrt(originalSquares) * Math.sqrt(decodedSquares);
  return {
    count,
    maxAbsoluteError,
    rmsError: Math.sqrt(errorSquares / count),
    relativeRmsError: errorSquares === 0 ? 0 : Math.sqrt(errorSquares / originalSquares),
    cosine: norms === 0 ? (originalSquares === decodedSquares ? 1 : 0) : Math.min(1, products / norms),
    largestBoundShare,
    clampedCount,
  };
}
