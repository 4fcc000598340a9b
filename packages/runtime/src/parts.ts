/** What a loaded model is made of: `loadModel` hands it over, the rest of the runtime works on it. */
import type { CheckpointFacts } from '@mirust/checkpoint';
import type { Holding, Ledger } from '@mirust/core';
import type { MemoryLayout, ModelDescription } from '@mirust/model';
import type { Tokenizer } from '@mirust/tokenizer';
import type { Backend } from './backend.ts';
import type { LoadTimes } from './load-times.ts';
import type { ModelMemory } from './memory.ts';
import type { ArtifactIdentity } from './model.ts';
import type { OperationProfile } from './profile.ts';

/** See the module comment. */
export interface ModelParts {
  readonly artifact: ArtifactIdentity;
  readonly facts: CheckpointFacts;
  readonly description: ModelDescription;
  readonly layout: MemoryLayout;
  readonly memory: ModelMemory;
  readonly backend: Backend;
  readonly tokenizer: Tokenizer | undefined;
  /** What the tokenizer looks things up in, where there is a ledger. */
  readonly tables: Holding | undefined;
  readonly ledger: Ledger | undefined;
  readonly profile: OperationProfile;
  readonly loadMilliseconds: number;
  readonly loadTimes: LoadTimes;
}
