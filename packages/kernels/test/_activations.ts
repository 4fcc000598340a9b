/** The definition of quantized activations in plain TypeScript, and how a build lays them down. */
import { roundHalfEven } from '@mirust/quant';
import type { Workbench } from './_builds.ts';

/** Values that share a scale. */
export const BLOCK = 32;

/** One token's codes and scales. */
export interface Codes {
  /** [columns rounded up to 32], zeros behind the row. */
  readonly codes: Int8Array;
  /** One per block. */
  readonly scales: Float32Array;
}

/** Columns rounded up to whole blocks. */
export function paddedColumns(columns: number): number {
  return Math.ceil(columns / BLOCK) * BLOCK;
}

/** The definition that stands in `assembly/quantize.ts`. */
export function quantize(row: Float32Array): Codes {
  const codes = new Int8Array(paddedColumns(row.length));
  const scales = new Float32Array(codes.length / BLOCK);
  for (let block = 0; block < scales.length; block++) {
    const values = row.subarray(block * BLOCK, (block + 1) * BLOCK);
    let amax = 0;
    for (const value of values) amax = Math.max(amax, Math.abs(value));
    const scale = Math.fround(amax / 127);
    const inverse = Math.fround(1 / scale);
    scales[block] = scale;
    values.forEach((value, i) => {
      const steps = inverse === Number.POSITIVE_INFINITY ? 0 : roundHalfEven(Math.fround(value * inverse));
      // Of an infinity or a NaN the scale tells.
      codes[block * BLOCK + i] = Number.isNaN(steps) ? 0 : steps;
    });
  }
  return { codes, scales };
}

/** Lays activations down; gives the address of their codes. `input`: f32 [tokens, columns]. */
export function quantizeRows(bench: Workbench, input: Float32Array, columns: number): number {
  const tokens = input.length / columns;
  const blocks = paddedColumns(columns) / BLOCK;
  const codes = activationRoom(bench, columns, tokens);
  bench.kernels.quantizeRows(bench.put(input), columns, tokens, codes, 0, blocks, bench.room(128));
  return codes;
}

/** Room for the codes of activations. */
export function activationRoom(bench: Workbench, columns: number, tokens: number): number {
  const width = tokens === 1 ? 1 : 4;
  return bench.room(Math.ceil(tokens / width) * bench.kernels.tileBytes(paddedColumns(columns), width));
}

/** Everything that a build lays down for one token. */
export interface Tile extends Codes {
  /** As 16-bit words; undefined where planes take their place. */
  readonly words: Int16Array | undefined;
  /** max(q, 0) and max(-q, 0), where 8-bit dots take them. */
  readonly planes: readonly [Int8Array, Int8Array] | undefined;
  /** -8 · Σ q of each block. */
  readonly offsets: Int32Array;
}

/** Reads token `t` back, by the layout that stands in `assembly/quantize.ts`. */
export function readTile(bench: Workbench, address: number, columns: number, tokens: number, t: number): Tile {
  const width = tokens === 1 ? 1 : 4;
  const lane = t % width;
  const padded = paddedColumns(columns);
  const blocks = padded / BLOCK;
  const byteLength = bench.kernels.tileBytes(padded, width);
  const start = address + Math.floor(t / width) * byteLength;
  const view = new DataView(bench.bytes(start, byteLength).slice().buffer);
  const words = padded * width;
  const scales = 3 * padded * width;
  const offsets = scales + blocks * 4 * width;
  const hasPlanes = bench.variant === 'fused' || (bench.variant === 'relaxed' && width === 1);
  const plane = (sign: 0 | 1): Int8Array =>
    Int8Array.from({ length: padded }, (_, c) => {
      const quad = ((Math.floor(c / BLOCK) * 2 + sign) * 8 + Math.floor((c % BLOCK) / 4)) * width + lane;
      return view.getInt8(words + quad * 4 + (c % 4));
    });
  return {
    codes: Int8Array.from({ length: padded }, (_, c) => view.getInt8((Math.floor(c / 4) * width + lane) * 4 + (c % 4))),
    words: hasPlanes
      ? undefined
      : Int16Array.from({ length: padded }, (_, c) =>
          view.getInt16(words + (Math.floor(c / 2) * width + lane) * 4 + (c % 2) * 2, true),
        ),
    planes: hasPlanes ? [plane(0), plane(1)] : undefined,
    scales: Float32Array.from({ length: blocks }, (_, b) => view.getFloat32(scales + (b * width + lane) * 4, true)),
    offsets: Int32Array.from({ length: blocks }, (_, b) => view.getInt32(offsets + (b * width + lane) * 4, true)),
  };
}
