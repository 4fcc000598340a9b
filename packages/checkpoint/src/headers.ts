/** The headers of whatever files make up a checkpoint, of any format: what both a checkpoint and an inventory start from. */
import type { ByteSource, ReadOptions } from '@mirust/core';
import { closeAfterError } from './_close.ts';
import { detectFormat, type FileFormat } from './detect.ts';
import type { FileSet } from './file-set.ts';
import { ggufHeaders, readGgufPart } from './formats/gguf.ts';
import { joinGgufParts } from './formats/gguf-parts.ts';
import { openHuggingFace } from './formats/huggingface.ts';
import { openLlama2c } from './formats/llama2c.ts';
import { openSlm1 } from './formats/slm1.ts';
import { openSlm2 } from './formats/slm2.ts';
import type { OpenedHeaders } from './opened.ts';

/** Options of {@link openHeaders}. */
export interface OpenHeadersOptions extends ReadOptions {
  /** Reads all parts of a split GGUF as one. Default false: then one part alone can be listed, but not described. */
  readonly joinParts?: boolean;
}

/**
 * Recognises the files and reads their headers. The caller closes the files of the result; before an error is thrown they
 * are closed. Throws the codes of this package and of the format's reader.
 */
export async function openHeaders(files: FileSet, options: OpenHeadersOptions = {}): Promise<OpenedHeaders> {
  const { primary } = files;
  if (primary === undefined) return openHuggingFace(files, undefined, options);
  const source = await files.open(primary);
  let format: FileFormat;
  try {
    format = await detectFormat(source, { ...options, name: primary });
    if (format !== 'safetensors' && format !== 'json') return await openSingle(source, format, primary, files, options);
  } catch (error) {
    await closeAfterError([source]);
    throw error;
  }
  await source.close();
  return openHuggingFace(files, format, options);
}

async function openSingle(
  source: ByteSource,
  format: Exclude<FileFormat, 'safetensors' | 'json'>,
  name: string,
  files: FileSet,
  options: OpenHeadersOptions,
): Promise<OpenedHeaders> {
  switch (format) {
    case 'gguf': {
      const part = await readGgufPart(source, name, options);
      return options.joinParts === true ? joinGgufParts(part, files, options) : ggufHeaders(part);
    }
    case 'llama2c':
      return openLlama2c(source, name, files, options);
    case 'slm1':
      return openSlm1(source, name, options);
    case 'slm2':
      return openSlm2(source, name, options);
  }
}
