/**
 * A loaded model and its one conversation. Not re-entrant: one call at a time; a second one while another runs throws.
 *
 * A failed or aborted call keeps the model: `position` says how many tokens the cache holds, and what lies behind it
 * is written again before it is read.
 */
import type { CheckpointFacts } from '@mirust/checkpoint';
import type { MemoryLayout, ModelDescription } from '@mirust/model';
import type { Tokenizer } from '@mirust/tokenizer';
import type { Backend } from './backend.ts';
import { buildDiagnostics, type Diagnostics } from './diagnostics.ts';
import { runtimeError } from './errors.ts';
import type { StopReason } from './generate.ts';
import { DEFAULT_MAX_TOKENS, type GeneratedPiece, type GenerateOptions, type GenerationResult } from './generate.ts';
import type { ModelMemory } from './memory.ts';
import type { OperationProfile } from './profile.ts';
import { createSampler } from './sampler.ts';
import { createStopWatch } from './stop-strings.ts';

/** What was loaded. */
export interface ArtifactIdentity {
  readonly format: string;
  /** Hex; SLM2 alone has one. */
  readonly rootDigest: string | undefined;
}

/** A model in memory. Free it when it is no longer needed. */
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
   * Streams a generation from a fresh conversation. The prompt is text (encoded with the tokenizer's BOS) or token
   * ids; an empty text means BOS alone. Returns the whole result at the end. Throws `RUNTIME_CONTEXT` where the
   * prompt leaves no room, `RUNTIME_NO_TOKENIZER`, RangeError for options out of range, the signal's reason.
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
  /** Appends one token; the logits of the next, a view that the next call overwrites. */
  step(token: number, signal?: AbortSignal): Promise<Float32Array>;
  /** Starts a new conversation. `wipe` also zeroes the cache, so that nothing of the last one stays in memory. */
  reset(options?: { readonly wipe?: boolean }): void;
  /** Gives everything back. Any later call throws. */
  free(): void;
  /** What is known about load, memory and time so far. */
  diagnostics(): Diagnostics;
}

/** Options of {@link Model.feed}. */
export interface FeedOptions {
  /** 0 to the layout's logitsRows; more than a chunk holds is not possible. Default 1. */
  readonly logitsRows?: number;
  readonly signal?: AbortSignal;
}

/** What `loadModel` hands over. */
export interface ModelParts {
  readonly artifact: ArtifactIdentity;
  readonly facts: CheckpointFacts;
  readonly description: ModelDescription;
  readonly layout: MemoryLayout;
  readonly memory: ModelMemory;
  readonly backend: Backend;
  readonly tokenizer: Tokenizer | undefined;
  readonly profile: OperationProfile | undefined;
  readonly loadMilliseconds: number;
}

