/** Every way in which a safetensors file or index can be wrong. */
import { type ErrorContext, MirustError } from '@mirust/core';

/**
 * The codes of this package. Beside them the reader throws, from the core: the codes of the JSON reader
 * (`JSON_SYNTAX`, `JSON_DUPLICATE_KEY` …) for the header's text, `INVALID_UTF8`, `OVERFLOW` (a size passes 2^53 - 1)
 * and what the source throws.
 */
export const SAFETENSORS_ERRORS = {
  SAFETENSORS_TOO_SHORT: {
    class: 'structure',
    when: 'The file is shorter than the eight bytes that give the length of its header.',
    remedy: 'Fetch the file again; it was cut short.',
  },
  SAFETENSORS_HEADER_TOO_LARGE: {
    class: 'structure',
    when: 'The header is larger than 100 MB, the limit of the format.',
    remedy: 'Check that this is a safetensors file; no real header is that large.',
  },
  SAFETENSORS_HEADER_LIMIT: {
    class: 'resource',
    when: 'The header has more bytes or more tensors than any real file, though the format allows them.',
    remedy: 'Split the model into shards with an index, as large models are.',
  },
  SAFETENSORS_HEADER_LENGTH: {
    class: 'structure',
    when: 'The header passes the end of the file.',
    remedy: 'Fetch the file again; it was cut short or is no safetensors file.',
  },
  SAFETENSORS_HEADER_START: {
    class: 'structure',
    when: 'The header does not start with an opening brace.',
    remedy: 'Check that this is a safetensors file; write it again with a correct exporter if it is.',
  },
  SAFETENSORS_LIMIT: {
    class: 'structure',
    when: 'A count or a length passes what any real model has.',
    remedy: 'Do not use the file unless you know why it is so large.',
  },
  SAFETENSORS_METADATA: {
    class: 'structure',
    when: 'The __metadata__ entry is not an object of strings.',
    remedy: 'Write the file again with a correct exporter.',
  },
  SAFETENSORS_NAME: {
    class: 'structure',
    when: 'A tensor name is empty.',
    remedy: 'Write the file again with a correct exporter.',
  },
  SAFETENSORS_ENTRY: {
    class: 'structure',
    when: 'A header entry is not an object with exactly dtype, shape and data_offsets.',
    remedy: 'Write the file again with a correct exporter; an unknown field could change what the data mean.',
  },
  SAFETENSORS_DTYPE: {
    class: 'structure',
    when: 'A tensor has a type that the format does not have.',
    remedy: 'Update this tool if the type is newer than it; otherwise the file is damaged.',
  },
  SAFETENSORS_DTYPE_UNSUPPORTED: {
    class: 'unsupported',
    when: 'A tensor has a type of the format that this version cannot use.',
    remedy: 'Convert the tensor to a type that is supported, such as BF16.',
  },
  SAFETENSORS_SHAPE: {
    class: 'structure',
    when: 'A shape is not a list of at most eight whole numbers from 0 on.',
    remedy: 'Write the file again with a correct exporter.',
  },
  SAFETENSORS_OFFSETS: {
    class: 'structure',
    when: 'The data_offsets of a tensor are not two whole numbers in order.',
    remedy: 'Write the file again with a correct exporter.',
  },
  SAFETENSORS_SIZE: {
    class: 'structure',
    when: 'The data of a tensor are not as long as its type and shape say.',
    remedy: 'Do not use the file; no exporter writes such an entry.',
  },
  SAFETENSORS_OVERLAP: {
    class: 'structure',
    when: 'Two tensors share bytes of the file.',
    remedy: 'Do not use the file; no exporter writes such a layout.',
  },
  SAFETENSORS_HOLE: {
    class: 'structure',
    when: 'Bytes before or between the tensors belong to none.',
    remedy: 'Do not use the file; the format forbids holes because something else can hide in them.',
  },
  SAFETENSORS_DATA_TRUNCATED: {
    class: 'structure',
    when: 'The file ends before the data of its last tensor do.',
    remedy: 'Fetch the file again; it was cut short.',
  },
  SAFETENSORS_TRAILING_BYTES: {
    class: 'structure',
    when: 'Bytes follow the last tensor.',
    remedy: 'Do not use the file; the format forbids them because something else can hide in them.',
  },
  SAFETENSORS_INDEX: {
    class: 'structure',
    when: 'The index is not an object with a weight_map from tensor names to file names.',
    remedy: 'Fetch model.safetensors.index.json again.',
  },
  SAFETENSORS_SHARD_NAME: {
    class: 'structure',
    when: 'The index names a file that is not a plain .safetensors name beside it.',
    remedy: 'Do not use the index; a path in it could reach any file of this machine.',
  },
  SAFETENSORS_SHARD_MISSING_TENSOR: {
    class: 'structure',
    when: 'The index places a tensor in a file that does not have it.',
    remedy: 'Fetch the index and the files again, all from the same revision.',
  },
  SAFETENSORS_SHARD_EXTRA_TENSOR: {
    class: 'structure',
    when: 'A file has a tensor that the index does not know.',
    remedy: 'Fetch the index and the files again, all from the same revision.',
  },
  SAFETENSORS_SHARD_DUPLICATE: {
    class: 'structure',
    when: 'A tensor lies in another file than the index says, or in two files.',
    remedy: 'Fetch the index and the files again, all from the same revision.',
  },
} as const;

/** A code of {@link SAFETENSORS_ERRORS}. */
export type SafetensorsErrorCode = keyof typeof SAFETENSORS_ERRORS;

/** Makes an error of this package's table. */
export function safetensorsError(code: SafetensorsErrorCode, message: string, context?: ErrorContext): MirustError {
  return new MirustError(code, SAFETENSORS_ERRORS[code], message, context);
}

/** Codes of the warnings, with one sentence each: when, and why it is not an error. */
export const SAFETENSORS_WARNINGS = {
  SAFETENSORS_TOTAL_SIZE:
    'The index states another total size than its files have. Nothing depends on it, and tools that drop or tie weights leave it stale.',
} as const;

/** A code of {@link SAFETENSORS_WARNINGS}. */
export type SafetensorsWarningCode = keyof typeof SAFETENSORS_WARNINGS;
