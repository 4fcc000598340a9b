/**
 * What a host holds that no layout decides: its process, compiled code, threads, the tokenizer. Nothing here is computed
 * from a rule of an engine; every figure is the difference of two processes that were measured.
 *
 * The JavaScript heap is why a tokenizer has a curve and not a price per token: V8 doubles its young generation whenever
 * enough of it survives a collection (1, 2, 4, 8, 16 MiB, each in two copies), and keeps what it took. Strings of a
 * vocabulary that is being read survive, so memory rises in steps, and near a step two runs of the same file differ by
 * one.
 */

/** Where a tokenizer comes from: what reading it leaves behind depends on it more than what it is. */
export type TokenizerContainer = 'slm2' | 'gguf' | 'huggingface';

/** Kinds of tokenizers that were measured; the others have the smaller figures of the first. */
export type MeasuredTokenizerKind = 'sentencepiece-bpe' | 'byte-level-bpe';

/** Memory that stays, and the most that there is meanwhile. */
export interface Footprint {
  /** Resident once the model is loaded, garbage that the heap keeps room for included. */
  readonly keptBytes: number;
  /** The most while it is being loaded. */
  readonly loadingBytes: number;
}

/** A footprint at one size of the vocabulary. */
export interface TokenizerPoint extends Footprint {
  readonly vocabSize: number;
}

/** Footprints of the tokenizers of a kind in a container, by rising size; the first is the origin, zero. */
export interface TokenizerCurve {
  readonly container: TokenizerContainer;
  readonly kind: MeasuredTokenizerKind;
  readonly points: readonly TokenizerPoint[];
}

/** See the module comment. All bytes are resident set size unless said otherwise. */
export interface HostBaseline {
  readonly host: 'node' | 'chromium';
  /** Of the host: `20.20.2`. */
  readonly version: string;
  /** `linux-x64`. */
  readonly system: string;
  /** Day of the measurement, ISO 8601. */
  readonly measuredOn: string;
  /**
   * The process with the runtime loaded and no model. Of Chromium the renderer, with its part of what the browser's
   * processes share (PSS).
   */
  readonly processBytes: number;
  /** Of it, live JavaScript objects. */
  readonly processHeapBytes: number;
  /** The compiled kernels, what compiling them leaves behind, and code of the runtime that is compiled at first use. */
  readonly kernelBytes: number;
  /** One thread of the engine: isolate, stack, its instance of the kernels. A thread that takes digests is as large. */
  readonly threadBytes: number;
  /** Once where the engine has threads: kernels over shared memory are compiled again in what tiers the host has. */
  readonly poolBytes: number;
  /** What a thread that took digests leaves behind when it has ended. */
  readonly endedThreadBytes: number;
  /** Of one tensor: its objects, and garbage of reading it. */
  readonly tensors: Readonly<{ slm2: Footprint } & Partial<Record<TokenizerContainer, Footprint>>>;
  readonly tokenizers: readonly TokenizerCurve[];
  /** Live JavaScript objects of a loaded model, and of each of its tensors. */
  readonly heap: { readonly modelBytes: number; readonly tensorBytes: number };
  /** ArrayBuffers besides the model's memory: tables of a tokenizer. */
  readonly arrayBuffers: { readonly modelBytes: number; readonly tokenBytes: number };
}
