/** What a layout depends on besides the model, and the defaults that planner and runtime share. */

import { modelError } from './errors.ts';
import type { Hyperparameters } from './hyperparameters.ts';
import { KV_TYPES, type KvType } from './kv-cache.ts';

/** Options of a layout, all decided. */
export interface LayoutOptions {
  /** Positions that the cache holds. */
  readonly context: number;
  /** Tokens per prefill run, T; at most the context. */
  readonly chunk: number;
  readonly kvType: KvType;
  /** Positions per run that may ask for logits, R: 1 in generation, the chunk for perplexity; at most the chunk. */
  readonly logitsRows: number;
  /** Threads of the engine: each has a workspace. */
  readonly threads: number;
}

/** Options as a caller gives them. */
export interface LayoutRequest {
  /** Default: what the model declares, at most {@link DEFAULT_CONTEXT}. */
  readonly context?: number;
  /** Default {@link DEFAULT_CHUNK}. */
  readonly chunk?: number;
  /** Default f32. */
  readonly kvType?: KvType;
  /** Default 1. */
  readonly logitsRows?: number;
  /** Default 1. */
  readonly threads?: number;
}

/** Context when none is asked for: models declare up to millions, and their cache would fill any machine. */
export const DEFAULT_CONTEXT = 4096;

/** Far more threads than share one memory's bandwidth with any gain. */
export const MAX_THREADS = 64;

/** Tokens per prefill run when none are asked for. */
export const DEFAULT_CHUNK = 64;

/**
 * Fills in the defaults, and clamps chunk and logits rows to what contains them. Throws RangeError for values that are
 * no positive integers and for an unknown cache type, `MODEL_CONTEXT` for a context beyond what the model declares.
 */
export function resolveLayoutOptions(
  h: Pick<Hyperparameters, 'maxContext'>,
  request: LayoutRequest = {},
): LayoutOptions {
  const context = request.context ?? Math.min(h.maxContext, DEFAULT_CONTEXT);
  const chunk = request.chunk ?? DEFAULT_CHUNK;
  const logitsRows = request.logitsRows ?? 1;
  const threads = request.threads ?? 1;
  for (const [name, value] of Object.entries({ context, chunk, logitsRows, threads })) {
    if (!Number.isSafeInteger(value) || value < 1)
      throw new RangeError(`${name} must be a positive integer, got ${value}`);
  }
  if (threads > MAX_THREADS) throw new RangeError(`threads must be at most ${MAX_THREADS}, got ${threads}`);
  if (context > h.maxContext) {
    throw modelError('MODEL_CONTEXT', `a context of ${context} passes the ${h.maxContext} that the model declares`, {
      limit: h.maxContext,
      actual: context,
    });
  }
  const kvType = request.kvType ?? 'f32';
  if (!KV_TYPES.includes(kvType)) throw new RangeError(`kvType must be one of ${KV_TYPES.join(', ')}, got ${kvType}`);
  const clampedChunk = Math.min(chunk, context);
  return {
    context,
    chunk: clampedChunk,
    kvType,
    logitsRows: Math.min(logitsRows, clampedChunk),
    threads,
  };
}
