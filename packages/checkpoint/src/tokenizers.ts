/** Finding and reading the tokenizer of a checkpoint, wherever its format keeps it. */
import { type ByteSource, decodeUtf8, type ReadOptions, sanitizeText } from '@mirust/core';
import { type GgufFile, readGguf } from '@mirust/gguf';
import {
  type ImportedTokenizer,
  tokenizerFromGguf,
  tokenizerFromHuggingFace,
  tokenizerFromLlama2c,
  tokenizerFromSentencePiece,
} from '@mirust/tokenizer';
import { checkpointError } from './errors.ts';
import { type FileSet, readSmallFile, readSmallSource } from './file-set.ts';
import { MAX_TOKENIZER_CONFIG_BYTES } from './json-file.ts';

/** The largest tokenizer.json in use has 33 MB. */
export const MAX_TOKENIZER_BYTES: number = 64 * 2 ** 20;

/** The tokenizer of a Hugging Face directory: tokenizer.json, else tokenizer.model; undefined where there is none. */
export async function readHuggingFaceTokenizer(
  files: FileSet,
  options?: ReadOptions,
): Promise<ImportedTokenizer | undefined> {
  const json = await readSmallFile(files, 'tokenizer.json', MAX_TOKENIZER_BYTES, options);
  if (json !== undefined) return fromHuggingFace(json, 'tokenizer.json', files, options);
  const model = await readSmallFile(files, 'tokenizer.model', MAX_TOKENIZER_BYTES, options);
  return model === undefined ? undefined : tokenizerFromSentencePiece(model);
}

/** A tokenizer.json with the tokenizer_config.json beside it. */
async function fromHuggingFace(
  json: Uint8Array,
  name: string,
  files: FileSet,
  options?: ReadOptions,
): Promise<ImportedTokenizer> {
  const configName = 'tokenizer_config.json';
  const config = await readSmallFile(files, configName, MAX_TOKENIZER_CONFIG_BYTES, options);
  const configText = config === undefined ? undefined : decodeUtf8(config, configName);
  return tokenizerFromHuggingFace(decodeUtf8(json, sanitizeText(name)), configText);
}

/** The tokenizer in a GGUF's metadata; undefined where there is none. */
export function readGgufTokenizer(file: GgufFile): ImportedTokenizer | undefined {
  return file.metadata.has('tokenizer.ggml.model') ? tokenizerFromGguf(file.metadata) : undefined;
}

/** llama2.c keeps the tokenizer in a file of its own: `tokenizer.bin`, or `tok<vocabulary>.bin`, beside the weights. */
export async function readLlama2cTokenizer(
  files: FileSet,
  vocabSize: number,
  options?: ReadOptions,
): Promise<ImportedTokenizer | undefined> {
  for (const name of [`tok${vocabSize}.bin`, 'tokenizer.bin']) {
    const bytes = await readSmallFile(files, name, MAX_TOKENIZER_BYTES, options);
    if (bytes !== undefined) return tokenizerFromLlama2c(bytes, vocabSize);
  }
  return undefined;
}

/** A file that may be a tokenizer by itself. */
export interface TokenizerFile {
  readonly source: ByteSource;
  readonly name: string;
  readonly format: 'gguf' | 'json' | 'other';
}

/**
 * Reads a file that is a tokenizer by itself: a tokenizer.json, a SentencePiece tokenizer.model, a GGUF that has a
 * vocabulary (with or without tensors), with a known vocabulary size also llama2.c's tokenizer.bin. Throws
 * `CHECKPOINT_INCOMPLETE` for a GGUF without a vocabulary, `CHECKPOINT_TOO_LARGE`, `CHECKPOINT_FORMAT` for anything
 * else, and what the readers throw.
 */
export async function readTokenizerFile(
  { source, name, format }: TokenizerFile,
  files: FileSet,
  vocabSize: number | undefined,
  options?: ReadOptions,
): Promise<ImportedTokenizer> {
  const file = sanitizeText(name);
  if (format === 'gguf') {
    const tokenizer = readGgufTokenizer(await readGguf(source, options));
    if (tokenizer !== undefined) return tokenizer;
    throw checkpointError('CHECKPOINT_INCOMPLETE', `${file} has no tokenizer.ggml.model`, { file });
  }
  const bytes = await readSmallSource(source, name, MAX_TOKENIZER_BYTES, options);
  if (format === 'json') return fromHuggingFace(bytes, name, files, options);
  // llama2.c's tokenizers have no magic and need the vocabulary size, which only the weights know.
  if (vocabSize !== undefined && /\.bin$/i.test(name)) return tokenizerFromLlama2c(bytes, vocabSize);
  if (/\.model$/i.test(name)) return tokenizerFromSentencePiece(bytes);
  throw checkpointError('CHECKPOINT_FORMAT', `${file} is no tokenizer that is read`, { file, offset: 0 });
}
