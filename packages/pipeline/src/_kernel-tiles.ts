/** Tiles converted by kernels, in slots of the memory that they see; read by the threads that convert, where they can. */
import type { CheckpointTensor } from '@mirust/checkpoint';
import {
  encodedSize,
  type ReadOptions,
  rowLength,
  rowMajorEncoding,
  rowOffsets,
  type TensorEncoding,
} from '@mirust/core';
import { encodedKind, storageKind } from '@mirust/kernels/encode';
import type { EncodedTile, MatrixShape } from '@mirust/quant';
import { checkFinite, encodeStored, isPlainFloat } from './_codec-tiles.ts';
import type { CrewKernels } from './_crew.ts';
import type { ConvertedTile } from './_job.ts';
import type { LentFiles } from './_lent-files.ts';
import { ROW_SUMS_BYTES, type TileSlot } from './_tile-slots.ts';
import type { Tile } from './tiles.ts';
import type { Fill, KernelCall } from './work-task.ts';

/** The exponent bits of a plain float, all set in what is not finite. */
const EXPONENTS: ReadonlyMap<string, number> = new Map([
  ['f32', 0x7f800000],
  ['f16', 0x7c00],
  ['bf16', 0x7f80],
]);

/** What kernels do for a conversion. */
export interface KernelTiles {
  /** Whether `convert` does it. */
  canConvert(source: CheckpointTensor, encoding: TensorEncoding): boolean;
  /** Reads a tile and converts it. Throws what source and codecs throw. The result is valid until the slot is used again. */
  convert(
    source: CheckpointTensor,
    encoding: TensorEncoding,
    tile: Tile,
    slot: TileSlot,
    options: ReadOptions,
  ): Promise<ConvertedTile>;
  /** Whether `copy` does it. */
  canCopy(source: CheckpointTensor): boolean;
  /** Reads a tile as it is, and looks at plain floats: throws `QUANT_NOT_FINITE`, and what the source throws. */
  copy(source: CheckpointTensor, tile: Tile, slot: TileSlot, options: ReadOptions): Promise<EncodedTile>;
}

/** Kernels for a conversion. `files`: undefined where the kernels' threads do not read. */
export function createKernelTiles(kernels: CrewKernels, files: LentFiles | undefined): KernelTiles {
  const { buffer } = kernels.memory;

  function storedIn(slot: TileSlot, encoding: TensorEncoding, shape: MatrixShape): EncodedTile {
    const { payloadBytes, scaleBytes } = encodedSize(encoding, shape);
    return {
      payload: new Uint8Array(buffer, slot.payload, payloadBytes),
      scales: new Uint8Array(buffer, slot.scales, scaleBytes),
    };
  }

  /** What threads are to read before they convert a tile; undefined where the source reads it. */
  function fillsOf(source: CheckpointTensor, tile: Tile, { payload, scales }: EncodedTile): Fill[] | undefined {
    const location = source.locateRows?.(tile.firstRow);
    const file = location && files?.descriptorOf(location.source);
    if (location === undefined || file === undefined) return undefined;
    const fills = [{ bytes: payload, file: { descriptor: file, offset: location.payloadOffset } }];
    if (scales.byteLength > 0) fills.push({ bytes: scales, file: { descriptor: file, offset: location.scaleOffset } });
    return fills;
  }

  /** Fills a slot with the stored bytes of a tile and calls a kernel on them. */
  async function call(
    source: CheckpointTensor,
    tile: Tile,
    stored: EncodedTile,
    kernelCall: KernelCall,
    options: ReadOptions,
  ): Promise<boolean> {
    const fills = fillsOf(source, tile, stored);
    if (fills !== undefined) {
      options.signal?.throwIfAborted();
      const verdict = await kernels.call(kernelCall, fills).catch(() => undefined);
      if (verdict !== undefined) return verdict;
      // What a thread could not read is read once more by the source, which knows what to say.
    }
    await source.readRows(tile.firstRow, tile.rowCount, stored.payload, stored.scales, options);
    return kernels.call(kernelCall, []);
  }

  return {
    canConvert: (source, encoding) => storageKind(source.encoding) !== undefined && encodedKind(encoding) !== undefined,
    async convert(source, encoding, tile, slot, options) {
      const shape: MatrixShape = [tile.rowCount, rowLength(source.shape)];
      const stored = storedIn(slot, source.encoding, shape);
      const size = encodedSize(encoding, shape);
      const args = [
        storageKind(source.encoding) ?? 0,
        slot.payload,
        rowOffsets({ encoding: rowMajorEncoding(source.encoding), shape }, 1).payloadOffset,
        slot.scales,
        source.encoding.blockSize,
        encodedKind(encoding) ?? 0,
        ...shape,
        slot.targetPayload,
        slot.targetScales,
        slot.scratch,
        slot.sums,
      ];
      if (!(await call(source, tile, stored, { kernel: 'convertTile', args }, options))) {
        // The codecs say what is wrong, and where.
        encodeStored(source, rowMajorEncoding(encoding), tile, stored);
        throw new Error(`internal error: kernels refuse rows ${tile.firstRow} … of ${source.name}, codecs do not`);
      }
      return {
        payload: new Uint8Array(buffer, slot.targetPayload, size.payloadBytes),
        scales: new Uint8Array(buffer, slot.targetScales, size.scaleBytes),
        statistics: {
          firstRow: tile.firstRow,
          rows: new Float64Array(buffer, slot.sums, (tile.rowCount * ROW_SUMS_BYTES) / 8),
        },
      };
    },
    canCopy: ({ encoding }) => isPlainFloat(encoding),
    async copy(source, tile, slot, options) {
      const { dtype } = source.encoding;
      const shape: MatrixShape = [tile.rowCount, rowLength(source.shape)];
      const stored = storedIn(slot, source.encoding, shape);
      const args = [slot.payload, shape[0] * shape[1], EXPONENTS.get(dtype) ?? 0, dtype === 'f32' ? 0 : 1];
      if (!(await call(source, tile, stored, { kernel: 'areFinite', args }, options))) {
        checkFinite(source, tile, stored);
        throw new Error(`internal error: a kernel finds no finite values in rows ${tile.firstRow} … of ${source.name}`);
      }
      return stored;
    },
  };
}
