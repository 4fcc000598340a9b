/** What a thread of a conversion is asked to do. */

/** A call of a kernel: its name and its arguments. */
export interface KernelCall {
  readonly kernel: 'convertTile' | 'areFinite';
  readonly args: readonly number[];
}

/** Bytes in shared memory that have to be read from an open file first. */
export interface Fill {
  readonly bytes: Uint8Array;
  readonly file: { readonly descriptor: number; readonly offset: number };
}

/** A task. State of a thread, its kernels and its digests under way, comes from the tasks that it did before. */
export type WorkTask =
  /** The build, and the memory that it works on: once, before any call. */
  | { readonly kind: 'setUp'; readonly module: WebAssembly.Module; readonly memory: WebAssembly.Memory }
  /** Fills, then calls: whether the kernel gave 1. */
  | { readonly kind: 'call'; readonly call: KernelCall; readonly fills: readonly Fill[] }
  /** SHA-256 of bytes in one piece. */
  | { readonly kind: 'sha256'; readonly bytes: Uint8Array }
  /** Appends bytes to the digest with this number, the first of which begin it. */
  | { readonly kind: 'update'; readonly stream: number; readonly bytes: Uint8Array }
  /** Appends a range of an open file. */
  | {
      readonly kind: 'updateFromFile';
      readonly stream: number;
      readonly descriptor: number;
      readonly offset: number;
      readonly byteLength: number;
    }
  /** Ends a digest and gives it. */
  | { readonly kind: 'digest'; readonly stream: number };

/** What a thread answers: a verdict, a digest, or that it is done. */
export type WorkAnswer = boolean | Uint8Array | undefined;
