/** JSON files of a Hugging Face checkpoint: what they are, by their content. */
import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  MAX_JSON_DEPTH,
  parseStrictJson,
  type ReadOptions,
  sanitizeText,
  visitJsonMembers,
} from '@mirust/core';
import { MAX_SAFETENSORS_INDEX_BYTES } from '@mirust/safetensors';
import { checkpointError } from './errors.ts';
import { type FileSet, readSmallFile } from './file-set.ts';

/** A config.json has a few kB; a megabyte is not one. */
export const MAX_CONFIG_BYTES: number = 2 ** 20;

/** Values in one member of a configuration: the longest lists have an entry per layer, or per id of a label. */
const MAX_CONFIG_VALUES: number = 2 ** 16;

/** tokenizer_config.json lists added tokens one by one: the largest in use has 1.2 MB. */
export const MAX_TOKENIZER_CONFIG_BYTES: number = 16 * 2 ** 20;

/** A JSON file that leads to a checkpoint. */
export type CheckpointJson =
  | { readonly kind: 'config'; readonly config: JsonObject }
  /** `model.safetensors.index.json` and its like: which tensor lies in which shard. */
  | { readonly kind: 'index' };

/**
 * Reads a JSON file that the user pointed at. A configuration names its architecture, an index has a weight_map.
 * Throws `CHECKPOINT_FORMAT` for anything else (a tokenizer.json, for one), `CHECKPOINT_TOO_LARGE`, and the codes of
 * the JSON reader.
 */
export async function readCheckpointJson(files: FileSet, name: string, options?: ReadOptions): Promise<CheckpointJson> {
  const bytes = (await readSmallFile(files, name, MAX_SAFETENSORS_INDEX_BYTES, options)) ?? new Uint8Array();
  const config = new Map<string, JsonValue>();
  let isIndex = false;
  // Of an index only this is wanted: its tensors are read by its own reader.
  const limits = { maxDepth: MAX_JSON_DEPTH, maxMemberBytes: MAX_CONFIG_BYTES, maxMemberValues: MAX_CONFIG_VALUES };
  visitJsonMembers(bytes, { ...limits, what: sanitizeText(name), nested: 'weight_map' }, ({ key, value }) => {
    config.set(key, value);
    isIndex = key === 'weight_map' && isJsonObject(value);
    return isIndex ? 'stop' : undefined;
  });
  if (isIndex) return { kind: 'index' };
  const isConfig = typeof config.get('model_type') === 'string' || isJsonArray(config.get('architectures'));
  if (isConfig) return { kind: 'config', config };
  const file = sanitizeText(name);
  const message = `${file} is JSON, but neither a model's configuration nor an index of its weights`;
  throw checkpointError('CHECKPOINT_FORMAT', message, { file, offset: 0 });
}

/** A small JSON file whose top is an object; undefined where it is absent. */
export async function readJsonFile(
  files: FileSet,
  name: string,
  maxBytes: number,
  options?: ReadOptions,
): Promise<JsonObject | undefined> {
  const bytes = await readSmallFile(files, name, maxBytes, options);
  if (bytes === undefined) return undefined;
  const value = parse(bytes, name);
  if (isJsonObject(value)) return value;
  const file = sanitizeText(name);
  throw checkpointError('CHECKPOINT_FORMAT', `${file} is not a JSON object`, { file, offset: 0 });
}

function parse(bytes: Uint8Array, name: string): JsonValue {
  return parseStrictJson(bytes, { what: sanitizeText(name) });
}
