/** Reads an SLM1 container and checks it against every rule of its format. */
import { type ByteSource, readRange } from '@mirust/core';
import { checkPadding } from '../_regions.ts';
import { slmError } from '../errors.ts';
import { checkSlm1TensorCount, parseSlm1Directory } from './directory.ts';
import { SLM1_ENTRY_BYTES, SLM1_HEADER_BYTES, type Slm1File } from './format.ts';
import { parseSlm1Header } from './header.ts';
import { checkSlm1Tokenizer, SLM1_TOKENIZER_PREFIX_BYTES } from './tokenizer-section.ts';
import { type VerifySlm1Options, verifySlm1Checksum } from './verify.ts';

/** Options of {@link readSlm1}. */
export interface ReadSlm1Options extends VerifySlm1Options {
  /** Whether to read the whole file for checksum, padding and scales. Default true: a check that is skipped is asked for. */
  readonly verify?: boolean;
}

/**
 * Reads header, tokenizer section and directory, and unless told otherwise verifies the whole file. Memory is that of
 * the directory. Throws the codes of `SLM1_ERRORS`, and what the source throws.
 */
export async function readSlm1(source: ByteSource, options: ReadSlm1Options = {}): Promise<Slm1File> {
  const { verify = true, signal } = options;
  const read = signal === undefined ? {} : { signal };
  if (source.byteLength < SLM1_HEADER_BYTES) {
    const context = { offset: 0, expected: SLM1_HEADER_BYTES, actual: source.byteLength };
    throw slmError('SLM1_TRUNCATED', `the file has ${source.byteLength} bytes, less than a header`, context);
  }
  const header = parseSlm1Header(await readRange(source, 0, SLM1_HEADER_BYTES, read), source);
  checkSlm1TensorCount(header);
  const { headerByteLength, tokenizerOffset, tokenizerByteLength, directoryOffset, tensorCount, dataOffset } = header;
  const prefixBytes = Math.min(SLM1_TOKENIZER_PREFIX_BYTES, tokenizerByteLength);
  const prefix = await readRange(source, tokenizerOffset, prefixBytes, read);
  const { vocabSize } = header.hyperparameters;
  const kind = checkSlm1Tokenizer(prefix, tokenizerByteLength, vocabSize, tokenizerOffset);
  const directoryEnd = directoryOffset + tensorCount * SLM1_ENTRY_BYTES;
  const paddings = [
    [headerByteLength, tokenizerOffset],
    [tokenizerOffset + tokenizerByteLength, directoryOffset],
    [directoryEnd, dataOffset],
  ] as const;
  for (const [start, end] of paddings) {
    checkPadding(await readRange(source, start, end - start, read), start, 'SLM1_PADDING');
  }
  const directory = await readRange(source, directoryOffset, directoryEnd - directoryOffset, read);
  const tensors = parseSlm1Directory(directory, header, source.byteLength);
  const file: Slm1File = {
    byteLength: source.byteLength,
    header,
    tokenizer: { offset: tokenizerOffset, byteLength: tokenizerByteLength, kind },
    tensors,
    tensorsByName: new Map(tensors.map((tensor) => [tensor.name, tensor])),
  };
  if (verify) await verifySlm1Checksum(source, file, options);
  return file;
}