/** Makes a model of loaded parts; used by `loadModel`. */
export function createModel(parts: ModelParts): Model {
  const { description, layout, tokenizer } = parts;
  const { vocabSize } = description.hyperparameters;
  const { context, chunk } = layout.options;
  let live: { readonly memory: ModelMemory; readonly backend: Backend } | undefined = parts;
  let position = 0;
  let busy = false;
  const times = { prefillTokens: 0, prefillMilliseconds: 0, decodeTokens: 0, decodeMilliseconds: 0 };

  function alive(): { readonly memory: ModelMemory; readonly backend: Backend } {
    if (live === undefined) throw new TypeError('the model was freed');
    return live;
  }

  /** One caller at a time: two interleaved conversations would share one cache. */
  function acquire(): () => void {
    alive();
    if (busy) throw new TypeError('the model is busy: wait for the running call, or abort it');
    busy = true;
    return () => {
      busy = false;
    };
  }

  function checkTokens(tokens: readonly number[]): void {
    for (const token of tokens) {
      if (!Number.isInteger(token) || token < 0 || token >= vocabSize) {
        throw new RangeError(`token id ${token} is outside the vocabulary of ${vocabSize}`);
      }
    }
    if (position + tokens.length > context) throw contextError(position + tokens.length, context);
  }

  /** Runs chunk after chunk; the logits of the last `logitsRows` tokens, a view. */
  async function append(tokens: readonly number[], logitsRows: number, signal?: AbortSignal): Promise<Float32Array> {
    checkTokens(tokens);
    let logits: Float32Array = new Float32Array(0);
    for (let at = 0; at < tokens.length; ) {
      // The last chunk must hold every row that asks for logits, so an earlier one may have to be shorter.
      const rest = tokens.length - at;
      const size = rest <= chunk ? rest : Math.min(chunk, rest - Math.min(logitsRows, rest - 1));
      const part = tokens.slice(at, at + size);
      const last = at + size === tokens.length;
      const started = performance.now();
      logits = await alive().backend.run({
        tokens: part,
        startPosition: position,
        logitsRows: last ? logitsRows : 0,
        ...(signal === undefined ? {} : { signal }),
      });
      const phase = part.length > 1 ? 'prefill' : 'decode';
      times[`${phase}Milliseconds`] += performance.now() - started;
      times[`${phase}Tokens`] += part.length;
      position += size;
      at += size;
    }
    return logits;
  }

  function encodePrompt(prompt: string | readonly number[]): readonly number[] {
    if (typeof prompt !== 'string') return prompt;
    if (tokenizer === undefined) {
      throw runtimeError('RUNTIME_NO_TOKENIZER', 'the model has no tokenizer, so text cannot be a prompt');
    }
    return tokenizer.encode(prompt);
  }

  async function* generate(
    prompt: string | readonly number[],
    options: GenerateOptions = {},
  ): AsyncGenerator<GeneratedPiece, GenerationResult, void> {
    const maxTokens = options.maxTokens ?? DEFAULT_MAX_TOKENS;
    if (!Number.isSafeInteger(maxTokens) || maxTokens < 0) {
      throw new RangeError(`maxTokens must be a non-negative integer, got ${maxTokens}`);
    }
    const sampler = createSampler(options);
    const stopWatch = createStopWatch(options.stop ?? []);
    const promptTokenIds = encodePrompt(prompt);
    if (promptTokenIds.length === 0) throw new RangeError('the prompt has no tokens and the tokenizer adds no BOS');
    // Behind a prompt the text goes on; from BOS alone it begins, and the space that a tokenizer puts in front goes.
    const continuation = promptTokenIds.some((id) => tokenizer?.isSpecial(id) !== true);
    const decoder = tokenizer?.createDecoder({ continuation });
    const release = acquire();
    try {
      position = 0;
      const history = [...promptTokenIds];
      const tokenIds: number[] = [];
      let text = '';
      let stopReason: StopReason = 'max-tokens';
      let started = performance.now();
      let logits = maxTokens === 0 ? undefined : await append(promptTokenIds, 1, options.signal);
      const prefillMilliseconds = performance.now() - started;
      started = performance.now();
      while (logits !== undefined && tokenIds.length < maxTokens) {
        const tokenId = sampler.sample(logits, history);
        if (options.ignoreEndOfGeneration !== true && tokenizer?.isEndOfGeneration(tokenId) === true) {
          stopReason = 'end-of-generation';
          break;
        }
        tokenIds.push(tokenId);
        history.push(tokenId);
        const piece = stopWatch.push(decoder?.push(tokenId) ?? '');
        text += piece;
        yield { text: piece, tokenId };
        if (stopWatch.stopped !== undefined) {
          stopReason = 'stop-string';
          break;
        }
        if (tokenIds.length === maxTokens) break;
        if (position >= context) {
          stopReason = 'context';
          break;
        }
        logits = await append([tokenId], 1, options.signal);
      }
      const rest = stopWatch.push(decoder?.flush() ?? '') + stopWatch.flush();
      const decodeMilliseconds = performance.now() - started;
      const lastId = tokenIds.at(-1);
      if (rest.length > 0 && lastId !== undefined) {
        text += rest;
        yield { text: rest, tokenId: lastId };
      }
      return { text, tokenIds, promptTokenIds, stopReason, prefillMilliseconds, decodeMilliseconds };
    } finally {
      release();
    }
  }

  return {
    artifact: parts.artifact,
    facts: parts.facts,
    description,
    layout,
    tokenizer,
    get position() {
      return position;
    },
    generate,
    async complete(prompt, options) {
      const stream = generate(prompt, options);
      for (;;) {
        const next = await stream.next();
        if (next.done === true) return next.value;
      }
    },
    async feed(tokens, options = {}) {
      const logitsRows = options.logitsRows ?? 1;
      const most = Math.min(layout.options.logitsRows, tokens.length);
      if (!Number.isInteger(logitsRows) || logitsRows < 0 || logitsRows > most) {
        throw new RangeError(`logitsRows must be an integer from 0 to ${most}, got ${logitsRows}`);
      }
      const release = acquire();
      try {
        return (await append(tokens, logitsRows, options.signal)).slice();
      } finally {
        release();
      }
    },
    async step(token, signal) {
      const release = acquire();
      try {
        return await append([token], 1, signal);
      } finally {
        release();
      }
    },
    reset(options = {}) {
      const release = acquire();
      position = 0;
      if (options.wipe === true) alive().memory.wipeHistory();
      release();
    },
    free() {
      live = undefined;
      position = 0;
    },
    diagnostics: () => buildDiagnostics(parts, alive().memory, times),
  };
}

function contextError(needed: number, context: number): Error {
  return runtimeError('RUNTIME_CONTEXT', `${needed} tokens pass the context of ${context}`, {
    limit: context,
    actual: needed,
  });
}
