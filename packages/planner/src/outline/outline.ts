/**
 * The outline of a model: its tensors and the shape of its cache, which is what its memory follows from, whether or not the
 * runtime has a program for its architecture.
 */
import type { Shape } from '@mirust/core';
import type { ModelDescription } from '@mirust/model';

/** What a tensor is for: mixes of storage types and the cost of a token go by it. */
export type OutlineRole =
  | 'embedding'
  | 'output'
  | 'matrix'
  | 'norm'
  | 'bias'
  | 'router'
  | 'rope-factors'
  /** In a file of an architecture that is not known. */
  | 'unknown';

/** One tensor. */
export interface OutlineTensor {
  /** As GGUF names it, `blk.0.attn_q.weight`; in an outline of a file whose architecture is not known, as the file does. */
  readonly name: string;
  /** Row-major: [out, in], stacked experts [experts, out, in]. */
  readonly shape: Shape;
  readonly role: OutlineRole;
  /** Absent outside the layers. */
  readonly layer?: number;
  /** Of stacked experts: how many there are, and how many of them a token is routed to. */
  readonly experts?: { readonly count: number; readonly used: number };
}

/** The cache of one layer. Heads are those of keys and values. */
export interface LayerCache {
  readonly kvHeadCount: number;
  /** Values of one key vector. */
  readonly keyDim: number;
  /** Values of one value vector; 0 where values are a part of the keys, as in latent attention (MLA). */
  readonly valueDim: number;
  /** Positions that the layer sees, where it does not see all. */
  readonly slidingWindow?: number;
}

/** See the module comment. */
export interface ModelOutline {
  /** GGUF's name: `llama`, `qwen3moe`. Text of the file where it is not known: sanitise before showing. */
  readonly architecture: string;
  readonly name?: string;
  /** Present where the outline is that of a part: the text model of one that also sees. */
  readonly part?: 'text';
  readonly tensors: readonly OutlineTensor[];
  /** By layer; absent where the architecture is not known. A layer without a cache (recurrent ones) is null. */
  readonly cache?: readonly (LayerCache | null)[];
  /** Query heads and the length of a head of theirs, for the cost of attention; absent where not known. */
  readonly attention?: { readonly headCount: number; readonly headDim: number };
  /** Positions that the model declares; absent where it does not. */
  readonly maxContext?: number;
  /**
   * Elements of a tied head that the source stores a second time, as some published checkpoints do. They are no tensor of
   * the outline and are not loaded.
   */
  readonly storedTwiceElements?: number;
  /** Present where the runtime has a program: then layout and buffers are exact. */
  readonly description?: ModelDescription;
}
