/** The work on one tensor of a conversion: tiles in, stored bytes and error statistics out. */
import type { CheckpointTensor } from '@mirust/checkpoint';
import {
  encodedSize,
  type ReadOptions,
  rowCount,
  rowLength,
  rowMajorEncoding,
  type TensorEncoding,
} from '@mirust/core';
import {
  createErrorStatistics,
  deinterleaveRows,
  type EncodedTile,
  type ErrorStatistics,
  type ErrorStatisticsCollector,
  interleaveRows,
  type MatrixShape,
  type ResolvedTensor,
  type TileStatistics,
} from '@mirust/quant';
import type { TensorDescription } from '@mirust/slm';
import { convertByCodecs, copyByCodecs } from './_codec-tiles.ts';
import type { KernelTiles } from './_kernel-tiles.ts';
import type { TileSlot } from './_tile-slots.ts';
import type { ConversionPlan } from './plan.ts';
import { sameEncoding } from './request.ts';
import type { Tile } from './tiles.ts';

/** The work on one tensor. Its tiles may come in any order, several at a time. */
export interface TensorJob {
  /** As it will be stored. */
  readonly stored: TensorDescription;
  /**
   * Reads a tile and gives its stored bytes, which are valid until the slot is used again. Throws what source and codecs
   * throw.
   */
  convert(tile: Tile, slot: TileSlot | undefined, options: ReadOptions): Promise<EncodedTile>;
  /** What the conversion cost, once every row is there; undefined where the bytes were copied. */
  statistics(): ErrorStatistics | undefined;
}

/** A converted tile. */
export interface ConvertedTile extends EncodedTile {
  readonly statistics: TileStatistics;
}

/** Starts the work on a tensor of a plan. `kernels`: undefined where codecs do all of it. */
export function createJob(
  plan: ConversionPlan,
  { name, encoding }: ResolvedTensor,
  kernels: KernelTiles | undefined,
): TensorJob {
  const source = plan.request.checkpoint.tensors.get(name);
  if (source === undefined) throw new RangeError(`the checkpoint has no tensor ${name}`);
  const { shape } = source;
  const stored = { name, encoding, shape };
  if (sameEncoding(source.encoding, encoding)) {
    return {
      stored,
      async convert(tile, slot, options) {
        const copied =
          slot !== undefined && kernels?.canCopy(source)
            ? await kernels.copy(source, tile, slot, options)
            : await copyByCodecs(source, tile, options);
        return moveTile(source.encoding, encoding, tileShape(source, tile), copied);
      },
      statistics: () => undefined,
    };
  }
  // The collector holds 56 bytes per row: from the tensor's first tile to its last, so that few are there at once.
  let collector: ErrorStatisticsCollector | undefined;
  let rowsLeft = rowCount(shape);
  let summary: ErrorStatistics | undefined;
  return {
    stored,
    async convert(tile, slot, options) {
      const converted =
        slot !== undefined && kernels?.canConvert(source, encoding)
          ? await kernels.convert(source, encoding, tile, slot, options)
          : await byCodecs(source, encoding, tile, options);
      collector ??= createErrorStatistics(shape);
      collector.add(converted.statistics);
      rowsLeft -= tile.rowCount;
      if (rowsLeft === 0) {
        summary = collector.finish();
        collector = undefined;
      }
      return converted;
    },
    statistics() {
      if (summary === undefined) throw new RangeError(`${rowsLeft} rows of ${name} were not converted`);
      return summary;
    },
  };
}

async function byCodecs(
  source: CheckpointTensor,
  encoding: TensorEncoding,
  tile: Tile,
  options: ReadOptions,
): Promise<ConvertedTile> {
  const rowMajor = rowMajorEncoding(encoding);
  const { statistics, ...encoded } = await convertByCodecs(source, rowMajor, tile, options);
  return { statistics, ...moveTile(rowMajor, encoding, tileShape(source, tile), encoded) };
}

/** [rows, columns] of a tile. */
export function tileShape({ shape }: CheckpointTensor, tile: Tile): MatrixShape {
  return [tile.rowCount, rowLength(shape)];
}

/** A tile in the layout of `to`, which has the values of `from`. */
function moveTile(from: TensorEncoding, to: TensorEncoding, shape: MatrixShape, tile: EncodedTile): EncodedTile {
  if (from.layout === to.layout) return tile;
  const size = encodedSize(to, shape);
  const moved = { payload: new Uint8Array(size.payloadBytes), scales: new Uint8Array(size.scaleBytes) };
  if (to.layout === 'interleaved') interleaveRows(to, shape, tile, moved.payload);
  else deinterleaveRows(to, shape, tile.payload, moved);
  return moved;
}
