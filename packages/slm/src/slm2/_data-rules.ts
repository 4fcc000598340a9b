/** What holds for DATA besides its digests, and what lies where in it: for every way of reading it. */
import { checkRegions, dataRegions, firstRegionBehind, type Region, type RegionVisitor } from '../_regions.ts';
import type { PlacedTensor } from '../tensor.ts';

const CODES = { padding: 'SLM2_PADDING', scale: 'SLM2_SCALE_VALUE' } as const;
/** Names of tensors that a message lists. */
const MAX_LISTED_TENSORS = 3;

/** What the rules depend on: a file that was read, or the layout of one that is written. */
export interface DataPlaces {
  readonly tensors: readonly PlacedTensor[];
  readonly dataOffset: number;
  readonly dataByteLength: number;
}

/** Rules of one file. All offsets are from the start of DATA. */
export interface DataRules {
  /** Names the tensors of a range, for messages. */
  contents(offset: number, byteLength: number): string;
  /**
   * Checks padding and scales of a piece, both ends of which are multiples of 4; shows its parts to `visit`. Throws
   * `SLM2_PADDING` and `SLM2_SCALE_VALUE`.
   */
  checkBytes(bytes: Uint8Array, offset: number, visit?: RegionVisitor): void;
}

/** The rules of a file. */
export function dataRules({ tensors, dataOffset, dataByteLength }: DataPlaces): DataRules {
  const regions = dataRegions(tensors, dataOffset, dataOffset + dataByteLength);
  return {
    contents: (offset, byteLength) => tensorsWithin(regions, tensors, dataOffset + offset, byteLength),
    checkBytes: (bytes, offset, visit) => checkRegions(regions, tensors, bytes, dataOffset + offset, CODES, visit),
  };
}

/** `: norm.weight, output.weight`: the tensors that lie in a range of the file, for messages. */
function tensorsWithin(
  regions: readonly Region[],
  tensors: readonly PlacedTensor[],
  offset: number,
  byteLength: number,
): string {
  const names = new Set<string>();
  for (let i = firstRegionBehind(regions, offset); i < regions.length; i++) {
    const region = regions[i] as Region;
    if (region.offset >= offset + byteLength) break;
    const name = tensors[region.tensor]?.name;
    if (name !== undefined && region.kind !== 'padding') names.add(name);
  }
  if (names.size === 0) return '';
  const listed = [...names].slice(0, MAX_LISTED_TENSORS).join(', ');
  return `: ${listed}${names.size > MAX_LISTED_TENSORS ? ` and ${names.size - MAX_LISTED_TENSORS} more` : ''}`;
}
