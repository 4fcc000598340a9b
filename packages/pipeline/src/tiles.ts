/**
 * A conversion cut into tiles: runs of rows of one tensor. Codecs work row by row and interleaving by panels of 8 rows,
 * so any cut between panels gives the same bytes; a tile is as large as keeps memory small and codecs busy.
 */
import { PANEL_ROWS, rowCount, rowLength, type Shape } from '@mirust/core';

/** Values of one tile: 1 MiB as f32. */
export const TILE_ELEMENTS: number = 2 ** 18;

/** A run of rows of a tensor. */
export interface Tile {
  readonly tensor: string;
  readonly firstRow: number;
  readonly rowCount: number;
}

/** All tiles of some tensors, tensor after tensor, row after row: at least 8 rows each, but for a tensor's end. */
export function cutTiles(tensors: Iterable<{ readonly name: string; readonly shape: Shape }>): Tile[] {
  const tiles: Tile[] = [];
  for (const { name, shape } of tensors) {
    const rows = rowCount(shape);
    const rowsPerTile = PANEL_ROWS * Math.max(1, Math.floor(TILE_ELEMENTS / (PANEL_ROWS * rowLength(shape))));
    for (let firstRow = 0; firstRow < rows; firstRow += rowsPerTile) {
      tiles.push({ tensor: name, firstRow, rowCount: Math.min(rowsPerTile, rows - firstRow) });
    }
  }
  return tiles;
}
