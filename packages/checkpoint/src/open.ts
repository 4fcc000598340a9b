/** Opens a checkpoint of any format: recognise, read the headers, map names, check against the contract. */
import type { ByteSource, ReadOptions } from '@mirust/core';
import { checkTensors, type ModelDescription } from '@mirust/model';
import type { ImportedTokenizer } from '@mirust/tokenizer';
import type { Checkpoint } from './checkpoint.ts';
import { detectFormat, type FileFormat } from './detect.ts';
import { checkpointError } from './errors.ts';
import type { FileSet } from './file-set.ts';
import { openGguf } from './formats/gguf.ts';
import { describeConfig, openHuggingFace, readJsonFile } from './formats/huggingface.ts';
import { openLlama2c } from './formats/llama2c.ts';
import { openSlm1 } from './formats/slm1.ts';
import { openSlm2 } from './formats/slm2.ts';
import type { OpenedModel } from './opened.ts';
import { readHuggingFaceTokenizer, readTokenizerFile } from './tokenizers.ts';

/** How to open. */
export interface OpenOptions extends ReadOptions {
  /** A tokenizer that takes the place of the checkpoint's own. */
  readonly tokenizer?: FileSet;
}

/**
 * Opens a checkpoint. Reads headers only, but for SLM1, whose checksum covers the file and is verified here. The
 * tensors are complete and of the right shapes when this returns.
 *
 * Throws the codes of this package, of the format's reader, of `describeModel` and of `checkTensors`. Every file that
 * was opened is closed before an error is thrown.
 */
export async function openCheckpoint(files: FileSet, options: OpenOptions = {}): Promise<Checkpoint> {
  const opened = await openFiles(files, options);
  const close = async (): Promise<void> => {
    for (const { source } of opened.files) await source.close();
  };
  try {
    checkTensors(opened.model.contract, new Map([...opened.tensors].map(([name, { shape }]) => [name, shape])));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    ...opened,
    close,
    readTokenizer: async () => {
      const own = options.tokenizer;
      const vocabSize = opened.model.hyperparameters.vocabSize;
      const tokenizer = own === undefined ? await opened.readTokenizer() : await openTokenizerModel(own, vocabSize);
      checkVocabulary(tokenizer, vocabSize);
      return tokenizer;
    },
  };
}

async function openFiles(files: FileSet, options: OpenOptions): Promise<OpenedModel> {
  if (files.primary === undefined) return openHuggingFace(files, options);
  const source = await files.open(files.primary);
  let keep = false;
  try {
    const format = await detectFormat(source);
    if (format === 'safetensors' || format === 'json') {
      return await openHuggingFaceFile(files, format, options);
    }
    const opened = await openSingle(source, format, files, options);
    keep = true;
    return opened;
  } finally {
    if (!keep) await source.close();
  }
}

/** A file of a Hugging Face directory: config.json or an index mean the directory, safetensors mean that one file. */
function openHuggingFaceFile(files: FileSet, format: FileFormat, options: OpenOptions): Promise<OpenedModel> {
  const shard = /-\d{5}-of-\d{5}\.safetensors$/.test(files.primary ?? '');
  return openHuggingFace(format === 'json' || shard ? { ...files, primary: undefined } : files, options);
}

function openSingle(
  source: ByteSource,
  format: Exclude<FileFormat, 'safetensors' | 'json'>,
  files: FileSet,
  options: OpenOptions,
): Promise<OpenedModel> {
  switch (format) {
    case 'gguf':
      return openGguf(source, options);
    case 'llama2c':
      return openLlama2c(source, files);
    case 'slm1':
      return openSlm1(source, options);
    case 'slm2':
      return openSlm2(source, options);
  }
}

/**
 * The model that a bare config.json describes, without weights: for planning. Undefined when the file is something
 * else. `weightType` is the type that the configuration names for its weights, where it names one.
 */
export async function openDescription(
  files: FileSet,
): Promise<{ readonly model: ModelDescription; readonly weightType: string | undefined } | undefined> {
  if (files.primary === undefined || !/\.json$/i.test(files.primary)) return undefined;
  const config = await readJsonFile(files, files.primary);
  if (config === undefined || config.has('weight_map')) return undefined;
  const weightType = config.get('torch_dtype') ?? config.get('dtype');
  return { model: describeConfig(config), weightType: typeof weightType === 'string' ? weightType : undefined };
}

/**
 * Reads a tokenizer from whatever holds one: an artifact, a GGUF (with or without tensors), a tokenizer.json, a
 * tokenizer.model, a Hugging Face directory. Throws `CHECKPOINT_INCOMPLETE` where it holds none.
 */
export async function openTokenizerModel(files: FileSet, vocabSize?: number): Promise<ImportedTokenizer> {
  if (files.primary === undefined) return required(await readHuggingFaceTokenizer(files), files.name);
  const source = await files.open(files.primary);
  try {
    const format = await detectFormat(source).catch((error: unknown) => {
      // A tokenizer.model has no magic: its name is the only sign.
      if (/\.(model|bin)$/i.test(source.name)) return 'other' as const;
      throw error;
    });
    if (format === 'slm1') return required(await (await openSlm1(source)).readTokenizer(), files.name);
    if (format === 'slm2') return required(await (await openSlm2(source)).readTokenizer(), files.name);
    if (format === 'safetensors') return required(await readHuggingFaceTokenizer(files), files.name);
    if (format === 'llama2c') return required(await (await openLlama2c(source, files)).readTokenizer(), files.name);
    return await readTokenizerFile(source, files, format, vocabSize);
  } finally {
    await source.close();
  }
}

function required(tokenizer: ImportedTokenizer | undefined, name: string): ImportedTokenizer {
  if (tokenizer !== undefined) return tokenizer;
  throw checkpointError('CHECKPOINT_INCOMPLETE', `${name} brings no tokenizer`);
}

/** Embeddings may have spare rows behind the vocabulary; a token without a row would read past the matrix. */
function checkVocabulary(tokenizer: ImportedTokenizer | undefined, embeddingRows: number): void {
  const count = tokenizer === undefined ? 0 : tokenizer.model.tokens.offsets.length - 1;
  if (count <= embeddingRows) return;
  throw checkpointError(
    'CHECKPOINT_TOKENIZER',
    `the tokenizer has ${count} tokens, the embedding ${embeddingRows} rows`,
    {
      limit: embeddingRows,
      actual: count,
    },
  );
}
