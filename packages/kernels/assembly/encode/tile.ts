/**
 * A tile of a conversion, eight rows at a time: widen, encode, measure, while the rows are near. The bytes are those of
 * `encodedTile` and `interleaveRows` of `@mirust/quant`, the sums those of its `measureTile`.
 */
import { decodeRow } from '../decode';
import { panelBytes } from '../panels';
import {
  KIND_BF16, KIND_F16, KIND_F32, KIND_NIBBLE_F16, KIND_NIBBLE_F32, KIND_Q4_ROWS_F16, KIND_Q4_ROWS_F32, KIND_Q8_F16,
  KIND_Q8_F32, KIND_Q8_ROWS_F16, KIND_Q8_ROWS_F32,
} from '../table';
import { encodeBf16, encodeF16, encodeF32 } from './floats';
import { measureFloats, measureScaled, SUMS_BYTES } from './measure';
import { decodePair } from './pairs';
import { encodeQ4Panel, encodeQ4Rows } from './q4';
import { encodeQ8Panel, encodeQ8Rows } from './q8';

/** Values per scale of q4: other blocks have no kernel. */
const BLOCK: i32 = 32;

/** What f32 arithmetic may add to half a scale: `_bounds.ts` of `@mirust/quant`. */
const Q8_SLACK: f64 = 1.00006103515625;
const Q4_SLACK: f64 = 1.000003814697265625;

/** Bytes of a row with its scales apart, or of a whole panel. */
function unitBytes(kind: i32, columns: i32): usize {
  if (kind <= KIND_NIBBLE_F32) return panelBytes(kind, <usize>((columns + 31) & ~31));
  if (kind == KIND_F32) return <usize>columns << 2;
  if (kind == KIND_F16 || kind == KIND_BF16) return <usize>columns << 1;
  return kind <= KIND_Q8_ROWS_F16 ? <usize>columns : <usize>columns >> 1;
}

/** Whether scales are f16. */
function isHalf(kind: i32): bool {
  return kind == KIND_Q8_F16 || kind == KIND_NIBBLE_F16 || kind == KIND_Q8_ROWS_F16 || kind == KIND_Q4_ROWS_F16;
}

/** Bytes of all scales of a row that lie apart from it. */
function scaleBytes(kind: i32, columns: i32): usize {
  const width: usize = isHalf(kind) ? 2 : 4;
  if (kind == KIND_Q8_ROWS_F32 || kind == KIND_Q8_ROWS_F16) return width;
  return kind == KIND_Q4_ROWS_F32 || kind == KIND_Q4_ROWS_F16 ? <usize>(columns / BLOCK) * width : 0;
}

/** Bytes of scratch that {@link convertTile} needs: eight rows before, two pairs of rows after, sums nobody asks for. */
export function tileScratchBytes(columns: i32): usize {
  const rowBytes = <usize>columns << 2;
  return 8 * rowBytes + 2 * pairBytes(rowBytes) + SUMS_BYTES;
}

/** Bytes of two rows with a last vector that may be too long, whole vectors. */
// @ts-ignore: decorator
@inline
function pairBytes(rowBytes: usize): usize {
  return (2 * rowBytes + 47) & ~15;
}

/**
 * Converts a tile. False where a value is not finite, or beyond the type, or passes its bound: then what was written is
 * void, and the definition, which runs again, says what is wrong.
 *
 * @param sourceKind any storage type, `sourceRowBytes`, `sourceScales` and `sourceBlock` as `decodeRow` has them
 * @param kind our types of either layout and the plain floats: what becomes of the rows
 * @param payload room for the stored rows, or panels; `scales` room for what lies apart
 * @param scratch {@link tileScratchBytes}
 * @param sums f64 [rows, 7]
 */
