/** The model that a configuration describes, without weights: for planning. */
import type { ReadOptions } from '@mirust/core';
import type { ModelDescription } from '@mirust/model';
import { detectFormat } from './detect.ts';
import type { FileSet } from './file-set.ts';
import { describeConfig } from './formats/huggingface.ts';
import { readCheckpointJson } from './json-file.ts';

/** What a configuration says. */
export interface ConfigurationDescription {
  readonly model: ModelDescription;
  /** The type that it names for its weights, as it names it (`bfloat16`); text of the file. */
  readonly weightType: string | undefined;
}

/**
 * Describes the model of a config.json. Undefined where the user pointed at something else: a directory, a file of
 * another format, an index. Throws what `detectFormat`, `readCheckpointJson` and `describeModel` throw.
 */
export async function openDescription(
  files: FileSet,
  options: ReadOptions = {},
): Promise<ConfigurationDescription | undefined> {
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
  const weightType = json.config.get('torch_dtype') ?? json.config.get('dtype');
  return { model: describeConfig(json.config), weightType: typeof weightType === 'string' ? weightType : undefined };
}
