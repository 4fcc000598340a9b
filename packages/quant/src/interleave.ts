/**
 * Rows to panels and back, without loss: between the row-major and the interleaved form of an encoding (`panel.ts` of
 * core). Nothing is decoded; codes and scales change their places, q4's nibbles their order and bias.
 */
import {
  encodedSize,
  PANEL_ROWS,
  type PanelGeometry,
  panelCount,
  panelGeometry,
  rowMajorEncoding,
  type TensorEncoding,
} from '@mirust/core';
import { createWords, moveBlocks, moveQ4, moveQ8, type PanelMove, type PanelRows, type Words } from './_panel-moves.ts';
import type { EncodedTile } from './encode.ts';

/** Shape of a matrix, or of a run of its rows. */
export type MatrixShape = readonly [rows: number, columns: number];

/**
 * Lays rows down as panels; padding is zero. A tensor may be done in runs of rows that begin at multiples of 8, each
 * into the panels from `firstRow / 8` on. Throws RangeError for an encoding that has no interleaved form, and where
 * the lengths do not fit together.
 *
 * The payload of `rows` may lie at the very end of `panels`: panels are laid down from the front, and one is never smaller
 * than its rows, so none covers rows that come after it. So a matrix is interleaved where it is read to.
 *
 * @param encoding of either layout
 * @param shape [rows, columns] of the run
 * @param rows the run, row-major
 * @param panels ⌈rows / 8⌉ panels
 */
export function interleaveRows(
  encoding: TensorEncoding,
  shape: MatrixShape,
  rows: EncodedTile,
  panels: Uint8Array,
): void {
  const { geometry, move, panel, buffer, rowBytes, paddedBytes, scaleBytes } = prepare(encoding, shape, rows, panels);
  for (let index = 0; index < panelCount(shape[0]); index++) {
    const first = index * PANEL_ROWS;
    const count = Math.min(PANEL_ROWS, shape[0] - first);
    if (count < PANEL_ROWS) panel.bytes.fill(0);
    const payload = rows.payload.subarray(first * rowBytes, (first + count) * rowBytes);
    copyRows(payload, rowBytes, buffer.codes.bytes, paddedBytes, count);
    buffer.scales.bytes.set(rows.scales.subarray(first * scaleBytes, (first + count) * scaleBytes));
    move.put(buffer, panel, count, geometry);
    panels.set(panel.bytes, index * geometry.panelBytes);
  }
}

/**
 * The way back: `rows` gets what {@link interleaveRows} was given. Padding is not looked at. Throws as that does.
 *
 * @param encoding of either layout
 * @param shape [rows, columns] of the run
 * @param panels ⌈rows / 8⌉ panels
 * @param rows room for the run, row-major
 */
export function deinterleaveRows(
  encoding: TensorEncoding,
  shape: MatrixShape,
  panels: Uint8Array,
  rows: EncodedTile,
): void {
  const { geometry, move, panel, buffer, rowBytes, paddedBytes, scaleBytes } = prepare(encoding, shape, rows, panels);
  for (let index = 0; index < panelCount(shape[0]); index++) {
    const first = index * PANEL_ROWS;
    const count = Math.min(PANEL_ROWS, shape[0] - first);
    panel.bytes.set(panels.subarray(index * geometry.panelBytes, (index + 1) * geometry.panelBytes));
    move.take(panel, buffer, count, geometry);
    const payload = rows.payload.subarray(first * rowBytes, (first + count) * rowBytes);
    copyRows(buffer.codes.bytes, paddedBytes, payload, rowBytes, count);
    rows.scales.set(buffer.scales.bytes.subarray(0, count * scaleBytes), first * scaleBytes);
  }
}

/** Copies rows that lie `fromStride` apart to where they lie `toStride` apart; the smaller one is their length. */
function copyRows(from: Uint8Array, fromStride: number, to: Uint8Array, toStride: number, count: number): void {
  if (fromStride === toStride) {
    to.set(from.subarray(0, count * fromStride));
    return;
  }
  const byteLength = Math.min(fromStride, toStride);
  for (let row = 0; row < count; row++) {
    to.set(from.subarray(row * fromStride, row * fromStride + byteLength), row * toStride);
  }
}

/** What both ways need: sizes, and memory for the rows of one panel in both forms. */
interface Work {
  readonly geometry: PanelGeometry;
  readonly move: PanelMove;
  readonly panel: Words;
  readonly buffer: PanelRows;
  /** Bytes of a row, without its scales where they lie apart. */
  readonly rowBytes: number;
  /** The same with padded columns. */
  readonly paddedBytes: number;
  /** Scales of one row. */
  readonly scaleBytes: number;
}

function prepare(encoding: TensorEncoding, shape: MatrixShape, rows: EncodedTile, panels: Uint8Array): Work {
  const geometry = panelGeometry(encoding, shape[1]);
  const rowMajor = rowMajorEncoding(encoding);
  const row = encodedSize(rowMajor, [shape[1]]);
  const { payloadBytes } = encodedSize({ ...rowMajor, layout: 'interleaved' }, shape);
  const expected = [shape[0] * row.payloadBytes, shape[0] * row.scaleBytes, payloadBytes];
  const actual = [rows.payload.byteLength, rows.scales.byteLength, panels.byteLength];
  if (expected.some((byteLength, index) => byteLength !== actual[index])) {
    throw new RangeError(`rows, scales and panels have ${actual.join(', ')} bytes, expected ${expected.join(', ')}`);
  }
  const paddedBytes = row.payloadBytes + (geometry.columns - shape[1]);
  return {
    geometry,
    move: encoding.dtype === 'q8' ? moveQ8 : encoding.dtype === 'q4' ? moveQ4 : moveBlocks,
    panel: createWords(geometry.panelBytes),
    buffer: { codes: createWords(PANEL_ROWS * paddedBytes), scales: createWords(PANEL_ROWS * row.scaleBytes) },
    rowBytes: row.payloadBytes,
    paddedBytes,
    scaleBytes: row.scaleBytes,
  };
}
