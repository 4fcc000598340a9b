/** What generation takes and gives. */
import type { SamplingOptions } from './sampler.ts';

/** How to generate. */
export interface GenerateOptions extends SamplingOptions {
  /** Tokens to generate at most. Default 256, and never past the context. */
  readonly maxTokens?: number;
  /** The text ends before the first of these that is complete; they may straddle tokens. Default none. */
  readonly stop?: readonly string[];
  /** Whether an end-of-generation token is only recorded and generation goes on. Default false. */
  readonly ignoreEndOfGeneration?: boolean;
  readonly signal?: AbortSignal;
}

/** Tokens generated when no number is asked for. */
export const DEFAULT_MAX_TOKENS = 256;

/** Why a generation ended. */
export type StopReason = 'end-of-generation' | 'max-tokens' | 'context' | 'stop-string';

/** One step of a stream. The texts of all pieces, joined, are the text of the result. */
export interface GeneratedPiece {
  /** May be empty: a character that is not complete yet, or text held back because a stop string may begin in it. */
  readonly text: string;
  readonly tokenId: number;
}

/** A whole generation. */
export interface GenerationResult {
  readonly text: string;
  /** Generated ids, an ending end-of-generation token left out. */
  readonly tokenIds: readonly number[];
  readonly promptTokenIds: readonly number[];
  /** Tokens of the prompt that the cache still held from the conversation before, and that were not run again. */
  readonly reusedTokens: number;
  readonly stopReason: StopReason;
  readonly prefillMilliseconds: number;
  readonly decodeMilliseconds: number;
}
