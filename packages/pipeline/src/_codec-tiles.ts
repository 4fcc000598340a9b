/** Tiles converted by the codecs of `@mirust/quant`: what kernels cannot do, and what they are held against. */
import type { CheckpointTensor } from '@mirust/checkpoint';
import {
  createReadMemory,
  encodedSize,
  type ReadOptions,
  rowLength,
  sanitizeText,
  type TensorEncoding,
} from '@mirust/core';
import {
  canEncode,
  decodeRows,
  type EncodedTile,
  encodedTile,
  type MatrixShape,
  measureTile,
  quantError,
  type TilePlace,
  type TileStatistics,
} from '@mirust/quant';
import type { Tile } from './tiles.ts';

/** A tile as codecs give it: row-major. */
export interface CodecTile extends EncodedTile {
  readonly statistics: TileStatistics;
}

/** Reads a tile and converts it to a row-major encoding. Throws what source and codecs throw. */
export async function convertByCodecs(
  source: CheckpointTensor,
  encoding: TensorEncoding,
  tile: Tile,
  options: ReadOptions,
): Promise<CodecTile> {
  return encodeStored(source, encoding, tile, await readStored(source, tile, options));
}

/** Converts the stored bytes of a tile. Throws what codecs throw. */
export function encodeStored(
  source: CheckpointTensor,
  encoding: TensorEncoding,
  tile: Tile,
  stored: EncodedTile,
): CodecTile {
  const { name, shape } = source;
  const columns = rowLength(shape);
  const place: TilePlace = { tensor: name, firstRow: tile.firstRow };
  const original = decodeStored(source, tile, stored);
  const encoded = encodedTile(encoding, columns, original, place);
  const decoded = new Float32Array(original.length);
  decodeRows({ name, encoding, shape: [tile.rowCount, columns], ...encoded }, 0, tile.rowCount, decoded);
  return {
    ...encoded,
    statistics: measureTile(encoding, columns, { original, decoded, scales: encoded.scales }, place),
  };
}

/**
 * Reads a tile as it is. Plain floats are looked at on the way, as every converted value is: a NaN spoils each text that
 * a model gives, and the pack is where the source is still at hand. Blocks of other tools are copied unread.
 */
export async function copyByCodecs(source: CheckpointTensor, tile: Tile, options: ReadOptions): Promise<EncodedTile> {
  const stored = await readStored(source, tile, options);
  if (isPlainFloat(source.encoding)) checkFinite(source, tile, stored);
  return stored;
}

/** Whether values of an encoding are floats, one by one. */
export function isPlainFloat({ dtype }: TensorEncoding): boolean {
  return canEncode(dtype) && dtype !== 'q8' && dtype !== 'q4';
}

/** Throws `QUANT_NOT_FINITE` for the first value of a tile that is NaN or infinite. */
export function checkFinite(source: CheckpointTensor, tile: Tile, stored: EncodedTile): void {
  const values = decodeStored(source, tile, stored);
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  const element = tile.firstRow * rowLength(source.shape) + at;
  const tensor = sanitizeText(source.name);
  throw quantError('QUANT_NOT_FINITE', `element ${element} of ${tensor} is ${values[at]}`, {
    tensor,
    element,
    actual: String(values[at]),
  });
}

/** The stored bytes of a tile of the source. */
async function readStored(source: CheckpointTensor, tile: Tile, options: ReadOptions): Promise<EncodedTile> {
  const shape: MatrixShape = [tile.rowCount, rowLength(source.shape)];
  const size = encodedSize(source.encoding, shape);
  const stored = { payload: createReadMemory(size.payloadBytes), scales: createReadMemory(size.scaleBytes) };
  await source.readRows(tile.firstRow, tile.rowCount, stored.payload, stored.scales, options);
  return stored;
}

/** The values of a tile. [rowCount, row length] */
function decodeStored({ name, encoding, shape }: CheckpointTensor, tile: Tile, stored: EncodedTile): Float32Array {
  const columns = rowLength(shape);
  const values = new Float32Array(tile.rowCount * columns);
  decodeRows({ name, encoding, shape: [tile.rowCount, columns], ...stored }, 0, tile.rowCount, values);
  return values;
}
