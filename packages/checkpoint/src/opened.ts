/** What the reader of one format hands to `openCheckpoint`. */
import type { Checkpoint } from './checkpoint.ts';

/**
 * A checkpoint before its tensors are checked against the contract. `close` is added by `openCheckpoint`, which
 * closes the sources of `files`.
 */
export type OpenedModel = Omit<Checkpoint, 'close'>;
