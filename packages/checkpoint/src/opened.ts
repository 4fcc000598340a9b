/** What the reader of one format hands to `openCheckpoint`. */
import type { MirustError, ReadOptions } from '@mirust/core';
import type { ImportedTokenizer } from '@mirust/tokenizer';
import type { Checkpoint } from './checkpoint.ts';
import type { RawFacts } from './facts.ts';
import type { MappedTensors } from './problems.ts';

/** A checkpoint before it is checked. `openCheckpoint` closes the sources of `files`. */
export interface OpenedModel
  extends Omit<Checkpoint, 'close' | 'facts' | 'readTokenizer' | 'tensors' | 'isPinned'>,
    MappedTensors {
  readonly facts: RawFacts;
  /** Problems with tensors that only the format's reader can see; default none. */
  readonly problems?: readonly MirustError[];
  /** Gives back what was kept of the files between reads; absent where nothing is. For when the sources are closed. */
  release?(): Promise<void>;
  /** The tokenizer as the format stores it. */
  readTokenizer(options?: ReadOptions): Promise<ImportedTokenizer | undefined>;
}
