/** Tensors cut into tiles, which are looked at one by one. */
import type { CheckpointTensor } from '@mirust/checkpoint';
import { PANEL_ROWS, rowCount, rowLength, rowOffsets } from '@mirust/core';
import type { MatrixShape } from '@mirust/quant';

/** Rows of a tensor that are looked at together. */
export interface Tile {
  readonly firstRow: number;
  readonly shape: MatrixShape;
  readonly payloadBytes: number;
  readonly scaleBytes: number;
}

/** Tiles of so many bytes, or of one panel where that has more. */
export function tilesOf({ encoding, shape }: CheckpointTensor, tileBytes: number): Tile[] {
  const rows = rowCount(shape);
  const columns = rowLength(shape);
  const bytesOf = (row: number): number => {
    const { payloadOffset, scaleOffset } = rowOffsets({ encoding, shape }, row);
    return payloadOffset + scaleOffset;
  };
  const perPanel = bytesOf(rows) / Math.ceil(rows / PANEL_ROWS);
  const perTile = PANEL_ROWS * Math.max(1, Math.floor(tileBytes / perPanel));
  const tiles: Tile[] = [];
  for (let firstRow = 0; firstRow < rows; firstRow += perTile) {
    const count = Math.min(perTile, rows - firstRow);
    const from = rowOffsets({ encoding, shape }, firstRow);
    const to = rowOffsets({ encoding, shape }, firstRow + count);
    const payloadBytes = to.payloadOffset - from.payloadOffset;
    tiles.push({ firstRow, shape: [count, columns], payloadBytes, scaleBytes: to.scaleOffset - from.scaleOffset });
  }
  return tiles;
}
