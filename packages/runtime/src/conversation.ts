/**
 * The one conversation of a model: which tokens the cache holds, and appending more of them chunk by chunk. The cache
 * counts only what a completed run has written.
 *
 * A new conversation that begins with the same tokens keeps what the cache has of them. That changes no result: what a
 * token gives does not depend on how it was cut into runs.
 */
import type { PhaseTimes } from './diagnostics.ts';
import { runtimeError } from './errors.ts';
import type { ModelParts } from './parts.ts';

/** See the module comment. Not re-entrant. */
export interface Conversation {
  /** Tokens in the cache. */
  readonly position: number;
  /** Tokens and time so far, by phase. */
  readonly times: PhaseTimes;
  /**
   * Appends tokens; the logits of the last `logitsRows` of them, a view that the next call overwrites. Throws
   * RangeError for an id outside the vocabulary, `RUNTIME_CONTEXT` before anything runs, the signal's reason; TypeError once
   * the model is freed.
   */
  append(tokens: readonly number[], logitsRows: number, signal?: AbortSignal): Promise<Float32Array>;
  /** Forgets everything. */
  restart(): void;
  /**
   * Begins anew, with the longest part of the cache that `tokens` begins with too, but never with all of `tokens`: the last
   * one must run, for its logits. Gives how many tokens were kept.
   */
  restartWith(tokens: readonly number[]): number;
  /** The model is freed: nothing is appended any more. */
  close(): void;
}

/** An empty conversation. */
export function createConversation({ backend, description, layout }: ModelParts): Conversation {
  const { vocabSize, slidingWindow } = description.hyperparameters;
  const { context, chunk } = layout.options;
  /** The tokens behind the cache's entries. */
  let cached: number[] = [];
  /** Positions that were ever written since the cache was last empty: a ring forgets the oldest of them. */
  let written = 0;
  const times = { prefillTokens: 0, prefillMilliseconds: 0, decodeTokens: 0, decodeMilliseconds: 0 };
  let position = 0;
  let isClosed = false;

  function check(tokens: readonly number[]): void {
    for (const token of tokens) {
      if (!Number.isInteger(token) || token < 0 || token >= vocabSize) {
        throw new RangeError(`token id ${token} is outside the vocabulary of ${vocabSize}`);
      }
    }
    const needed = position + tokens.length;
    if (needed > context) {
      const message = `${needed} tokens pass the context of ${context}`;
      throw runtimeError('RUNTIME_CONTEXT', message, { limit: context, actual: needed });
    }
  }

  return {
    get position() {
      return position;
    },
    times,
    async append(tokens, logitsRows, signal) {
      check(tokens);
      let logits: Float32Array = new Float32Array(0);
      for (let at = 0; at < tokens.length; ) {
        // Threads that have ended would never answer.
        if (isClosed) throw new TypeError('the model was freed');
        // The last chunk must hold every row that asks for logits, so the one before may have to be shorter.
        const rest = tokens.length - at;
        const size = rest <= chunk ? rest : Math.min(chunk, rest - Math.min(logitsRows, rest - 1));
        const isLast = size === rest;
        const started = performance.now();
        // Even a run that fails may have written its positions.
        written = Math.max(written, position + size);
        logits = await backend.run({
          tokens: tokens.slice(at, at + size),
          startPosition: position,
          logitsRows: isLast ? logitsRows : 0,
          ...(signal === undefined ? {} : { signal }),
        });
        const phase = size > 1 ? 'prefill' : 'decode';
        times[`${phase}Milliseconds`] += performance.now() - started;
        times[`${phase}Tokens`] += size;
        for (let i = at; i < at + size; i++) cached.push(tokens[i] as number);
        position += size;
        at += size;
      }
      return logits;
    },
    restart() {
      position = 0;
      written = 0;
      cached = [];
    },
    restartWith(tokens) {
      const most = Math.min(cached.length, tokens.length - 1);
      let kept = 0;
      while (kept < most && cached[kept] === tokens[kept]) kept++;
      // What the next token looks back at must still be there, which a ring that went on does not promise.
      const oldest = slidingWindow === undefined ? 0 : Math.max(0, kept - slidingWindow + 1);
      if (oldest < written - layout.kvCapacity) kept = 0;
      cached.length = kept;
      position = kept;
      if (kept === 0) written = 0;
      return kept;
    },
    close() {
      isClosed = true;
    },
  };
}
