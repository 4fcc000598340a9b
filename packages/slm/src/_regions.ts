/**
 * What lies where in the data of a container: payloads, scales and padding, without gaps. Passes over the data and
 * checks of single chunks walk the same list, so that both know the same rules: padding is zero, scales are positive
 * and finite. In the payload of a tensor with interleaved rows lie scales and padding too; the rules are the same.
 */
import { findPanelFault, type ScaleType } from '@mirust/core';
import { tensorEnd } from './_place.ts';
import { type SlmErrorCode, slmError } from './errors.ts';
import type { PlacedTensor } from './tensor.ts';

/** A run of bytes of one kind. */
export interface Region {
  readonly kind: 'payload' | 'scales' | 'padding';
  readonly offset: number;
  readonly end: number;
  /** Index in the list of tensors; the tensor before it where the region is padding. */
  readonly tensor: number;
}

/** The regions from `start` to `end`, for tensors in order of offset that do not overlap. Empty ones are left out. */
export function dataRegions(tensors: readonly PlacedTensor[], start: number, end: number): readonly Region[] {
  const regions: Region[] = [];
  let at = start;
  const add = (kind: Region['kind'], until: number, tensor: number): void => {
    if (until > at) regions.push({ kind, offset: at, end: until, tensor });
    at = until;
  };
  for (const [index, tensor] of tensors.entries()) {
    add('padding', tensor.offset, index - 1);
    add('payload', tensor.offset + tensor.byteLength, index);
    if (tensor.scaleByteLength === 0) continue;
    add('padding', tensor.scaleOffset, index);
    add('scales', tensorEnd(tensor), index);
  }
  add('padding', end, tensors.length - 1);
  return regions;
}

/** The codes of the container that is being read. */
export interface RegionCodes {
  readonly padding: SlmErrorCode;
  readonly scale: SlmErrorCode;
}

/** Sees the parts of a piece that are no padding, in order; `isLast`: the region ends in this piece. */
export type RegionVisitor = (part: Uint8Array, region: Region, isLast: boolean) => void;

/** Index of the first region that ends behind `offset`; `regions.length` where there is none. */
export function firstRegionBehind(regions: readonly Region[], offset: number): number {
  let low = 0;
  let high = regions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((regions[middle]?.end ?? 0) > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * Checks padding and scales in a piece of the data that lies at `offset` of the file, and hands every part of a
 * payload or of scales to `visit`, in order. Both ends must be multiples of 4, so that no scale is cut in two.
 */
export function checkRegions(
  regions: readonly Region[],
  tensors: readonly PlacedTensor[],
  bytes: Uint8Array,
  offset: number,
  codes: RegionCodes,
  visit?: RegionVisitor,
): void {
  const pieceEnd = offset + bytes.byteLength;
  for (let i = firstRegionBehind(regions, offset); i < regions.length; i++) {
    const region = regions[i] as Region;
    if (region.offset >= pieceEnd) return;
    const from = Math.max(region.offset, offset);
    const part = bytes.subarray(from - offset, Math.min(region.end, pieceEnd) - offset);
    const tensor = tensors[region.tensor];
    if (region.kind === 'padding') checkPadding(part, from, codes.padding);
    else if (region.kind === 'scales' && tensor !== undefined) checkScales(part, from, tensor, codes.scale);
    else if (tensor?.encoding.layout === 'interleaved') checkPanels(part, from, tensor, codes);
    if (region.kind !== 'padding') visit?.(part, region, region.end <= pieceEnd);
  }
}

/** Throws `code` for the first byte that is not zero. */
export function checkPadding(bytes: Uint8Array, offset: number, code: SlmErrorCode): void {
  const at = bytes.findIndex((byte) => byte !== 0);
  if (at >= 0) throw paddingError(offset + at, bytes[at] ?? 0, code);
}

function paddingError(offset: number, actual: number, code: SlmErrorCode): Error {
  return slmError(code, `the padding byte at ${offset} is ${actual}, expected 0`, { offset, expected: 0, actual });
}

/** Checks a part of a payload with interleaved rows. */
function checkPanels(bytes: Uint8Array, offset: number, tensor: PlacedTensor, codes: RegionCodes): void {
  const { name, encoding, shape } = tensor;
  const fault = findPanelFault(encoding, shape, bytes, offset - tensor.offset);
  if (fault === undefined) return;
  const faultOffset = tensor.offset + fault.offset;
  if (fault.kind === 'padding') throw paddingError(faultOffset, bytes[faultOffset - offset] ?? 0, codes.padding);
  const message = `the scale of row ${fault.row}, column ${fault.column} of ${name} is not a positive finite number`;
  throw slmError(codes.scale, message, { offset: faultOffset, tensor: name });
}

/** The exponent bits of a scale: all set in infinities and NaNs. The sign lies above them. */
const INFINITY_BITS: Readonly<Record<ScaleType, number>> = { f32: 0x7f800000, f16: 0x7c00 };

function checkScales(bytes: Uint8Array, offset: number, tensor: PlacedTensor, code: SlmErrorCode): void {
  const { scaleType } = tensor.encoding;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const step = scaleType === 'f32' ? 4 : 2;
  const limit = INFINITY_BITS[scaleType];
  for (let at = 0; at < bytes.byteLength; at += step) {
    const bits = step === 4 ? view.getUint32(at, true) : view.getUint16(at, true);
    if (bits > 0 && bits < limit) continue;
    const index = (offset + at - tensor.scaleOffset) / step;
    throw slmError(code, `scale ${index} of ${tensor.name} is not a positive finite number`, {
      offset: offset + at,
      tensor: tensor.name,
      actual: `0x${bits.toString(16).padStart(2 * step, '0')}`,
    });
  }
}
