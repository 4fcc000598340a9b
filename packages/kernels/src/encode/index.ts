/**
 * @packageDocumentation Kernels of conversions: rows of any stored type are widened, encoded and measured. They have a
 * binary of their own, which an engine that runs models does not load.
 */
import type { TensorEncoding } from '@mirust/core';
import { wasmBinary } from '../binary.ts';
import { ENCODE_WASM } from '../generated/encode.ts';
import { storageKind } from '../storage-kind.ts';

/** Values per scale of the q4 that kernels encode. */
const Q4_BLOCK = 32;

/** What the build exports. All numbers are addresses in its memory, as unsigned 32-bit integers, or counts. */
export interface EncodeKernels {
  /**
   * Converts whole rows: the bytes of `encodedTile` and, interleaved, `interleaveRows` of `@mirust/quant`, and the sums of
   * its `measureTile`. 0 where those would throw: then what was written is void.
   *
   * @param sourceKind `storageKind` of the source
   * @param source its rows, `sourceRowBytes` apart; interleaved: panels
   * @param sourceScales scales that lie apart from the rows, and `sourceBlock` values per scale of q4
   * @param kind {@link encodedKind} of the target
   * @param payload room for the encoded rows or panels
   * @param scales room for scales that lie apart
   * @param scratch {@link encodeScratchBytes} of this thread
   * @param sums f64 [rows, 7]
   */
  convertTile(
    sourceKind: number,
    source: number,
    sourceRowBytes: number,
    sourceScales: number,
    sourceBlock: number,
    kind: number,
    rows: number,
    columns: number,
    payload: number,
    scales: number,
    scratch: number,
    sums: number,
  ): number;
  /** What `convertTile` uses of its scratch. */
  tileScratchBytes(columns: number): number;
  /** Whether `count` plain floats, f32 or 16 bits wide with these exponent bits, are all finite: 1 or 0. */
  areFinite(source: number, count: number, exponentBits: number, is16: number): number;
  /**
   * Adds `rows` rows to what is known of a tensor: the sums and bounds of `scanRows` of `@mirust/quant`.
   *
   * @param kind `storageKind`; the parameters up to `block` as those of the source in `convertTile`
   * @param scratch f32 [columns]
   * @param firstIndex index of the first value in its tensor
   * @param found f64 [4]: count and first index of what is not finite, least and greatest of the others
   * @param magnitudes f32 [rows]: the greatest magnitude of each row
   */
  scanRows(
    kind: number,
    source: number,
    rows: number,
    columns: number,
    rowBytes: number,
    scales: number,
    block: number,
    scratch: number,
    firstIndex: number,
    found: number,
    magnitudes: number,
  ): void;
  /** First byte behind the constants of the build. */
  readonly dataEnd: WebAssembly.Global;
}

/** Compiles the build, for a memory that is shared between threads or not; undefined where there is no SIMD. */
export async function compileEncodeKernels(shared: boolean): Promise<WebAssembly.Module | undefined> {
  if (typeof WebAssembly === 'undefined') return undefined;
  const bytes = wasmBinary(ENCODE_WASM, shared);
  return WebAssembly.validate(bytes) ? WebAssembly.compile(bytes) : undefined;
}

/** Instantiates the build over a memory: one instance per thread. */
export function instantiateEncodeKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): EncodeKernels {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as EncodeKernels;
}

/** Bytes of scratch for rows of so many values: eight rows before, two pairs of them after, and what is around. */
export function encodeScratchBytes(columns: number): number {
  return 12 * 4 * columns + 256;
}

/** The kind of an encoding that the kernels write, or undefined: q8, q4 in blocks of 32, and the plain floats. */
export function encodedKind(encoding: TensorEncoding): number | undefined {
  const { dtype, blockSize } = encoding;
  if (dtype === 'q4' && blockSize !== Q4_BLOCK) return undefined;
  const isWritten = dtype === 'q8' || dtype === 'q4' || dtype === 'f32' || dtype === 'f16' || dtype === 'bf16';
  return isWritten ? storageKind(encoding) : undefined;
}

export { physicalCores } from '#platform';
export { storageKind } from '../storage-kind.ts';
