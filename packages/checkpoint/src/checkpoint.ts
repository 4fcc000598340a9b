/**
 * A checkpoint of any format as one thing: a described model, its tensors under canonical names, its tokenizer, and
 * what the source says about itself. Pack, admission, planner and runtime know checkpoints, not formats.
 */
import type { ByteSource, ReadOptions, RowOffsets, Shape, TensorEncoding, Warning } from '@mirust/core';
import type { Digester, DigestPool, ProgressOptions, VerifiedReadTimes } from '@mirust/integrity';
import type { ModelDescription } from '@mirust/model';
import type { SourceFile } from '@mirust/schemas';
import type { ImportedTokenizer } from '@mirust/tokenizer';

/** Formats that can be opened. `huggingface` is a directory with config.json and safetensors. */
export type CheckpointFormat = 'slm1' | 'slm2' | 'gguf' | 'huggingface' | 'llama2c';

/** One tensor, read by rows. A rank-1 tensor is one row. */
export interface CheckpointTensor {
  /** Canonical name. */
  readonly name: string;
  /** Its name in the source, for messages. */
  readonly sourceName: string;
  readonly shape: Shape;
  readonly encoding: TensorEncoding;
  /**
   * Reads the stored bytes of `rowCount` rows, rows in our order whatever the source's is. `payload` and `scales`
   * must have exactly the bytes of these rows, as `rowOffsets` tells them; of an interleaved tensor only whole panels
   * can be read: `firstRow` is a multiple of 8, `rowCount` too or up to the last row. Throws RangeError otherwise, and
   * what the source throws: I/O, truncation, a digest that differs.
   */
  readRows(
    firstRow: number,
    rowCount: number,
    payload: Uint8Array,
    scales: Uint8Array,
    options?: ReadOptions,
  ): Promise<void>;
  /**
   * Where rows from `firstRow` on lie, as `readRows` gives them: one run of payload and one of scales. Threads may read
   * them there, from the file that the source lends, if it lends one. Absent where `readRows` gathers rows.
   */
  locateRows?(firstRow: number): RowLocation;
}

/** A place in a source. */
export interface RowLocation {
  readonly source: ByteSource;
  /** Absolute. */
  readonly payloadOffset: number;
  /** Absolute; meaningless where no scales lie apart. */
  readonly scaleOffset: number;
}

/** Threads that may help to read, and whatever a pass over a file takes. */
export interface ReadImageOptions extends ProgressOptions {
  readonly pool?: DigestPool | undefined;
}

/**
 * All weights of a file as one run of bytes: payloads and scales in their encodings, and the padding between. Where the
 * weight tape of a runtime has the same places, loading is reading this.
 */
export interface WeightImage {
  readonly byteLength: number;
  /** By canonical name, complete: where payload and scales lie, from the start of the image. */
  readonly places: ReadonlyMap<string, RowOffsets>;
  /**
   * Fills `target`, as long as the image. Every byte is verified when this returns; when it throws, as reading rows does,
   * nothing is being read any more.
   */
  readInto(target: Uint8Array, options?: ReadImageOptions): Promise<VerifiedReadTimes>;
}

/** What a source says about itself; every field may be absent. Text of the file: sanitise before showing. */
export interface CheckpointFacts {
  readonly name?: string;
  readonly license?: string;
  readonly baseModel?: string;
  /** The files that it was packed from, as its META says: of SLM2 alone. */
  readonly sources?: readonly SourceFile[];
  /** At most `MAX_CHAT_TEMPLATE_CHARACTERS`. */
  readonly chatTemplate?: string;
  /** Ids that end a generation, rising, inside the vocabulary. `readTokenizer` has put them into its model. */
  readonly endOfGeneration?: readonly number[];
  /**
   * RMS of the error of all weights that were quantized, divided by the RMS of their source's values, as it was measured when
   * they were: of SLM2 alone.
   */
  readonly quantizationError?: number;
}

/** One file of a checkpoint. */
export interface CheckpointFile {
  /** Without directories. */
  readonly name: string;
  readonly source: ByteSource;
}

/** Options of `Checkpoint.verify`. */
export interface VerifyOptions extends ReadOptions {
  /** Takes the digests of an SLM2. Default: the caller's thread. */
  readonly digester?: Digester | undefined;
  readonly onProgress?: (checkedBytes: number, totalBytes: number) => void;
}

/** An open checkpoint. Holds its files open until `close`. Reads may run at the same time. */
export interface Checkpoint {
  readonly format: CheckpointFormat;
  readonly files: readonly CheckpointFile[];
  /**
   * Whether whatever is read later is sure to be what was opened, even if somebody replaces a file: of SLM1 and SLM2, and
   * of every format behind `pinFiles`.
   */
  readonly isPinned: boolean;
  readonly model: ModelDescription;
  /** By canonical name, complete: checked against the contract. */
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  /** Absent where the weights do not lie in one run that digests cover: SLM2 alone has it. */
  readonly image?: WeightImage;
  readonly facts: CheckpointFacts;
  /** Name of the artifact, hex: SLM2 alone has one. */
  readonly rootDigest: string | undefined;
  /** At most one per code. */
  readonly warnings: readonly Warning[];
  /**
   * Reads everything that digests cover and checks it: SLM2 every piece and tensor, SLM1 its checksum. Formats without
   * digests have nothing to verify and resolve at once. Throws the integrity code of the first piece that differs.
   */
  verify(options?: VerifyOptions): Promise<void>;
  /**
   * Reads the tokenizer, which may be large; undefined where the checkpoint brings none. Its model knows the ids of
   * `facts.endOfGeneration` and has no more tokens than the embedding has rows: else `CHECKPOINT_TOKENIZER`.
   */
  readTokenizer(options?: ReadOptions): Promise<ImportedTokenizer | undefined>;
  /** Closes all files. Harmless when called twice. */
  close(): Promise<void>;
}
