/** The model that a configuration describes, without weights: for planning. */
import { isMirustError, type JsonObject, type MirustError, type ReadOptions } from '@mirust/core';
import type { ModelDescription } from '@mirust/model';
import { detectFormat } from './detect.ts';
import type { FileSet } from './file-set.ts';
import { describeConfig } from './formats/huggingface.ts';
import { readCheckpointJson } from './json-file.ts';

/** A configuration as it stands, and what this version makes of it. */
export interface Configuration {
  /** Values of any JSON type, not checked. */
  readonly config: JsonObject;
  /** The type that it names for its weights, as it names it (`bfloat16`); text of the file. */
  readonly weightType: string | undefined;
  /** Present where the architecture is supported. */
  readonly model?: ModelDescription;
  /** Present where it is not: why. */
  readonly refusal?: MirustError;
}

/** What a configuration of a supported architecture says. */
export type ConfigurationDescription = Required<Pick<Configuration, 'model' | 'weightType'>>;

/**
 * Reads a config.json of whatever architecture. Undefined where the user pointed at something else: a directory, a file of
 * another format, an index. Throws what `detectFormat` and `readCheckpointJson` throw, and what `describeModel` throws but
 * for models that are only not supported.
 */
export async function openConfiguration(files: FileSet, options: ReadOptions = {}): Promise<Configuration | undefined> {
  const { primary } = files;
  if (primary === undefined) return undefined;
  const source = await files.open(primary);
  let format: string;
  try {
    format = await detectFormat(source, { ...options, name: primary });
  } finally {
    await source.close();
  }
  if (format !== 'json') return undefined;
  const json = await readCheckpointJson(files, primary, options);
  if (json.kind === 'index') return undefined;
  const { config } = json;
  const weightType = config.get('torch_dtype') ?? config.get('dtype');
  const common = { config, weightType: typeof weightType === 'string' ? weightType : undefined };
  try {
    return { ...common, model: describeConfig(config) };
  } catch (error) {
    if (isMirustError(error) && error.class === 'unsupported') return { ...common, refusal: error };
    throw error;
  }
}

/**
 * Describes the model of a config.json; undefined where {@link openConfiguration} gives nothing. Throws what that throws,
 * and `MODEL_ARCHITECTURE` or `MODEL_FEATURE`.
 */
export async function openDescription(
  files: FileSet,
  options: ReadOptions = {},
): Promise<ConfigurationDescription | undefined> {
  const found = await openConfiguration(files, options);
  if (found === undefined) return undefined;
  const { model, weightType, refusal } = found;
  if (model === undefined) throw refusal;
  return { model, weightType };
}
