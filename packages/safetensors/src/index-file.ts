/**
 * The index of a model that is split over several files, `model.safetensors.index.json`:
 *
 * ```
 * {"metadata": {"total_size": bytes, …}, "weight_map": {"tensor name": "model-00001-of-00002.safetensors", …}}
 * ```
 */
import { type ErrorContext, isJsonObject, type JsonObject, parseStrictJson, sanitizeText } from '@mirust/core';
import { safetensorsError } from './errors.ts';
import { MAX_SAFETENSORS_NAME_LENGTH, MAX_SAFETENSORS_SHARDS, MAX_SHARD_NAME_LENGTH } from './limits.ts';

/** A checked index. */
export interface SafetensorsIndex {
  /** Tensor name to file name, in the order of the index. */
  readonly weightMap: ReadonlyMap<string, string>;
  /** The `metadata` object as it stands; empty where there is none. */
  readonly metadata: JsonObject;
  /** Every file once, sorted. */
  readonly files: readonly string[];
}

/**
 * File names are allowed by what they may contain, not refused by what they may not: letters, digits, `.`, `_` and
 * `-`, no dot in front. So there is no path, no drive, no URL escape, no stream of a Windows file in them. The
 * ending keeps pickles out: an index of `pytorch_model.bin` has the same form.
 */
const SHARD_NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]*\.safetensors$/;

/**
 * Parses and checks an index. Throws `SAFETENSORS_INDEX`, `SAFETENSORS_SHARD_NAME`, `SAFETENSORS_LIMIT`, the codes of
 * the JSON reader and `INVALID_UTF8`. Duplicate tensors are duplicate keys: `JSON_DUPLICATE_KEY`.
 */
export function readSafetensorsIndex(json: string | Uint8Array): SafetensorsIndex {
  const objectOffsets = new Map<JsonObject, number>();
  const root = parseStrictJson(json, { what: 'the index', objectOffsets });
  if (!isJsonObject(root)) throw safetensorsError('SAFETENSORS_INDEX', 'the index is not an object', { offset: 0 });
  const map = root.get('weight_map');
  if (!isJsonObject(map) || map.size === 0) {
    const context = { offset: objectOffsets.get(root) ?? 0, key: 'weight_map' };
    throw safetensorsError('SAFETENSORS_INDEX', 'the index has no weight_map object with entries', context);
  }
  const offset = objectOffsets.get(map) ?? 0;
  const metadata = root.get('metadata') ?? new Map();
  if (!isJsonObject(metadata)) {
    const context = { offset: objectOffsets.get(root) ?? 0, key: 'metadata' };
    throw safetensorsError('SAFETENSORS_INDEX', 'the metadata of the index are not an object', context);
  }
  const weightMap = new Map<string, string>();
  const files = new Set<string>();
  for (const [name, file] of map) {
    const tensor = sanitizeText(name);
    if (typeof file !== 'string') {
      throw safetensorsError('SAFETENSORS_INDEX', `the file of tensor "${tensor}" is not a string`, { offset, tensor });
    }
    if (name === '') throw safetensorsError('SAFETENSORS_NAME', 'the index has a tensor without a name', { offset });
    if (name.length > MAX_SAFETENSORS_NAME_LENGTH) {
      const context = { offset, tensor, actual: name.length, limit: MAX_SAFETENSORS_NAME_LENGTH };
      throw safetensorsError('SAFETENSORS_LIMIT', `a tensor name has ${name.length} characters`, context);
    }
    if (!files.has(file)) addFile(files, file, { offset, tensor });
    weightMap.set(name, file);
  }
  return { weightMap, metadata, files: [...files].sort() };
}

function addFile(files: Set<string>, file: string, context: ErrorContext): void {
  if (file.length > MAX_SHARD_NAME_LENGTH || !SHARD_NAME.test(file)) {
    const shown = sanitizeText(file);
    const message = `the index places tensor "${context.tensor}" in "${shown}", which is no plain .safetensors name`;
    throw safetensorsError('SAFETENSORS_SHARD_NAME', message, { ...context, actual: shown });
  }
  files.add(file);
  if (files.size > MAX_SAFETENSORS_SHARDS) {
    const limit = MAX_SAFETENSORS_SHARDS;
    throw safetensorsError('SAFETENSORS_LIMIT', `the index names more than ${limit} files`, { ...context, limit });
  }
}
