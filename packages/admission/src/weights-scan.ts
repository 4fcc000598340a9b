/**
 * Scans the values of tensors, tile by tile: one is read while another is looked at. Kernels do it where the platform has
 * them, in the memory that the tiles are read into; else the codecs, which define what is found.
 */
import type { CheckpointTensor } from '@mirust/checkpoint';
import { type ReadOptions, rowCount, rowMajorEncoding, rowOffsets } from '@mirust/core';
import { storageKind } from '@mirust/kernels/encode';
import {
  decodeRows,
  describeScan,
  type EncodedTile,
  SCAN_NUMBERS,
  scanValues,
  startScan,
  type ValueScan,
} from '@mirust/quant';
import { createRowMagnitudes, magnitudesOf, type RowOutlier } from './_row-magnitudes.ts';
import { createScanKernels } from './_scan-kernels.ts';
import { type Tile, tilesOf } from './_scan-tiles.ts';

/** Bytes of a tile, where eight rows have no more. */
const TILE_BYTES = 4 * 2 ** 20;
/** Tiles in memory: one is looked at, one is on its way. */
const TILES = 2;
/** Of so many tiles, one is in a sample. */
const SAMPLE_STEP = 8;
/** Bytes that scanning may take; real models need a hundredth. */
const MAX_BYTES = 2 ** 29;
const ALIGNMENT = 64;

/** How to scan a tensor. */
export interface ScanOptions extends ReadOptions {
  /** Stop as soon as two values differ: the caller knows that all are numbers. */
  readonly untilTheyDiffer: boolean;
  /** Look at every eighth tile alone. */
  readonly isSampled: boolean;
  /** Called with the bytes of every tile. */
  readonly onBytes?: (byteLength: number) => void;
}

/** What the values of a tensor are like. */
export interface TensorScan extends ValueScan {
  /** The row whose values are far beyond those of the others, where there is one among those that were looked at. */
  readonly outlier: RowOutlier | undefined;
  /** Whether values were passed over, because only a sample was wanted. */
  readonly isPartial: boolean;
}

/** Scans tensors, one after the other. */
export interface WeightScanner {
  /** Throws what reading throws, once nothing is being read any more. */
  scan(tensor: CheckpointTensor, options: ScanOptions): Promise<TensorScan>;
}

/** A scanner for these tensors, of types that `canDecode` allows; undefined where they would need too much memory. */
export async function createWeightScanner(tensors: Iterable<CheckpointTensor>): Promise<WeightScanner | undefined> {
  const room = { payload: 0, scales: 0, values: 0, magnitudes: 0 };
  for (const tensor of tensors) {
    for (const { shape, payloadBytes, scaleBytes } of tilesOf(tensor, TILE_BYTES)) {
      room.payload = Math.max(room.payload, aligned(payloadBytes));
      room.scales = Math.max(room.scales, aligned(scaleBytes));
      room.values = Math.max(room.values, aligned(4 * shape[1]));
      room.magnitudes = Math.max(room.magnitudes, aligned(4 * shape[0]));
    }
  }
  const slotBytes = room.payload + room.scales;
  const scratchBytes = room.values + room.magnitudes;
  if (TILES * slotBytes + scratchBytes > MAX_BYTES) return undefined;
  const kernels = await createScanKernels(TILES * slotBytes + scratchBytes);
  const { buffer, start } = kernels ?? { buffer: new ArrayBuffer(TILES * slotBytes), start: 0 };
  const found = new Float64Array(
    kernels?.buffer ?? new ArrayBuffer(8 * SCAN_NUMBERS),
    kernels?.found ?? 0,
    SCAN_NUMBERS,
  );

  function slotOf(index: number, { payloadBytes, scaleBytes }: Tile): EncodedTile {
    const at = start + (index % TILES) * slotBytes;
    return {
      payload: new Uint8Array(buffer, at, payloadBytes),
      scales: new Uint8Array(buffer, at + room.payload, scaleBytes),
    };
  }

  /** The greatest magnitude of each row; a view that the next call overwrites. */
  function look(tensor: CheckpointTensor, tile: Tile, stored: EncodedTile): Float32Array {
    const { encoding, name } = tensor;
    const { shape, firstRow } = tile;
    const kind = storageKind(encoding);
    const firstIndex = firstRow * shape[1];
    if (kernels === undefined || kind === undefined) {
      const values = new Float32Array(shape[0] * shape[1]);
      decodeRows({ name, encoding, shape, ...stored }, 0, shape[0], values);
      scanValues(values, firstIndex, found);
      return magnitudesOf(values, shape[1]);
    }
    const rowBytes = rowOffsets({ encoding: rowMajorEncoding(encoding), shape }, 1).payloadOffset;
    const scratch = start + TILES * slotBytes;
    const magnitudes = scratch + room.values;
    const { payload, scales } = stored;
    const scaled = scales.byteOffset;
    const { blockSize } = encoding;
    kernels.exports.scanRows(
      kind,
      payload.byteOffset,
      ...shape,
      rowBytes,
      scaled,
      blockSize,
      scratch,
      firstIndex,
      kernels.found,
      magnitudes,
    );
    return new Float32Array(buffer, magnitudes, shape[0]);
  }

  return {
    async scan(tensor, { untilTheyDiffer, isSampled, onBytes, ...options }) {
      startScan(found);
      // Where two values that differ are enough, eight rows are.
      const all = tilesOf(tensor, untilTheyDiffer ? 0 : TILE_BYTES);
      const tiles = isSampled && !untilTheyDiffer ? all.filter((_, index) => index % SAMPLE_STEP === 0) : all;
      const magnitudes = createRowMagnitudes(rowCount(tensor.shape));
      const read = (index: number): Promise<EncodedTile> | undefined => {
        const tile = tiles[index];
        if (tile === undefined) return undefined;
        const stored = slotOf(index, tile);
        return tensor.readRows(tile.firstRow, tile.shape[0], stored.payload, stored.scales, options).then(() => stored);
      };
      let next = read(0);
      try {
        for (const [index, tile] of tiles.entries()) {
          const stored = await next;
          options.signal?.throwIfAborted();
          if (stored === undefined) break;
          next = read(index + 1);
          magnitudes.add(tile.firstRow, look(tensor, tile, stored));
          onBytes?.(tile.payloadBytes + tile.scaleBytes);
          const { least, greatest } = describeScan(found);
          if (untilTheyDiffer && least < greatest) break;
        }
      } finally {
        await next?.catch(() => {});
      }
      // A few rows that differ have no typical one.
      const outlier = untilTheyDiffer ? undefined : magnitudes.outlier();
      return { ...describeScan(found), outlier, isPartial: tiles.length < all.length };
    },
  };
}

function aligned(byteLength: number): number {
  return Math.ceil(byteLength / ALIGNMENT) * ALIGNMENT;
}
