/**
 * The GGUF reader. Little-endian throughout; strings are a u64 byte count and UTF-8.
 *
 * ```
 *  0  4  magic "GGUF"
 *  4  u32 version (2 or 3; the same layout, 3 added big-endian files)
 *  8  u64 tensor count
 * 16  u64 metadata count
 * 24  metadata entries    string key · u32 type · value
 *                         array: u32 element type · u64 count · elements
 *     tensor table        string name · u32 rank · rank × u64 dimension, innermost first · u32 ggml type · u64 offset
 *     padding to general.alignment (32 unless the key says otherwise)
 *     data                each tensor at its offset from here, padded to the alignment
 * ```
 *
 * Source: docs/gguf.md of ggml-org/ggml. Where that text leaves room, this reader is at least as strict as the
 * reference (gguf.cpp): no duplicate keys or names, no nested arrays, no gap between tensors. It differs where real,
 * harmless files do, each time with a warning: see `GGUF_WARNINGS`. The bytes of the padding are not looked at.
 * All text must be valid UTF-8, values too: a replaced byte in a vocabulary or a chat template would be an invented
 * model, and exporters write nothing else.
 */
import { alignUp, type ByteSource, cursorOffset } from '@mirust/core';
import { layOutTensors } from './_layout.ts';
import { readAlignment, readMetadata } from './_metadata.ts';
import { readPreamble } from './_preamble.ts';
import { longNameWarning, readTensorTable } from './_tensors.ts';
import { createWindow } from './_window.ts';
import type { GgufFile, GgufTensor } from './file.ts';
import { MAX_GGUF_HEADER_BYTES } from './limits.ts';

/** Options of {@link readGguf}. */
export interface GgufReadOptions {
  readonly signal?: AbortSignal;
  /** Default 24 MiB, which is more than the largest vocabulary in use takes. */
  readonly maxHeaderBytes?: number;
  /**
   * Skips the check that the data of every tensor are in the source: for planning from the start of a file. The
   * layout is checked all the same. Default false.
   */
  readonly headersOnly?: boolean;
}

/**
 * Reads and checks the header of a GGUF file: metadata, tensor table and layout, never the data. Time and memory are
 * linear in the header. Throws the codes of {@link GGUF_ERRORS}, `TRUNCATED`, `OVERFLOW`, `INVALID_UTF8`,
 * `BLOCK_MISMATCH`, what the source throws, and RangeError for a `maxHeaderBytes` that is not a positive integer.
 */
export async function readGguf(source: ByteSource, options: GgufReadOptions = {}): Promise<GgufFile> {
  const maxHeaderBytes = options.maxHeaderBytes ?? MAX_GGUF_HEADER_BYTES;
  if (!Number.isSafeInteger(maxHeaderBytes) || maxHeaderBytes < 1) {
    throw new RangeError(`maxHeaderBytes must be a positive integer, got ${maxHeaderBytes}`);
  }
  const readOptions = options.signal === undefined ? {} : { signal: options.signal };
  const window = createWindow(source, maxHeaderBytes, readOptions);
  const preamble = await readPreamble(window);
  const metadata = await readMetadata(window, preamble.metadataCount);
  const alignment = readAlignment(metadata);
  const entries = await readTensorTable(window, preamble.tensorCount, alignment);
  const headerByteLength = cursorOffset(window.cursor);
  const dataOffset = alignUp(headerByteLength, alignment);
  const region = { dataOffset, alignment };
  const { tensors, warnings } = layOutTensors(
    entries,
    options.headersOnly === true ? region : { ...region, fileByteLength: source.byteLength },
  );
  const tensorsByName = new Map<string, GgufTensor>(tensors.map((tensor) => [tensor.name, tensor]));
  warnings.unshift(...longNameWarning(entries));
  const { version } = preamble;
  return { version, alignment, metadata, tensors, tensorsByName, headerByteLength, dataOffset, warnings };
}
