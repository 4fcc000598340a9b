/** What the reader of one format hands over: first what the files hold, then what that is as a model. */
import type { JsonObject, Ledger, MirustError, ReadOptions, Shape, TensorEncoding, Warning } from '@mirust/core';
import type { GgufMetadata } from '@mirust/gguf';
import type { ImportedTokenizer } from '@mirust/tokenizer';
import type { Checkpoint, CheckpointFile, CheckpointFormat } from './checkpoint.ts';
import type { RawFacts } from './facts.ts';
import type { MappedTensors } from './problems.ts';

/** A tensor as its file lists it, whatever the architecture. */
export interface StoredTensor {
  /** As the file spells it: text of the file. */
  readonly name: string;
  /** Outermost dimension first. */
  readonly shape: Shape;
  readonly encoding: TensorEncoding;
  /** Payload and scales, as the file has them: without padding. */
  readonly byteLength: number;
  /** Name of the file that holds it. */
  readonly file: string;
}

/** Options of {@link OpenedHeaders.describe}. */
export interface DescribeOptions {
  /** Records what is kept between reads. */
  readonly ledger?: Ledger | undefined;
}

/** The headers of a checkpoint, read and checked, before anything is known of its architecture. */
export interface OpenedHeaders {
  readonly format: CheckpointFormat;
  /** The caller closes their sources. */
  readonly files: readonly CheckpointFile[];
  readonly tensors: readonly StoredTensor[];
  readonly warnings: readonly Warning[];
  /** config.json of a Hugging Face directory, where there is one. */
  readonly config?: JsonObject;
  /** Of GGUF. */
  readonly metadata?: GgufMetadata;
  /** Tokens of the vocabulary, where the headers say how many; may be costly the first time. */
  countTokens?(): number | undefined;
  /**
   * Maps the tensors onto the architecture that the headers name. Throws what `describeModel` throws, and
   * `CHECKPOINT_INCOMPLETE` where the checkpoint says nowhere what it is.
   */
  describe(options?: DescribeOptions): OpenedModel;
}

/** A checkpoint before it is checked. */
export interface OpenedModel
  extends Omit<Checkpoint, 'close' | 'facts' | 'readTokenizer' | 'tensors' | 'isPinned'>,
    MappedTensors {
  /** Reads what the source says about itself, from side files where the format has such. */
  readFacts(options?: ReadOptions): Promise<RawFacts>;
  /** Problems with tensors that only the format's reader can see; default none. */
  readonly problems?: readonly MirustError[];
  /** Gives back what was kept of the files between reads; absent where nothing is. For when the sources are closed. */
  release?(): Promise<void>;
  /** The tokenizer as the format stores it. */
  readTokenizer(options?: ReadOptions): Promise<ImportedTokenizer | undefined>;
}
