/** Rows of panels to f32, without a copy of their codes. The values are those of the row-major form, bit for bit. */
import { PANEL_COLUMNS, PANEL_ROWS, type PanelGeometry, panelGeometry, rowCount, rowLength } from '@mirust/core';
import { readScale, scaleView } from './_scales.ts';
import type { StoredTensor } from './stored-tensor.ts';

/** Bytes from a row's four code bytes to its next four. */
const UNIT_BYTES = 4 * PANEL_ROWS;

/**
 * Decodes `count` rows of an interleaved tensor into `target`. Throws RangeError for rows that are not there; the rows
 * that pad the last panel are none.
 */
export function decodePanels(
  { encoding, shape, payload }: StoredTensor,
  firstRow: number,
  count: number,
  target: Float32Array,
): void {
  const columns = rowLength(shape);
  const geometry = panelGeometry(encoding, columns);
  const stored = Math.floor(payload.byteLength / geometry.panelBytes) * PANEL_ROWS;
  if (firstRow + count > Math.min(stored, rowCount(shape))) {
    throw new RangeError(`rows ${firstRow} to ${firstRow + count - 1} pass the end of the tensor's bytes`);
  }
  const view = scaleView(payload);
  for (let index = 0; index < count; index++) {
    const row = firstRow + index;
    const panel = Math.floor(row / PANEL_ROWS) * geometry.panelBytes;
    const values = target.subarray(index * columns, (index + 1) * columns);
    decodePanelRow(payload, view, panel, row % PANEL_ROWS, geometry, values);
  }
}

/**
 * Decodes row `r` (0 to 7) of the panel at `panel`.
 *
 * @param panels any number of panels
 * @param view over the same bytes
 * @param panel where the panel starts
 * @param target [columns], without the padded ones
 */
function decodePanelRow(
  panels: Uint8Array,
  view: DataView,
  panel: number,
  r: number,
  { groupCount, groupBytes, groupColumns, scaleBytes, codeBits }: PanelGeometry,
  target: Float32Array,
): void {
  const scaleType = scaleBytes === 4 ? 'f32' : 'f16';
  for (let group = 0; group < groupCount; group++) {
    const start = panel + group * groupBytes;
    const scale = readScale(view, start / scaleBytes + r, scaleType);
    const codes = start + PANEL_ROWS * scaleBytes + 4 * r;
    const column = group * groupColumns;
    if (codeBits === 8)
      decodeBytes(panels, codes, scale, target, column, Math.min(groupColumns, target.length - column));
    else decodeNibbles(panels, codes, scale, target, column);
  }
}

function decodeBytes(
  panels: Uint8Array,
  codes: number,
  scale: number,
  target: Float32Array,
  column: number,
  count: number,
): void {
  for (let c = 0, at = codes; c < count; c += 4, at += UNIT_BYTES) {
    // Writes behind the end of a typed array do nothing: the last unit may have padded columns.
    for (let i = 0; i < 4; i++) target[column + c + i] = (((panels[at + i] as number) << 24) >> 24) * scale;
  }
}

function decodeNibbles(panels: Uint8Array, codes: number, scale: number, target: Float32Array, column: number): void {
  for (let c = 0, at = codes; c < PANEL_COLUMNS / 2; c += 4, at += UNIT_BYTES) {
    for (let i = 0; i < 4; i++) {
      const byte = panels[at + i] as number;
      target[column + c + i] = ((byte & 15) - 8) * scale;
      target[column + c + i + 16] = ((byte >> 4) - 8) * scale;
    }
  }
}
