/**
 * Memory for tiles that are under way: a slot each, in the one memory that all threads see. A slot holds a tile before
 * and after its conversion, and what is said about it.
 *
 * ```
 * source   payload as stored   scales that lie apart
 * target   payload             scales that lie apart
 * sums     f64 [rows, 7]       scratch of the kernels
 * ```
 */
import { encodedSize, rowLength } from '@mirust/core';
import { encodeScratchBytes } from '@mirust/kernels/encode';
import type { MatrixShape } from '@mirust/quant';
import type { CrewKernels } from './_crew.ts';
import type { ConversionPlan } from './plan.ts';
import type { Tile } from './tiles.ts';

/** Bytes of the areas of a slot. */
interface AreaSizes {
  readonly payload: number;
  readonly scales: number;
  readonly targetPayload: number;
  readonly targetScales: number;
  readonly sums: number;
  readonly scratch: number;
}

/** Addresses of the areas of a slot. */
export type TileSlot = AreaSizes;

const AREAS = ['payload', 'scales', 'targetPayload', 'targetScales', 'sums', 'scratch'] as const;

/** Areas begin at multiples of this: a cache line, and whatever vectors ask for. */
const ALIGNMENT = 64;

/** Bytes of the sums of a row: f64 [7]. */
export const ROW_SUMS_BYTES = 56;

/** The room that every tile of a conversion fits into. */
export interface SlotPlan {
  readonly sizes: AreaSizes;
  readonly slotBytes: number;
}

/** Measures the tiles of a conversion. */
export function planSlots({ request, tensors }: ConversionPlan, tiles: readonly Tile[]): SlotPlan {
  const targets = new Map(tensors.map(({ name, encoding }) => [name, encoding]));
  const sizes = { payload: 0, scales: 0, targetPayload: 0, targetScales: 0, sums: 0, scratch: 0 };
  const grow = (area: keyof AreaSizes, byteLength: number): void => {
    sizes[area] = Math.max(sizes[area], Math.ceil(byteLength / ALIGNMENT) * ALIGNMENT);
  };
  for (const { tensor: name, rowCount } of tiles) {
    const tensor = request.checkpoint.tensors.get(name);
    const encoding = targets.get(name);
    if (tensor === undefined || encoding === undefined) continue;
    const shape: MatrixShape = [rowCount, rowLength(tensor.shape)];
    const before = encodedSize(tensor.encoding, shape);
    const after = encodedSize(encoding, shape);
    grow('payload', before.payloadBytes);
    grow('scales', before.scaleBytes);
    grow('targetPayload', after.payloadBytes);
    grow('targetScales', after.scaleBytes);
    grow('sums', rowCount * ROW_SUMS_BYTES);
    grow('scratch', encodeScratchBytes(shape[1]));
  }
  return { sizes, slotBytes: AREAS.reduce((sum, area) => sum + sizes[area], 0) };
}

/** The slot with this index in the memory of kernels. */
export function slotAt({ start }: CrewKernels, { sizes, slotBytes }: SlotPlan, index: number): TileSlot {
  const slot = { ...sizes };
  let next = start + index * slotBytes;
  for (const area of AREAS) {
    slot[area] = next;
    next += sizes[area];
  }
  return slot;
}
