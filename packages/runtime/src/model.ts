/** A loaded model as its users see it. */
import type { CheckpointFacts } from '@mirust/checkpoint';
import type { MemoryLayout, ModelDescription } from '@mirust/model';
import type { Diagnostics } from '@mirust/schemas';
import type { Tokenizer } from '@mirust/tokenizer';
import type { GeneratedPiece, GenerateOptions, GenerationResult } from './generate.ts';

/** What was loaded. */
export interface ArtifactIdentity {
  readonly format: string;
  /** Hex; SLM2 alone has one. */
  readonly rootDigest: string | undefined;
}

/** Options of {@link Model.feed}. */
export interface FeedOptions {
  /** 0 to the layout's logitsRows, and no more than tokens are fed. Default 1. */
  readonly logitsRows?: number;
  readonly signal?: AbortSignal;
}

/**
 * A model in memory and its one conversation. Free it when it is no longer needed.
 *
 * Not re-entrant: one call at a time, a second one while another runs throws TypeError. A failed or aborted call keeps
 * the model: `position` says how many tokens the cache holds, and what lies behind it is written again before it is
 * read.
 */
export interface Model {
  readonly artifact: ArtifactIdentity;
  readonly facts: CheckpointFacts;
  readonly description: ModelDescription;
  readonly layout: MemoryLayout;
  /** Undefined where the file brought none. */
  readonly tokenizer: Tokenizer | undefined;
  /** Tokens in the cache. */
  readonly position: number;
  /**
   * Streams a generation from a fresh conversation; a beginning that it shares with the one before is not run again, which
   * changes no result. The prompt is text (encoded with the tokenizer's BOS) or token
   * ids; an empty text means BOS alone. Returns the whole result at the end. The first `next()` throws `RUNTIME_CONTEXT`
   * where the prompt leaves no room, `RUNTIME_NO_TOKENIZER`, RangeError for options out of range; every one throws the
   * signal's reason once it is aborted, TypeError once the model is freed. A reader that leaves the stream gives the model
   * back.
   */
  generate(
    prompt: string | readonly number[],
    options?: GenerateOptions,
  ): AsyncGenerator<GeneratedPiece, GenerationResult, void>;
  /** `generate`, drained. */
  complete(prompt: string | readonly number[], options?: GenerateOptions): Promise<GenerationResult>;
  /**
   * Appends tokens to the conversation; gives a copy of the logits of the last `logitsRows` of them,
   * [logitsRows, vocabSize]. Throws `RUNTIME_CONTEXT`, RangeError for an id out of range.
   */
  feed(tokens: readonly number[], options?: FeedOptions): Promise<Float32Array>;
  /** Appends one token; the logits of the next, a view that the next call overwrites. Throws as `feed` does. */
  step(token: number, signal?: AbortSignal): Promise<Float32Array>;
  /** Starts a new conversation. `wipe` also zeroes the cache, so that nothing of the last one stays in memory. */
  reset(options?: { readonly wipe?: boolean }): void;
  /**
   * Gives everything back; harmless when called twice. Any other call throws TypeError afterwards. Threads end a little later,
   * and memory is the platform's again once nothing reaches it: no logits of `step`, for one.
   */
  free(): void;
  /** Switches the measuring of operation times on or off; off, it costs nothing. */
  setProfiling(enabled: boolean): void;
  /** What is known about load, memory and time so far. */
  diagnostics(): Diagnostics;
}