export function convertTile(
  sourceKind: i32, source: usize, sourceRowBytes: usize, sourceScales: usize, sourceBlock: i32,
  kind: i32, rows: i32, columns: i32, payload: usize, scales: usize, scratch: usize, sums: usize,
): bool {
  const rowBytes = <usize>columns << 2;
  const unit = unitBytes(kind, columns), apart = scaleBytes(kind, columns);
  const pairs = scratch + 8 * rowBytes;
  const work = pairs + pairBytes(rowBytes);
  const unwanted = work + pairBytes(rowBytes);
  for (let row = 0; row < rows; row += 8) {
    const count = min(8, rows - row);
    let x = scratch;
    if (sourceKind == KIND_F32) {
      x = source + <usize>row * rowBytes;
    } else {
      for (let i = 0; i < count; i++) {
        decodeRow(sourceKind, source, row + i, columns, sourceRowBytes, sourceScales, sourceBlock, x + <usize>i * rowBytes);
      }
    }
    if (!encodeRows(kind, x, count, columns, payload, scales, work)) return false;
    for (let i = 0; i < count; i += 2, sums += 2 * SUMS_BYTES) {
      const isAlone = i + 1 == count;
      decodePair(kind, payload, i, isAlone, columns, unit, scales, BLOCK, pairs, work);
      const second = isAlone ? unwanted : sums + SUMS_BYTES;
      if (!measurePair(kind, x, i, isAlone, columns, pairs, payload, scales, apart, sums, second)) return false;
    }
    payload += kind <= KIND_NIBBLE_F32 ? unit : 8 * unit;
    scales += 8 * apart;
  }
  return true;
}

/** Encodes up to eight rows. `work`: room for two rows. */
function encodeRows(kind: i32, x: usize, count: i32, columns: i32, payload: usize, scales: usize, work: usize): bool {
  switch (kind) {
    case KIND_Q8_F32:
    case KIND_Q8_F16: return encodeQ8Panel(x, count, columns, isHalf(kind), payload, work);
    case KIND_NIBBLE_F32:
    case KIND_NIBBLE_F16: return encodeQ4Panel(x, count, columns / BLOCK, isHalf(kind), payload, work);
    case KIND_Q8_ROWS_F32:
    case KIND_Q8_ROWS_F16: return encodeQ8Rows(x, count, columns, isHalf(kind), payload, scales);
    case KIND_Q4_ROWS_F32:
    case KIND_Q4_ROWS_F16: return encodeQ4Rows(x, count, columns / BLOCK, isHalf(kind), payload, scales, work);
    case KIND_F32: return encodeF32(x, count * columns, payload);
    case KIND_F16: return encodeF16(x, count * columns, payload);
    case KIND_BF16: return encodeBf16(x, count * columns, payload);
  }
  return false;
}

/** Measures row `i` of up to eight and the next one, whose scales begin at `payload` (a panel) or at `scales`. */
function measurePair(
  kind: i32, x: usize, i: i32, isAlone: bool, columns: i32, y: usize, payload: usize, scales: usize, apart: usize,
  sums0: usize, sums1: usize,
): bool {
  const rowBytes = <usize>columns << 2;
  const x0 = x + <usize>i * rowBytes, x1 = isAlone ? x0 : x0 + rowBytes;
  if (kind == KIND_F32) return measureFloats(x0, x1, y, columns, 0, 0, sums0, sums1);
  // 2^-11 and 2^-25, 2^-8 and 2^-134.
  if (kind == KIND_F16) return measureFloats(x0, x1, y, columns, 4.8828125e-4, 2.98023223876953125e-8, sums0, sums1);
  if (kind == KIND_BF16) return measureFloats(x0, x1, y, columns, 3.90625e-3, 4.591774807899561e-41, sums0, sums1);
  const half = isHalf(kind);
  const width: usize = half ? 2 : 4;
  const isQ8 = kind == KIND_Q8_F32 || kind == KIND_Q8_F16 || kind == KIND_Q8_ROWS_F32 || kind == KIND_Q8_ROWS_F16;
  const isPanel = kind <= KIND_NIBBLE_F32;
  const step = isPanel ? width : apart;
  const s0 = (isPanel ? payload : scales) + <usize>i * step, s1 = isAlone ? s0 : s0 + step;
  const block = isQ8 ? columns : BLOCK;
  const next: usize = isPanel ? 8 * width + 128 : width;
  return measureScaled(x0, x1, y, columns, block, s0, s1, next, half, isQ8 ? Q8_SLACK : Q4_SLACK, sums0, sums1);
}
