/** Finding and reading the tokenizer of a checkpoint, wherever its format keeps it. */
import { type ByteSource, decodeUtf8, readRange } from '@mirust/core';
import { type GgufFile, readGguf } from '@mirust/gguf';
import {
  type ImportedTokenizer,
  tokenizerFromGguf,
  tokenizerFromHuggingFace,
  tokenizerFromLlama2c,
  tokenizerFromSentencePiece,
} from '@mirust/tokenizer';
import { checkpointError } from './errors.ts';
import { type FileSet, readSmallFile } from './file-set.ts';

/** The largest tokenizer.json in use has 33 MB. */
export const MAX_TOKENIZER_BYTES: number = 64 * 2 ** 20;

/** The tokenizer of a Hugging Face directory: tokenizer.json, else tokenizer.model; undefined where there is none. */
export async function readHuggingFaceTokenizer(files: FileSet): Promise<ImportedTokenizer | undefined> {
  const json = await readSmallFile(files, 'tokenizer.json', MAX_TOKENIZER_BYTES);
  const config = await readSmallFile(files, 'tokenizer_config.json', MAX_TOKENIZER_BYTES);
  const configText = config === undefined ? undefined : decodeUtf8(config, 'tokenizer_config.json');
  if (json !== undefined) return tokenizerFromHuggingFace(decodeUtf8(json, 'tokenizer.json'), configText);
  const model = await readSmallFile(files, 'tokenizer.model', MAX_TOKENIZER_BYTES);
  return model === undefined ? undefined : tokenizerFromSentencePiece(model);
}

/** The tokenizer in a GGUF's metadata; undefined where there is none. */
export function readGgufTokenizer(file: GgufFile): ImportedTokenizer | undefined {
  return file.metadata.has('tokenizer.ggml.model') ? tokenizerFromGguf(file.metadata) : undefined;
}

/** llama2.c keeps the tokenizer in a file of its own: `tokenizer.bin`, or `tok<vocabulary>.bin`, beside the weights. */
export async function readLlama2cTokenizer(files: FileSet, vocabSize: number): Promise<ImportedTokenizer | undefined> {
  for (const name of [`tok${vocabSize}.bin`, 'tokenizer.bin']) {
    const bytes = await readSmallFile(files, name, MAX_TOKENIZER_BYTES);
    if (bytes !== undefined) return tokenizerFromLlama2c(bytes, vocabSize);
  }
  return undefined;
}

/**
 * Reads a file that is a tokenizer by itself: a tokenizer.json, a SentencePiece tokenizer.model, a GGUF that has a
 * vocabulary (with or without tensors). Throws `CHECKPOINT_FORMAT` for anything else.
 */
export async function readTokenizerFile(
  source: ByteSource,
  files: FileSet,
  format: 'gguf' | 'json' | 'other',
  vocabSize: number | undefined,
): Promise<ImportedTokenizer> {
  if (format === 'gguf') {
    const tokenizer = readGgufTokenizer(await readGguf(source));
    if (tokenizer !== undefined) return tokenizer;
    throw checkpointError('CHECKPOINT_INCOMPLETE', `${source.name} has no tokenizer.ggml.model`);
  }
  if (source.byteLength > MAX_TOKENIZER_BYTES) {
    throw checkpointError('CHECKPOINT_FORMAT', `${source.name} is too large for a tokenizer`, {
      limit: MAX_TOKENIZER_BYTES,
      actual: source.byteLength,
    });
  }
  const bytes = await readRange(source, 0, source.byteLength);
  if (format === 'json') {
    const config = await readSmallFile(files, 'tokenizer_config.json', MAX_TOKENIZER_BYTES);
    const configText = config === undefined ? undefined : decodeUtf8(config, 'tokenizer_config.json');
    return tokenizerFromHuggingFace(decodeUtf8(bytes, source.name), configText);
  }
  // llama2.c's tokenizers have no magic and need the vocabulary size, which only the weights know.
  if (vocabSize !== undefined && /\.bin$/i.test(source.name)) return tokenizerFromLlama2c(bytes, vocabSize);
  if (/\.model$/i.test(source.name)) return tokenizerFromSentencePiece(bytes);
  throw checkpointError('CHECKPOINT_FORMAT', `${source.name} is no tokenizer that is read`, { offset: 0 });
}
