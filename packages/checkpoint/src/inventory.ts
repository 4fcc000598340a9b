/**
 * What a model file holds, whatever its architecture: every tensor with its shape and its type, from the headers alone.
 * For planning; a model that runs is opened as a checkpoint.
 */
import { isMirustError, type JsonObject, type MirustError, type ReadOptions, type Warning } from '@mirust/core';
import type { GgufMetadata } from '@mirust/gguf';
import { closeAfterError, closeAll } from './_close.ts';
import type { Checkpoint, CheckpointFacts, CheckpointFile, CheckpointFormat } from './checkpoint.ts';
import { boundedFacts } from './facts.ts';
import type { FileSet } from './file-set.ts';
import { openHeaders } from './headers.ts';
import type { OpenedHeaders, StoredTensor } from './opened.ts';
import { findProblems } from './problems.ts';

/** The model that an inventory is of, and its tensors under canonical names. */
export interface InventoryModel extends Pick<Checkpoint, 'model' | 'tensors'> {
  /** Absent where they are in side files, which are not read. */
  readonly facts?: CheckpointFacts;
}

/** An open inventory. Holds its files open until `close`. */
export interface Inventory {
  /** `huggingface` is any safetensors, with a configuration or without. */
  readonly format: CheckpointFormat;
  /** All of them, in the order of the files; of llama2.c, which has no names, under ours. */
  readonly tensors: readonly StoredTensor[];
  /** config.json beside safetensors, where there is one: values of any JSON type, not checked. */
  readonly config?: JsonObject;
  /** Of GGUF; of a split one that of its first part. */
  readonly metadata?: GgufMetadata;
  /** Tokens of the vocabulary, where the headers say how many: of SLM and GGUF. */
  readonly tokenizerTokens?: number;
  /** Present where the architecture is supported: complete, and checked against the contract. */
  readonly checkpoint?: InventoryModel;
  /** Present where it is not: why. */
  readonly refusal?: MirustError;
  readonly files: readonly CheckpointFile[];
  /** Names of tensors in them are text of the file. */
  readonly warnings: readonly Warning[];
  /** Closes all files. Harmless when called twice. */
  close(): Promise<void>;
}

/**
 * Lists what is stored. Reads headers only, of all parts of a split GGUF, and no side files but config.json and the index.
 *
 * Whatever `openCheckpoint` refuses is refused here with the same errors, but for models that are only not supported, that
 * name no architecture, or have no config.json: those have a `refusal`. Every file that was opened is closed before an
 * error is thrown.
 */
export async function openInventory(files: FileSet, options: ReadOptions = {}): Promise<Inventory> {
  const headers = await openHeaders(files, { ...options, joinParts: true });
  const sources = headers.files.map(({ source }) => source);
  let closing: Promise<void> | undefined;
  try {
    const { format, tensors, config, metadata } = headers;
    const tokenizerTokens = headers.countTokens?.();
    return {
      format,
      tensors,
      ...(config === undefined ? {} : { config }),
      ...(metadata === undefined ? {} : { metadata }),
      ...(tokenizerTokens === undefined ? {} : { tokenizerTokens }),
      files: headers.files,
      warnings: headers.warnings,
      ...(await describe(headers)),
      close: () => {
        closing ??= closeAll(sources);
        return closing;
      },
    };
  } catch (error) {
    await closeAfterError(sources);
    throw error;
  }
}

/** The model, or why it is not known here. Throws what is wrong with a model that is. */
async function describe(
  headers: OpenedHeaders,
): Promise<Partial<Pick<Inventory, 'checkpoint' | 'refusal' | 'warnings'>>> {
  try {
    const opened = headers.describe();
    const { model, tensors, warnings } = opened;
    const [problem] = findProblems(model, opened, opened.problems ?? []).problems;
    if (problem !== undefined) throw problem;
    if (headers.format === 'huggingface') return { checkpoint: { model, tensors }, warnings };
    const bounded = boundedFacts(await opened.readFacts(), model.hyperparameters.vocabSize);
    const { facts } = bounded;
    return { checkpoint: { model, tensors, facts }, warnings: [...warnings, ...bounded.warnings] };
  } catch (error) {
    if (isMirustError(error) && isUnknown(error)) return { refusal: error };
    throw error;
  }
}

/** Whether an error says that the model is none that is known here, and not that something is wrong with it. */
function isUnknown(error: MirustError): boolean {
  if (error.class === 'unsupported') return true;
  // No config.json, or one that does not say of what.
  return (
    error.code === 'CHECKPOINT_INCOMPLETE' ||
    (error.code === 'MODEL_FIELD_MISSING' && error.context.key === 'model_type')
  );
}
