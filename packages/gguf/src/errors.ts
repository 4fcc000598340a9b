/** Every way in which a GGUF file can be wrong, and what the reader only remarks on. */
import { type ErrorContext, MirustError } from '@mirust/core';

/**
 * The codes of this package. Beside them the reader throws, from the core: `TRUNCATED` (the file ends inside its
 * header), `OVERFLOW` (a size or offset passes 2^53 - 1), `INVALID_UTF8`, `BLOCK_MISMATCH` (a row does not divide
 * into blocks) and what the source throws.
 */
export const GGUF_ERRORS = {
  GGUF_MAGIC: {
    class: 'structure',
    when: 'The file does not start with the letters GGUF.',
    remedy: 'Check that this is a GGUF file; a page that a server sent instead of the file is a common cause.',
  },
  GGUF_BIG_ENDIAN: {
    class: 'unsupported',
    when: 'The file is a big-endian GGUF.',
    remedy:
      'Use the little-endian file of the same model, or convert this one with the byte-swapping script of gguf-py.',
  },
  GGUF_VERSION_1: {
    class: 'unsupported',
    when: 'The file is GGUF version 1, whose counts have another width.',
    remedy: 'Convert the model again with a current exporter, which writes version 3.',
  },
  GGUF_VERSION: {
    class: 'unsupported',
    when: 'The version is neither 2 nor 3.',
    remedy: 'Update this tool if the version is newer than it; otherwise the file is damaged.',
  },
  GGUF_COUNT: {
    class: 'structure',
    when: 'A count announces more entries than the rest of the file could hold.',
    remedy: 'Fetch the file again; it was cut short or its header is damaged.',
  },
  GGUF_LIMIT: {
    class: 'structure',
    when: 'A string is longer than any of a real model.',
    remedy: 'Do not use the file unless you know why it is so large.',
  },
  GGUF_HEADER_TOO_LARGE: {
    class: 'resource',
    when: 'Metadata and tensor table, the entries of one or an array pass what any real model has, though the format allows it.',
    remedy: 'Leave out metadata that only other tools read, such as a tokenizer.json that is stored whole.',
  },
  GGUF_KEY_LENGTH: {
    class: 'structure',
    when: 'A metadata key is empty or longer than 65,535 bytes.',
    remedy: 'Write the file again with a correct exporter.',
  },
  GGUF_DUPLICATE_KEY: {
    class: 'structure',
    when: 'A metadata key occurs twice.',
    remedy: 'Do not use the file; readers disagree on which of the two counts.',
  },
  GGUF_VALUE_TYPE: {
    class: 'structure',
    when: 'A metadata value or array element has a type number that does not exist.',
    remedy: 'Update this tool if the file is newer than it; otherwise the file is damaged.',
  },
  GGUF_NESTED_ARRAY: {
    class: 'unsupported',
    when: 'A metadata array holds arrays.',
    remedy: 'Write the file again without it; no model needs one, and the reference reader refuses it too.',
  },
  GGUF_BOOL: {
    class: 'structure',
    when: 'A boolean is stored as something else than 0 or 1.',
    remedy: 'Write the file again with a correct exporter.',
  },
  GGUF_ALIGNMENT: {
    class: 'structure',
    when: 'general.alignment is not a power of two from 8 to 2 MiB.',
    remedy: 'Write the file again with a correct exporter; 32 is usual.',
  },
  GGUF_NAME_LENGTH: {
    class: 'structure',
    when: 'A tensor name is empty or longer than 1,024 bytes.',
    remedy: 'Write the file again with a correct exporter.',
  },
  GGUF_DUPLICATE_TENSOR: {
    class: 'structure',
    when: 'Two tensors have the same name.',
    remedy: 'Do not use the file; readers disagree on which of the two counts.',
  },
  GGUF_RANK: {
    class: 'structure',
    when: 'A tensor does not have one to four dimensions.',
    remedy: 'Write the file again with a correct exporter.',
  },
  GGUF_DIMENSION: {
    class: 'structure',
    when: 'A dimension of a tensor is 0.',
    remedy: 'Write the file again with a correct exporter.',
  },
  GGUF_TENSOR_TYPE: {
    class: 'unsupported',
    when: 'A tensor has a ggml type that this version does not know.',
    remedy: 'Update this tool if the type is newer than it; otherwise the file is damaged.',
  },
  GGUF_TENSOR_TYPE_REMOVED: {
    class: 'unsupported',
    when: 'A tensor has a ggml type that was removed from the format.',
    remedy: 'Quantize the model again with a current exporter.',
  },
  GGUF_TENSOR_MISALIGNED: {
    class: 'structure',
    when: 'The data of a tensor do not start at a multiple of the alignment.',
    remedy: 'Write the file again with a correct exporter.',
  },
  GGUF_TENSOR_OUTSIDE: {
    class: 'structure',
    when: 'The data of a tensor pass the end of the file.',
    remedy: 'Fetch the file again; it was cut short or its header is damaged.',
  },
  GGUF_TENSOR_OVERLAP: {
    class: 'structure',
    when: 'Two tensors share bytes of the file.',
    remedy: 'Do not use the file; no exporter writes such a layout.',
  },
  GGUF_TENSOR_GAP: {
    class: 'structure',
    when: 'Between two tensors lie more bytes than alignment needs.',
    remedy: 'Write the file again with a correct exporter; the reference reader refuses it too.',
  },
  GGUF_KEY_MISSING: {
    class: 'contract',
    when: 'A metadata key that is needed is absent.',
    remedy: 'Convert the model again with a current exporter.',
  },
  GGUF_KEY_TYPE: {
    class: 'contract',
    when: 'A known metadata key holds a value of another type.',
    remedy: 'Convert the model again with a current exporter.',
  },
  GGUF_KEY_RANGE: {
    class: 'contract',
    when: 'The number of a known metadata key is outside the range that makes sense for it.',
    remedy: 'Convert the model again with a current exporter.',
  },
} as const;

/** A code of {@link GGUF_ERRORS}. */
export type GgufErrorCode = keyof typeof GGUF_ERRORS;

/** Makes an error of this package's table. */
export function ggufError(code: GgufErrorCode, message: string, context?: ErrorContext): MirustError {
  return new MirustError(code, GGUF_ERRORS[code], message, context);
}

/** Codes of the warnings in a {@link GgufFile}, with one sentence each: when, and why it is not an error. */
export const GGUF_WARNINGS = {
  GGUF_TRAILING_BYTES:
    'Bytes follow the last tensor and its padding. Nothing reads them, and files padded to a disk block have them.',
  GGUF_TENSOR_ORDER:
    'The tensor table is not in the order of the data. Every tensor is still found, and nothing is left uncovered.',
  GGUF_LONG_TENSOR_NAME:
    'A tensor name passes the 64 bytes of the format. Exporters built with a larger limit write such names.',
} as const;

/** A code of {@link GGUF_WARNINGS}. */
export type GgufWarningCode = keyof typeof GGUF_WARNINGS;
