/** Opens a checkpoint of any format: recognise, read the headers, map names, check against the contract. */
import type { Ledger, ReadOptions } from '@mirust/core';
import { type ImportedTokenizer, tokenCount } from '@mirust/tokenizer';
import { closeAfterError, closeAll } from './_close.ts';
import type { Checkpoint } from './checkpoint.ts';
import { checkpointError } from './errors.ts';
import { boundedFacts, withEndIds } from './facts.ts';
import type { FileSet } from './file-set.ts';
import { openHeaders } from './headers.ts';
import { openTokenizerModel } from './open-tokenizer.ts';
import type { OpenedModel } from './opened.ts';
import { type CheckpointProblems, findProblems } from './problems.ts';
import { recordFiles } from './recorded-files.ts';

/** How to open. */
export interface OpenOptions extends ReadOptions {
  /** A tokenizer that takes the place of the checkpoint's own. */
  readonly tokenizer?: FileSet;
  /** Gets every file while it is open, and what is kept of files between reads. Default: nothing is recorded. */
  readonly ledger?: Ledger;
}

/**
 * Opens a checkpoint. Reads headers only. The tensors are complete and of the right shapes when this returns.
 *
 * Throws the codes of this package, of the format's reader, of `describeModel`, and the first problem with the
 * contract (`MODEL_TENSOR_…`). Every file that was opened is closed before an error is thrown.
 */
export async function openCheckpoint(files: FileSet, options: OpenOptions = {}): Promise<Checkpoint> {
  const { checkpoint, problems } = await inspectCheckpoint(files, options);
  const [problem] = problems;
  if (problem === undefined) return checkpoint;
  await checkpoint.close().catch(() => {});
  throw problem;
}

/** A checkpoint and what is wrong with its tensors. Close the checkpoint, whatever the problems. */
export interface InspectedCheckpoint extends CheckpointProblems {
  /** Complete only where there are no problems: then it is what `openCheckpoint` gives. */
  readonly checkpoint: Checkpoint;
}

/** As {@link openCheckpoint}, but problems with the contract are listed, all of them, and not thrown: for the gate. */
export async function inspectCheckpoint(files: FileSet, options: OpenOptions = {}): Promise<InspectedCheckpoint> {
  const { ledger } = options;
  const headers = await openHeaders(recordFiles(files, ledger), options);
  const sources = headers.files.map(({ source }) => source);
  let closing: Promise<void> | undefined;
  let opened: OpenedModel | undefined;
  try {
    const described = headers.describe({ ledger });
    opened = described;
    const { strangers: _strangers, readFacts, problems = [], release = async () => {}, ...rest } = described;
    const { vocabSize } = described.model.hyperparameters;
    const { facts, warnings } = boundedFacts(await readFacts(options), vocabSize);
    const checkpoint: Checkpoint = {
      ...rest,
      isPinned: files.isPinned === true || rest.format === 'slm1' || rest.format === 'slm2',
      facts,
      warnings: [...described.warnings, ...warnings],
      close: () => {
        closing ??= closeAll(sources).finally(release);
        return closing;
      },
      readTokenizer: async (readOptions) => {
        const own = options.tokenizer === undefined ? undefined : recordFiles(options.tokenizer, ledger);
        const imported =
          own === undefined
            ? await described.readTokenizer(readOptions)
            : await openTokenizerModel(own, { ...readOptions, vocabSize });
        if (imported === undefined) return undefined;
        checkVocabulary(imported, vocabSize);
        return withEndIds(imported, facts);
      },
    };
    return { checkpoint, ...findProblems(described.model, described, problems) };
  } catch (error) {
    await closeAfterError(sources);
    await opened?.release?.();
    throw error;
  }
}

/** Embeddings may have spare rows behind the vocabulary; a token without a row would read past the matrix. */
function checkVocabulary({ model }: ImportedTokenizer, embeddingRows: number): void {
  const count = tokenCount(model.tokens);
  if (count <= embeddingRows) return;
  const message = `the tokenizer has ${count} tokens, the embedding ${embeddingRows} rows`;
  throw checkpointError('CHECKPOINT_TOKENIZER', message, { limit: embeddingRows, actual: count });
}
