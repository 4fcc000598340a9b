/** Opens the tokenizer alone, of whatever holds one. */
import { isMirustError, type ReadOptions } from '@mirust/core';
import type { ImportedTokenizer } from '@mirust/tokenizer';
import { detectFormat, type FileFormat } from './detect.ts';
import { type FileSet, missingFile } from './file-set.ts';
import { openLlama2c } from './formats/llama2c.ts';
import { openSlm1 } from './formats/slm1.ts';
import { openSlm2 } from './formats/slm2.ts';
import type { OpenedHeaders } from './opened.ts';
import { readHuggingFaceTokenizer, readTokenizerFile } from './tokenizers.ts';

/** Options of {@link openTokenizerModel}. */
export interface OpenTokenizerOptions extends ReadOptions {
  /** Rows of the embedding that the tokenizer is for: llama2.c's tokenizer.bin can only be read with it. */
  readonly vocabSize?: number;
}

/**
 * Reads a tokenizer from whatever holds one: an artifact, a GGUF (with or without tensors), a tokenizer.json, a
 * tokenizer.model, a Hugging Face directory or a file of one, llama2.c weights with a tokenizer beside them. Throws
 * `CHECKPOINT_INCOMPLETE` where it holds none, and what the readers throw.
 */
export async function openTokenizerModel(
  files: FileSet,
  options: OpenTokenizerOptions = {},
): Promise<ImportedTokenizer> {
  const { vocabSize, ...readOptions } = options;
  const { primary } = files;
  // A configuration or an index stand for their directory; by name, since a tokenizer.json is JSON like them.
  if (primary === undefined || /^config\.json$|\.index\.json$/i.test(primary)) {
    return required(await readHuggingFaceTokenizer(files, readOptions), 'tokenizer.json');
  }
  const source = await files.open(primary);
  try {
    const format = await detectTokenizer(() => detectFormat(source, { ...readOptions, name: primary }), primary);
    switch (format) {
      case 'slm1':
        return required(await tokenizerOf(await openSlm1(source, primary, readOptions), readOptions), primary);
      case 'slm2':
        return required(await tokenizerOf(await openSlm2(source, primary, readOptions), readOptions), primary);
      case 'llama2c': {
        const headers = await openLlama2c(source, primary, files, readOptions);
        return required(await tokenizerOf(headers, readOptions), 'tokenizer.bin');
      }
      case 'safetensors':
        return required(await readHuggingFaceTokenizer(files, readOptions), 'tokenizer.json');
      default:
        return await readTokenizerFile({ source, name: primary, format }, files, vocabSize, readOptions);
    }
  } finally {
    await source.close();
  }
}

async function tokenizerOf(headers: OpenedHeaders, options: ReadOptions): Promise<ImportedTokenizer | undefined> {
  return headers.describe().readTokenizer(options);
}

/** SentencePiece's and llama2.c's tokenizer files have no magic: there the name is the only sign. */
async function detectTokenizer(detect: () => Promise<FileFormat>, name: string): Promise<FileFormat | 'other'> {
  try {
    return await detect();
  } catch (error) {
    if (isMirustError(error, 'CHECKPOINT_FORMAT') && /\.(model|bin)$/i.test(name)) return 'other';
    throw error;
  }
}

function required(tokenizer: ImportedTokenizer | undefined, name: string): ImportedTokenizer {
  if (tokenizer === undefined) throw missingFile(name);
  return tokenizer;
}
