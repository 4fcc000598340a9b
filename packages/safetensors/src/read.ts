/**
 * The safetensors reader.
 *
 * ```
 *  0  u64 N        length of the header, at most 100,000,000
 *  8  N bytes      JSON object, from its first byte on; may be padded with whitespace behind it
 *                  "name": {"dtype": "F16", "shape": [1, 16, 256], "data_offsets": [begin, end]}, …
 *                  "__metadata__": {"key": "text", …}
 *  8 + N           data, little-endian, row-major; offsets count from here and cover it exactly
 * ```
 *
 * Source: README.md and safetensors/src/tensor.rs of huggingface/safetensors. Stricter than that reader, each where
 * its own text asks for it or where two readers could disagree: duplicate keys are refused, the header starts with a
 * brace and not with whitespace, an entry has no fields beyond the three, names and ranks have limits, sizes stay
 * within 2^53 - 1. Tensors may be listed in any order. A header may be valid and still pass what this reader takes: then
 * the error is one of resources, not of structure.
 */
import {
  type ByteSource,
  createCursor,
  isJsonObject,
  type JsonValue,
  type ReadOptions,
  readRange,
  readU64,
  sanitizeText,
  visitJsonMembers,
} from '@mirust/core';
import { type HeaderEntry, readEntry } from './_entry.ts';
import { checkCoverage } from './_layout.ts';
import { safetensorsError } from './errors.ts';
import type { SafetensorsFile, SafetensorsTensor } from './file.ts';
import {
  MAX_SAFETENSORS_ENTRY_BYTES,
  MAX_SAFETENSORS_ENTRY_VALUES,
  MAX_SAFETENSORS_HEADER_BYTES,
  MAX_SAFETENSORS_OPENED_BYTES,
  MAX_SAFETENSORS_TENSORS,
} from './limits.ts';

/** Options of {@link readSafetensors}. */
export interface SafetensorsReadOptions {
  readonly signal?: AbortSignal;
  /** Default 4 MiB; at most 100,000,000, the limit of the format. */
  readonly maxHeaderBytes?: number;
  /** Skips the check that the data are in the source: for planning from the start of a file. Default false. */
  readonly headersOnly?: boolean;
  /** What the tensors name as their file; default the name of the source. */
  readonly file?: string;
}

/** Bytes of the length in front of the header. */
const LENGTH_BYTES = 8;

/** The first read holds the whole header of most files, which saves a round trip to a server. */
const FIRST_READ_BYTES = 2 ** 16;

/** Deepest nesting of a valid header: root, entry, list. */
const HEADER_DEPTH = 3;

/**
 * Reads and checks the header of a safetensors file, never the data. Time is that of a sort of the tensors, memory
 * linear in the header, which is read one entry at a time. Throws the codes of {@link SAFETENSORS_ERRORS}, those of the JSON reader, `INVALID_UTF8`,
 * `OVERFLOW`, what the source throws, and RangeError for a `maxHeaderBytes` outside 1 to 100,000,000.
 */
export async function readSafetensors(
  source: ByteSource,
  options: SafetensorsReadOptions = {},
): Promise<SafetensorsFile> {
  const header = await readHeaderBytes(source, options);
  const dataOffset = LENGTH_BYTES + header.byteLength;
  if (header[0] !== 0x7b) {
    throw safetensorsError('SAFETENSORS_HEADER_START', 'the header does not start with "{"', { offset: LENGTH_BYTES });
  }
  const { entries, metadata } = readEntries(header);
  const dataByteLength = options.headersOnly === true ? undefined : source.byteLength - dataOffset;
  checkCoverage(entries, dataOffset, dataByteLength);
  const file = options.file ?? source.name;
  const tensors = entries.map(({ name, dtype, shape, begin, end }): SafetensorsTensor => {
    return { name, dtype, shape, offset: dataOffset + begin, byteLength: end - begin, file };
  });
  const tensorsByName = new Map<string, SafetensorsTensor>();
  for (const tensor of tensors) tensorsByName.set(tensor.name, tensor);
  return { tensors, tensorsByName, metadata, headerByteLength: header.byteLength, dataOffset, warnings: [] };
}

