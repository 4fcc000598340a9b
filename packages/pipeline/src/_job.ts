/** The work on one tensor of a conversion: tiles in, stored bytes and error statistics out. */
import type { CheckpointTensor } from '@mirust/checkpoint';
import {
  encodedSize,
  type ReadOptions,
  rowCount,
  rowLength,
  rowMajorEncoding,
  sanitizeText,
  type TensorEncoding,
} from '@mirust/core';
import {
  canEncode,
  createErrorStatistics,
  decodeRows,
  deinterleaveRows,
  type EncodedTile,
  type ErrorStatistics,
  type ErrorStatisticsCollector,
  encodedTile,
  interleaveRows,
  type MatrixShape,
  measureTile,
  quantError,
  type ResolvedTensor,
  type TilePlace,
} from '@mirust/quant';
import type { TensorDescription } from '@mirust/slm';
import type { ConversionPlan } from './plan.ts';
import { sameEncoding } from './request.ts';
import type { Tile } from './tiles.ts';

/** The work on one tensor. Its tiles may come in any order, one at a time. */
export interface TensorJob {
  /** As it will be stored. */
  readonly stored: TensorDescription;
  /** Reads a tile and gives its stored bytes. Throws what source and codecs throw. */
  convert(tile: Tile, options: ReadOptions): Promise<EncodedTile>;
  /** What the conversion cost, once every row is there; undefined where the bytes were copied. */
  statistics(): ErrorStatistics | undefined;
}

/** Starts the work on a tensor of a plan. */
export function createJob(plan: ConversionPlan, { name, encoding }: ResolvedTensor): TensorJob {
  const source = plan.request.checkpoint.tensors.get(name);
  if (source === undefined) throw new RangeError(`the checkpoint has no tensor ${name}`);
  const { shape } = source;
  const stored = { name, encoding, shape };
  if (sameEncoding(source.encoding, encoding)) {
    const layOut = (tile: Tile, bytes: EncodedTile): EncodedTile =>
      moveTile(source.encoding, encoding, tileShape(source, tile), bytes);
    return {
      stored,
      convert: async (tile, options) => layOut(tile, await copyTile(source, tile, options)),
      statistics: () => undefined,
    };
  }
  // The collector holds 56 bytes per row: from the tensor's first tile to its last, so that few are there at once.
  let collector: ErrorStatisticsCollector | undefined;
  let rowsLeft = rowCount(shape);
  let summary: ErrorStatistics | undefined;
  return {
    stored,
    async convert(tile, options) {
      const original = await readValues(source, tile, options);
      const place: TilePlace = { tensor: name, firstRow: tile.firstRow };
      const columns = rowLength(shape);
      const rowMajor = rowMajorEncoding(encoding);
      const encoded = encodedTile(rowMajor, columns, original, place);
      const decoded = new Float32Array(original.length);
      decodeRows({ name, encoding: rowMajor, shape: tileShape(source, tile), ...encoded }, 0, tile.rowCount, decoded);
      collector ??= createErrorStatistics(shape);
      collector.add(measureTile(rowMajor, columns, { original, decoded, scales: encoded.scales }, place));
      rowsLeft -= tile.rowCount;
      if (rowsLeft === 0) {
        summary = collector.finish();
        collector = undefined;
      }
      return moveTile(rowMajor, encoding, tileShape(source, tile), encoded);
    },
    statistics() {
      if (summary === undefined) throw new RangeError(`${rowsLeft} rows of ${name} were not converted`);
      return summary;
    },
  };
}

/** [rows, columns] of a tile. */
function tileShape({ shape }: CheckpointTensor, tile: Tile): MatrixShape {
  return [tile.rowCount, rowLength(shape)];
}

/** Memory for a tile. */
function emptyTile(encoding: TensorEncoding, shape: MatrixShape): EncodedTile {
  const size = encodedSize(encoding, shape);
  return { payload: new Uint8Array(size.payloadBytes), scales: new Uint8Array(size.scaleBytes) };
}

/** A tile in the layout of `to`, which has the values of `from`. */
function moveTile(from: TensorEncoding, to: TensorEncoding, shape: MatrixShape, tile: EncodedTile): EncodedTile {
  if (from.layout === to.layout) return tile;
  const moved = emptyTile(to, shape);
  if (to.layout === 'interleaved') interleaveRows(to, shape, tile, moved.payload);
  else deinterleaveRows(to, shape, tile.payload, moved);
  return moved;
}

/** The stored bytes of a tile of the source. */
async function readTile(source: CheckpointTensor, tile: Tile, options: ReadOptions): Promise<EncodedTile> {
  const { payload, scales } = emptyTile(source.encoding, tileShape(source, tile));
  await source.readRows(tile.firstRow, tile.rowCount, payload, scales, options);
  return { payload, scales };
}

async function readValues(source: CheckpointTensor, tile: Tile, options: ReadOptions): Promise<Float32Array> {
  return decodeTile(source, tile, await readTile(source, tile, options));
}

/** The values of a tile. [rowCount, row length] */
function decodeTile(source: CheckpointTensor, tile: Tile, bytes: EncodedTile): Float32Array {
  const { name, encoding } = source;
  const shape = tileShape(source, tile);
  const values = new Float32Array(shape[0] * shape[1]);
  decodeRows({ name, encoding, shape, ...bytes }, 0, tile.rowCount, values);
  return values;
}

/**
 * Bytes as they are. Plain floats are looked at on the way, as every converted value is: a NaN spoils each text that a
 * model gives, and the pack is where the source is still at hand. Blocks of other tools are copied unread.
 */
async function copyTile(source: CheckpointTensor, tile: Tile, options: ReadOptions): Promise<EncodedTile> {
  const bytes = await readTile(source, tile, options);
  const { dtype } = source.encoding;
  if (canEncode(dtype) && dtype !== 'q8' && dtype !== 'q4') checkFinite(source, tile, decodeTile(source, tile, bytes));
  return bytes;
}

function checkFinite({ name, shape }: CheckpointTensor, tile: Tile, values: Float32Array): void {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  const element = tile.firstRow * rowLength(shape) + at;
  const tensor = sanitizeText(name);
  throw quantError('QUANT_NOT_FINITE', `element ${element} of ${tensor} is ${values[at]}`, {
    tensor,
    element,
    actual: String(values[at]),
  });
}
