/**
 * JSON of a file that nobody vouches for: a safetensors header, an index, a `config.json`, a `tokenizer.json`.
 *
 * The platform's parser keeps the last of two equal keys and says nothing, so two readers of one file can see two
 * different models; it gives no byte offsets; and it builds plain objects, where a key `__proto__` is special. This
 * one follows RFC 8259 and on top of it refuses duplicate keys, unpaired surrogates, a byte-order mark, numbers
 * beyond the range of a double, and anything deeper or larger than the limits below. Objects become a `Map`.
 */
import { readJsonDocument } from './_json-reader.ts';
import { coreError } from './errors.ts';
import { jsonError } from './json-errors.ts';
import type { JsonValue } from './json-value.ts';
import { firstInvalidUtf8 } from './utf8.ts';

/** Nesting allowed unless told otherwise: a `tokenizer.json` uses about 8 levels. */
export const MAX_JSON_DEPTH = 64;

/** The largest nesting that can be asked for: the reader is recursive, and a thousand frames fit any stack. */
export const MAX_JSON_DEPTH_OPTION = 1000;

/** Bytes allowed unless told otherwise: the largest `tokenizer.json` in use has 33 MB (262,144 tokens, 514,906 merges). */
export const MAX_JSON_BYTES: number = 64 * 2 ** 20;

/**
 * Values in one document, of any kind. Four bytes of text can become fifty in memory; this and the next limit keep
 * the result within a few hundred MB whatever the text. The largest `tokenizer.json` in use has 2.1 million.
 */
export const MAX_JSON_VALUES: number = 2 ** 23;

/**
 * Arrays and objects in one document: an empty Map takes about 200 bytes for two characters of text. The largest
 * `tokenizer.json` in use has half as many (each merge is an array of two).
 */
export const MAX_JSON_CONTAINERS: number = 2 ** 20;

/** Options of {@link parseStrictJson}. */
export interface JsonOptions {
  /** Levels of nesting, default {@link MAX_JSON_DEPTH}, at most {@link MAX_JSON_DEPTH_OPTION}. */
  readonly maxDepth?: number;
  /** Length of the text, default {@link MAX_JSON_BYTES}. */
  readonly maxBytes?: number;
  /** Refuses `1.0`, `1e3` and `-0`: for documents where every number is a count. Default false. */
  readonly integersOnly?: boolean;
  /** Where the text starts in its file; added to the offset of every error. Default 0. */
  readonly baseOffset?: number;
  /** What the text is, for messages; default `JSON`. */
  readonly what?: string;
  /** Values of any kind, default {@link MAX_JSON_VALUES}. */
  readonly maxValues?: number;
  /** Arrays and objects, default {@link MAX_JSON_CONTAINERS}. */
  readonly maxContainers?: number;
}

/**
 * Parses a whole JSON document; time and memory are linear in its length. Bytes must be UTF-8; a text is taken as it
 * is. Throws the codes of {@link JSON_ERRORS} and `INVALID_UTF8`, each with the byte offset, and RangeError for
 * limits that are not positive integers.
 */
export function parseStrictJson(input: string | Uint8Array, options: JsonOptions = {}): JsonValue {
  const what = options.what ?? 'JSON';
  const baseOffset = options.baseOffset ?? 0;
  const maxBytes = checkLimit(options.maxBytes ?? MAX_JSON_BYTES, Number.MAX_SAFE_INTEGER, 'maxBytes');
  const maxDepth = checkLimit(options.maxDepth ?? MAX_JSON_DEPTH, MAX_JSON_DEPTH_OPTION, 'maxDepth');
  if (input.length > maxBytes) {
    throw jsonError('JSON_TOO_LARGE', `${what} has ${input.length} bytes`, {
      offset: baseOffset,
      limit: maxBytes,
      actual: input.length,
    });
  }
  const text = typeof input === 'string' ? input : decodeDocument(input, what, baseOffset);
  return readJsonDocument({
    text,
    what,
    baseOffset,
    maxDepth,
    integersOnly: options.integersOnly ?? false,
    position: 0,
    depth: 0,
    valuesLeft: checkLimit(options.maxValues ?? MAX_JSON_VALUES, MAX_JSON_VALUES, 'maxValues'),
    containersLeft: checkLimit(options.maxContainers ?? MAX_JSON_CONTAINERS, MAX_JSON_CONTAINERS, 'maxContainers'),
    pending: [],
  });
}

function checkLimit(value: number, most: number, name: string): number {
  if (!Number.isSafeInteger(value) || value < 1 || value > most) {
    throw new RangeError(`${name} must be an integer from 1 to ${most}, got ${value}`);
  }
  return value;
}

function decodeDocument(bytes: Uint8Array, what: string, baseOffset: number): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    const offset = baseOffset + Math.max(0, firstInvalidUtf8(bytes));
    throw coreError('INVALID_UTF8', `${what} is not valid UTF-8`, { offset, cause });
  }
}
