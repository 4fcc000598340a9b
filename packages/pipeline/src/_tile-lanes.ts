/** Tiles worked off side by side. */
import type { TileSlot } from './_tile-slots.ts';
import type { Tile } from './tiles.ts';

/**
 * Does `work` for every tile, in order, in as many lanes as there are slots; a slot belongs to one tile at a time. When
 * a tile fails or `goesOn` says no, none is begun any more. Throws the failure of the first tile in order that failed: what
 * lies before it was under way already, so the same tiles always fail with the same error.
 */
export async function forEachTile(
  tiles: readonly Tile[],
  slots: readonly (TileSlot | undefined)[],
  work: (tile: Tile, slot: TileSlot | undefined) => Promise<void>,
  goesOn: () => boolean,
): Promise<void> {
  const failures: { readonly index: number; readonly error: unknown }[] = [];
  let next = 0;
  async function lane(slot: TileSlot | undefined): Promise<void> {
    while (failures.length === 0 && goesOn()) {
      const index = next++;
      const tile = tiles[index];
      if (tile === undefined) return;
      try {
        await work(tile, slot);
      } catch (error) {
        failures.push({ index, error });
      }
    }
  }
  await Promise.all(slots.map(lane));
  const [first] = failures.sort((a, b) => a.index - b.index);
  if (first !== undefined) throw first.error;
}
