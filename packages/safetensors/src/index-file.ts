/**
 * The index of a model that is split over several files, `model.safetensors.index.json`:
 *
 * ```
 * {"metadata": {"total_size": bytes, …}, "weight_map": {"tensor name": "model-00001-of-00002.safetensors", …}}
 * ```
 */
import {
  type ErrorContext,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  MAX_JSON_DEPTH,
  sanitizeText,
  visitJsonMembers,
} from '@mirust/core';
import { safetensorsError } from './errors.ts';
import {
  MAX_SAFETENSORS_ENTRY_BYTES,
  MAX_SAFETENSORS_ENTRY_VALUES,
  MAX_SAFETENSORS_INDEX_TENSORS,
  MAX_SAFETENSORS_NAME_LENGTH,
  MAX_SAFETENSORS_SHARDS,
  MAX_SHARD_NAME_LENGTH,
} from './limits.ts';

/** A checked index. */
export interface SafetensorsIndex {
  /** Tensor name to file name, in the order of the index. */
  readonly weightMap: ReadonlyMap<string, string>;
  /** The `metadata` object as it stands; empty where there is none. */
  readonly metadata: JsonObject;
  /** Every file once, sorted. */
  readonly files: readonly string[];
}

/** The member that places the tensors. */
const WEIGHT_MAP = 'weight_map';

/**
 * File names are allowed by what they may contain, not refused by what they may not: letters, digits, `.`, `_` and
 * `-`, no dot in front. So there is no path, no drive, no URL escape, no stream of a Windows file in them. The
 * ending keeps pickles out: an index of `pytorch_model.bin` has the same form.
 */
const SHARD_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]*\.safetensors$/;

/**
 * Parses and checks an index. Throws `SAFETENSORS_INDEX`, `SAFETENSORS_SHARD_NAME`, `SAFETENSORS_LIMIT`,
 * `SAFETENSORS_HEADER_LIMIT` for more tensors than any real index names, the codes of the JSON reader and
 * `INVALID_UTF8`. Duplicate tensors are duplicate keys: `JSON_DUPLICATE_KEY`; a document that is no object is `JSON_SYNTAX`.
 */
export function readSafetensorsIndex(json: string | Uint8Array): SafetensorsIndex {
  const bytes = typeof json === 'string' ? new TextEncoder().encode(json) : json;
  const weightMap = new Map<string, string>();
  const files = new Map<string, string>();
  let metadata: JsonObject = new Map();
  const options = {
    what: 'the index',
    maxDepth: MAX_JSON_DEPTH,
    maxMemberBytes: MAX_SAFETENSORS_ENTRY_BYTES,
    maxMemberValues: MAX_SAFETENSORS_ENTRY_VALUES,
    nested: WEIGHT_MAP,
    nestedKeys: weightMap,
  };
  visitJsonMembers(bytes, options, ({ key, value, offset, isNested }) => {
    if (isNested) {
      const file = readFile(key, value, offset);
      if (weightMap.size === MAX_SAFETENSORS_INDEX_TENSORS) {
        const limit = MAX_SAFETENSORS_INDEX_TENSORS;
        const message = `the index names more than ${limit} tensors`;
        throw safetensorsError('SAFETENSORS_HEADER_LIMIT', message, { offset, limit });
      }
      if (!files.has(file)) addFile(files, file, { offset, tensor: sanitizeText(key) });
      // One string for all tensors of a file.
      weightMap.set(key, files.get(file) ?? file);
    } else if (key === 'metadata') metadata = readMetadata(value, offset);
    return undefined;
  });
  if (weightMap.size === 0) {
    const context = { offset: 0, key: WEIGHT_MAP };
    throw safetensorsError('SAFETENSORS_INDEX', 'the index has no weight_map object with entries', context);
  }
  return { weightMap, metadata, files: [...files.keys()].sort() };
}

function readMetadata(value: JsonValue, offset: number): JsonObject {
  if (isJsonObject(value)) return value;
  const context = { offset, key: 'metadata' };
  throw safetensorsError('SAFETENSORS_INDEX', 'the metadata of the index are not an object', context);
}

/** The file of one tensor; the name is checked too. */
function readFile(name: string, file: JsonValue, offset: number): string {
  if (typeof file !== 'string') {
    const tensor = sanitizeText(name);
    throw safetensorsError('SAFETENSORS_INDEX', `the file of tensor "${tensor}" is not a string`, { offset, tensor });
  }
  if (name === '') throw safetensorsError('SAFETENSORS_NAME', 'the index has a tensor without a name', { offset });
  if (name.length > MAX_SAFETENSORS_NAME_LENGTH) {
    const context = { offset, tensor: sanitizeText(name), actual: name.length, limit: MAX_SAFETENSORS_NAME_LENGTH };
    throw safetensorsError('SAFETENSORS_LIMIT', `a tensor name has ${name.length} characters`, context);
  }
  return file;
}

function addFile(files: Map<string, string>, file: string, context: ErrorContext): void {
  if (file.length > MAX_SHARD_NAME_LENGTH || !SHARD_NAME.test(file)) {
    const shown = sanitizeText(file);
    const message = `the index places tensor "${context.tensor}" in "${shown}", which is no plain .safetensors name`;
    throw safetensorsError('SAFETENSORS_SHARD_NAME', message, { ...context, actual: shown });
  }
  files.set(file, file);
  if (files.size > MAX_SAFETENSORS_SHARDS) {
    const limit = MAX_SAFETENSORS_SHARDS;
    throw safetensorsError('SAFETENSORS_LIMIT', `the index names more than ${limit} files`, { ...context, limit });
  }
}
