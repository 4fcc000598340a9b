/** What the reader gives: the header of a safetensors file, checked. */
import type { DTypeName, Shape, Warning } from '@mirust/core';

/** One tensor of a file. */
export interface SafetensorsTensor {
  readonly name: string;
  readonly dtype: DTypeName;
  /** Outermost dimension first. Rank 0 is a scalar; a dimension of 0 is a tensor without data. */
  readonly shape: Shape;
  /** Absolute byte offset of the data in the file. Not aligned to anything. */
  readonly offset: number;
  readonly byteLength: number;
  /** Name of the file that holds it. */
  readonly file: string;
}

/** A checked header. Plain data; it does not hold the source. */
export interface SafetensorsFile {
  /** In the order of the data, which need not be that of the header. */
  readonly tensors: readonly SafetensorsTensor[];
  readonly tensorsByName: ReadonlyMap<string, SafetensorsTensor>;
  /** The `__metadata__` entry; empty where there is none. */
  readonly metadata: ReadonlyMap<string, string>;
  /** The header's text, without the eight bytes of its length. */
  readonly headerByteLength: number;
  /** Where the data start: 8 + `headerByteLength`. */
  readonly dataOffset: number;
  /** What is odd but harmless; codes in `SAFETENSORS_WARNINGS`. */
  readonly warnings: readonly Warning[];
}
