/**
 * The one conversation of a model: which tokens the cache holds, and appending more of them chunk by chunk. The cache
 * counts only what a completed run has written.
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
   * RangeError for an id outside the vocabulary, `RUNTIME_CONTEXT` before anything runs, the signal's reason.
   */
  append(tokens: readonly number[], logitsRows: number, signal?: AbortSignal): Promise<Float32Array>;
  /** Forgets everything. */
  restart(): void;
}

/** An empty conversation. */
export function createConversation({ backend, description, layout }: ModelParts): Conversation {
  const { vocabSize } = description.hyperparameters;
  const { context, chunk } = layout.options;
  const times = { prefillTokens: 0, prefillMilliseconds: 0, decodeTokens: 0, decodeMilliseconds: 0 };
  let position = 0;

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
        // The last chunk must hold every row that asks for logits, so the one before may have to be shorter.
        const rest = tokens.length - at;
        const size = rest <= chunk ? rest : Math.min(chunk, rest - Math.min(logitsRows, rest - 1));
        const isLast = size === rest;
        const started = performance.now();
        logits = await backend.run({
          tokens: tokens.slice(at, at + size),
          startPosition: position,
          logitsRows: isLast ? logitsRows : 0,
          ...(signal === undefined ? {} : { signal }),
        });
        const phase = size > 1 ? 'prefill' : 'decode';
        times[`${phase}Milliseconds`] += performance.now() - started;
        times[`${phase}Tokens`] += size;
        position += size;
        at += size;
      }
      return logits;
    },
    restart() {
      position = 0;
    },
  };
}