/** The entries in the order of the header. Each is checked as it is read: the first that is wrong ends the reading. */
function readEntries(header: Uint8Array): { entries: HeaderEntry[]; metadata: ReadonlyMap<string, string> } {
  const entries: HeaderEntry[] = [];
  let metadata: ReadonlyMap<string, string> = new Map();
  const options = {
    what: 'the header',
    baseOffset: LENGTH_BYTES,
    maxDepth: HEADER_DEPTH,
    maxMemberBytes: MAX_SAFETENSORS_ENTRY_BYTES,
    maxMemberValues: MAX_SAFETENSORS_ENTRY_VALUES,
    integersOnly: true,
  };
  visitJsonMembers(header, options, ({ key, value, offset }) => {
    if (key === '__metadata__') {
      metadata = readMetadata(value, offset);
      return undefined;
    }
    if (entries.length === MAX_SAFETENSORS_TENSORS) {
      const limit = MAX_SAFETENSORS_TENSORS;
      throw safetensorsError('SAFETENSORS_HEADER_LIMIT', `the header has more than ${limit} tensors`, {
        offset,
        limit,
      });
    }
    entries.push(readEntry(key, value, offset));
    return undefined;
  });
  return { entries, metadata };
}

/** The header's text. Its length is checked against the limit and the file before anything is allocated from it. */
async function readHeaderBytes(source: ByteSource, options: SafetensorsReadOptions): Promise<Uint8Array> {
  const limit = options.maxHeaderBytes ?? MAX_SAFETENSORS_OPENED_BYTES;
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_SAFETENSORS_HEADER_BYTES) {
    throw new RangeError(`maxHeaderBytes must be from 1 to ${MAX_SAFETENSORS_HEADER_BYTES}, got ${limit}`);
  }
  if (source.byteLength < LENGTH_BYTES) {
    throw safetensorsError('SAFETENSORS_TOO_SHORT', `the file has ${source.byteLength} bytes`, {
      offset: 0,
      expected: LENGTH_BYTES,
      actual: source.byteLength,
    });
  }
  const readOptions: ReadOptions = options.signal === undefined ? {} : { signal: options.signal };
  const first = await readRange(source, 0, Math.min(FIRST_READ_BYTES, source.byteLength), readOptions);
  const length = readU64(createCursor(first), 'the length of the header');
  if (length > MAX_SAFETENSORS_HEADER_BYTES) {
    const context = { offset: 0, actual: length, limit: MAX_SAFETENSORS_HEADER_BYTES };
    throw safetensorsError('SAFETENSORS_HEADER_TOO_LARGE', `the header has ${length} bytes`, context);
  }
  if (length > source.byteLength - LENGTH_BYTES) {
    const left = source.byteLength - LENGTH_BYTES;
    const context = { offset: 0, actual: length, limit: left };
    throw safetensorsError('SAFETENSORS_HEADER_LENGTH', `the header has ${length} bytes, ${left} are left`, context);
  }
  if (length > limit) {
    const context = { offset: 0, actual: length, limit };
    throw safetensorsError('SAFETENSORS_HEADER_LIMIT', `the header has ${length} bytes`, context);
  }
  const end = LENGTH_BYTES + Number(length);
  if (end <= first.byteLength) return first.subarray(LENGTH_BYTES, end);
  const header = new Uint8Array(Number(length));
  header.set(first.subarray(LENGTH_BYTES));
  const have = first.byteLength - LENGTH_BYTES;
  await source.readInto(first.byteLength, header.subarray(have), readOptions);
  return header;
}

function readMetadata(value: JsonValue, offset: number): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>();
  if (!isJsonObject(value)) throw safetensorsError('SAFETENSORS_METADATA', '__metadata__ is not an object', { offset });
  for (const [key, text] of value) {
    if (typeof text !== 'string') {
      const shown = sanitizeText(key);
      throw safetensorsError('SAFETENSORS_METADATA', `__metadata__ "${shown}" is not a string`, { offset, key: shown });
    }
    metadata.set(key, text);
  }
  return metadata;
}
