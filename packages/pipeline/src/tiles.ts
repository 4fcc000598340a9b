/**
 * A conversion cut into tiles: runs of rows of one tensor. Codecs work row by row, so any cut gives the same bytes; a
 * tile is as large as keeps memory small and codecs busy.
 */
import { rowCount, rowLength, type Shape } from '@mirust/core';

/** Values of one tile: 1 MiB as f32. */
export const TILE_ELEMENTS: number = 2 ** 18;

/** A run of rows of a tensor. */
export interface Tile {
  readonly tensor: string;
  readonly firstRow: number;
  readonly rowCount: number;
}

/** All tiles of some tensors, tensor after tensor, row after row. A row longer than a tile is a tile by itself. */
export function cutTiles(tensors: Iterable<{ readonly name: string; readonly shape: Shape }>): Tile[] {
  const tiles: Tile[] = [];
  for (const { name, shape } of tensors) {
    const rows = rowCount(shape);
    const rowsPerTile = Math.max(1, Math.floor(TILE_ELEMENTS / rowLength(shape)));
    for (let firstRow = 0; firstRow < rows; firstRow += rowsPerTile) {
      tiles.push({ tensor: name, firstRow, rowCount: Math.min(rowsPerTile, rows - firstRow) });
    }
  }
  return tiles;
}
