/**
 * What executes a forward program. The reference backend defines the results; every other backend is tested
 * against it.
 */
import type { MemoryLayout, ModelDescription } from '@mirust/model';
import type { ModelMemory } from './memory.ts';
import type { OperationProfile } from './profile.ts';
import type { LoadedWeights } from './weights.ts';

/** One run of the program: some tokens, appended at the end of the cache. */
export interface RunRequest {
  /** At most the chunk of the layout. */
  readonly tokens: readonly number[];
  /** Position of the first token: how many tokens the cache holds. */
  readonly startPosition: number;
  /** How many of the last tokens want logits: 0 to the layout's logitsRows. */
  readonly logitsRows: number;
  readonly signal?: AbortSignal;
}

/** Executes runs. Owned by one model, not re-entrant. */
export interface Backend {
  readonly name: string;
  /**
   * Logits of the asked-for rows, [logitsRows, vocabSize]: a view that the next run overwrites. Rejects with the
   * signal's reason between two operations once it is aborted; cache entries from `startPosition` on are then
   * undefined and must be written again before they are read.
   */
  run(request: RunRequest): Promise<Float32Array>;
  /** `argmax` of the sampler, for a row of logits that `run` gave. */
  argmax?(row: Float32Array): number;
  /** Indices of the `count` (at most `MAX_CANDIDATES`) highest of such a row, in no order; NaN is passed over. */
  topK?(row: Float32Array, count: number): number[];
  /** Ends its threads; a run in progress rejects. */
  close?(): void;
}

/** What a backend is made from. */
export interface BackendContext {
  readonly model: ModelDescription;
  readonly layout: MemoryLayout;
  readonly memory: ModelMemory;
  readonly weights: LoadedWeights;
  /** Where operation times go while it is enabled. */
  readonly profile: OperationProfile;
}
