/** What the reader gives: the header of a GGUF file, checked. */
import type { DTypeName, Shape, Warning } from '@mirust/core';
import type { GgufMetadata } from './value.ts';

/** One row of the tensor table. */
export interface GgufTensor {
  readonly name: string;
  readonly dtype: DTypeName;
  /** Outermost dimension first, [out, in] for a matrix: the reverse of the order in the file. */
  readonly shape: Shape;
  /** Absolute byte offset of the data in the file. */
  readonly offset: number;
  readonly byteLength: number;
}

/** A checked header. Plain data; it does not hold the source. */
export interface GgufFile {
  readonly version: 2 | 3;
  /** Bytes. The data of every tensor start at a multiple of it, counted from `dataOffset`. */
  readonly alignment: number;
  /** In the order of the file. */
  readonly metadata: GgufMetadata;
  /** In the order of the tensor table. */
  readonly tensors: readonly GgufTensor[];
  readonly tensorsByName: ReadonlyMap<string, GgufTensor>;
  /** Where the tensor table ends. */
  readonly headerByteLength: number;
  /** Where the data start: `headerByteLength`, aligned. A file without tensors may end before it. */
  readonly dataOffset: number;
  /** What is odd but harmless; codes in `GGUF_WARNINGS`. */
  readonly warnings: readonly Warning[];
}
