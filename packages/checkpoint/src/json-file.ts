/** JSON files of a Hugging Face checkpoint: what they are, by their content. */
import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  parseStrictJson,
  type ReadOptions,
  sanitizeText,
} from '@mirust/core';
import { checkpointError } from './errors.ts';
import { type FileSet, readSmallFile } from './file-set.ts';

/** A config.json has a few kB; a megabyte is not one. */
export const MAX_CONFIG_BYTES: number = 2 ** 20;

/** tokenizer_config.json lists added tokens one by one: the largest in use has 1.2 MB. */
export const MAX_TOKENIZER_CONFIG_BYTES: number = 16 * 2 ** 20;

/** An index names every tensor once: 100,000 tensors with long names take about 10 MB. */
export const MAX_INDEX_BYTES: number = 64 * 2 ** 20;

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
  const value = parse((await readSmallFile(files, name, MAX_INDEX_BYTES, options)) ?? new Uint8Array(), name);
  if (isJsonObject(value)) {
    if (isJsonObject(value.get('weight_map'))) return { kind: 'index' };
    const named = typeof value.get('model_type') === 'string' || isJsonArray(value.get('architectures'));
    if (named) return { kind: 'config', config: value };
  }
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
