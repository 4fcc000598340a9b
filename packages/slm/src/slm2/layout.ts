/** Every offset of an SLM2 file and its whole length, before a weight has been converted. */
import { alignUp } from '@mirust/core';
import { chunkCount, SHA256_BYTES } from '@mirust/integrity';
import type { Slm2Meta } from '@mirust/schemas';
import { checkDescription, PAYLOAD_ALIGNMENT, type PlacedTensor, type TensorDescription } from '../tensor.ts';
import { slm2DTypeId } from './dtype-ids.ts';
import { SLM2_DATA_ALIGNMENT, SLM2_MAX_BYTES, SLM2_MAX_NAME_BYTES, SLM2_MAX_TENSORS, type Slm2Kind } from './format.ts';
import { placeSections } from './header.ts';
import { writeSlm2Meta } from './meta.ts';
import { withPendingMeasurements } from './statistic.ts';
import { placeTensorTable, tensorTableByteLength } from './tensor-table.ts';

/** What an SLM2 file is to hold. */
export interface Slm2Description {
  /**
   * META as far as it is known: digests of sources and error statistics may be placeholders (`PENDING_SHA256`,
   * `PENDING_STATISTIC`), but statistics must be there for exactly the tensors that will have some.
   */
  readonly meta: Slm2Meta;
  /** The TOKN section. */
  readonly tokenizerBytes: Uint8Array;
  /** In any order; META must have a record for each. */
  readonly tensors: readonly TensorDescription[];
}

/** A section and its place. */
export interface Slm2SectionPlace {
  readonly kind: Slm2Kind;
  readonly offset: number;
  readonly byteLength: number;
}

/** The file, laid out. */
export interface Slm2Layout {
  readonly byteLength: number;
  readonly sections: readonly Slm2SectionPlace[];
  readonly dataOffset: number;
  readonly dataByteLength: number;
  /** Sorted by name, which is the order of DATA. */
  readonly tensors: readonly PlacedTensor[];
  readonly tensorsByName: ReadonlyMap<string, PlacedTensor>;
  readonly tokenizerBytes: Uint8Array;
  /** META with placeholders for everything that is measured, canonical: what `finish` must agree with. */
  readonly pendingMeta: Uint8Array;
}

/**
 * Lays a file out. Throws TypeError where META breaks its schema; RangeError where META and the tensors do not name the
 * same ones, a name, type, shape or encoding cannot be stored, or a section would be empty or too large; `OVERFLOW`
 * where a size passes 2^53 - 1.
 */
export function layoutSlm2(description: Slm2Description): Slm2Layout {
  const { meta, tokenizerBytes, tensors } = description;
  checkTensorNames(meta, tensors);
  for (const tensor of tensors) {
    checkDescription(tensor);
    if (slm2DTypeId(tensor.encoding.dtype) === undefined) {
      throw new RangeError(`SLM2 cannot store ${tensor.name} as ${tensor.encoding.dtype}`);
    }
  }
  const pendingMeta = writeSlm2Meta(withPendingMeasurements(meta));
  // Where DATA starts depends on the length of LEAF, which depends on the length of DATA, which does not depend on
  // where DATA starts: all its alignments divide that of the section.
  const dataByteLength = alignUp(placeTensorTable(tensors, 0).end, PAYLOAD_ALIGNMENT);
  const lengths: Readonly<Record<Slm2Kind, number>> = {
    META: pendingMeta.byteLength,
    TOKN: tokenizerBytes.byteLength,
    TENS: tensorTableByteLength(tensors),
    LEAF: chunkCount(dataByteLength) * SHA256_BYTES,
    DATA: dataByteLength,
  };
  const kinds = Object.keys(lengths) as Slm2Kind[];
  for (const kind of kinds) {
    if (lengths[kind] >= 1 && lengths[kind] <= SLM2_MAX_BYTES[kind]) continue;
    throw new RangeError(`section ${kind} would have ${lengths[kind]} bytes, allowed are 1 to ${SLM2_MAX_BYTES[kind]}`);
  }
  const sections = placeSections(kinds.map((kind) => ({ kind, byteLength: lengths[kind] }))) as Slm2SectionPlace[];
  const dataOffset = sections.at(-1)?.offset ?? SLM2_DATA_ALIGNMENT;
  const placed = placeTensorTable(tensors, dataOffset);
  return {
    byteLength: dataOffset + dataByteLength,
    sections,
    dataOffset,
    dataByteLength,
    tensors: placed.tensors,
    tensorsByName: new Map(placed.tensors.map((tensor) => [tensor.name, tensor])),
    tokenizerBytes,
    pendingMeta,
  };
}

function checkTensorNames(meta: Slm2Meta, tensors: readonly TensorDescription[]): void {
  if (tensors.length < 1 || tensors.length > SLM2_MAX_TENSORS) {
    throw new RangeError(`a container holds 1 to ${SLM2_MAX_TENSORS} tensors, not ${tensors.length}`);
  }
  const names = new Set<string>();
  for (const { name } of tensors) {
    if (!/^[!-~]+$/.test(name) || name.length > SLM2_MAX_NAME_BYTES) throw new RangeError(`bad tensor name "${name}"`);
    if (names.has(name)) throw new RangeError(`tensor ${name} is there twice`);
    if (!Object.hasOwn(meta.tensors, name)) throw new RangeError(`META has no record of ${name}`);
    names.add(name);
  }
  const extra = Object.keys(meta.tensors).find((name) => !names.has(name));
  if (extra !== undefined) throw new RangeError(`META has a record of ${extra}, which is no tensor`);
}
