/** Which files of a Hugging Face directory make up the checkpoint that the user pointed at. */
import type { JsonObject, ReadOptions, Warning } from '@mirust/core';
import { sanitizeText } from '@mirust/core';
import { checkpointError } from '../errors.ts';
import { type FileSet, hasFile, missingFile } from '../file-set.ts';
import { readCheckpointJson } from '../json-file.ts';

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

/** Names of the parts. */
export interface HuggingFaceParts {
  /** A file with all tensors, or an index of several. */
  readonly weights: { readonly kind: 'single' | 'index'; readonly name: string };
  /** The configuration, where it has been read already. */
  readonly config: JsonObject | undefined;
  readonly warnings: readonly Warning[];
}

/**
 * Finds the parts. A directory or a configuration mean the directory's weights: model.safetensors, else its index. An
 * index means that index, a shard the index that it belongs to, any other safetensors file means itself.
 *
 * Throws `CHECKPOINT_INCOMPLETE` where there are no weights, `CHECKPOINT_PICKLE` where the only ones are pickles, and
 * what `readCheckpointJson` throws.
 */
export async function findParts(
  files: FileSet,
  format: 'safetensors' | 'json' | undefined,
  options: ReadOptions,
): Promise<HuggingFaceParts> {
  const { primary } = files;
  if (primary !== undefined && format === 'safetensors') {
    const model = /^(.+)-\d{5}-of-\d{5}\.safetensors$/.exec(primary)?.[1];
    if (model === undefined) return parts('single', primary);
    const index = `${model}.safetensors.index.json`;
    if (!(await hasFile(files, index))) throw missingFile(index);
    return parts('index', index);
  }
  let config: JsonObject | undefined;
  if (primary !== undefined && format === 'json') {
    const json = await readCheckpointJson(files, primary, options);
    if (json.kind === 'index') return parts('index', primary);
    config = json.config;
  }
  const hasIndex = await hasFile(files, INDEX);
  if (await hasFile(files, SINGLE)) return { ...parts('single', SINGLE, hasIndex), config };
  if (!hasIndex) throw noWeights(files);
  return { ...parts('index', INDEX), config };
}

function parts(kind: 'single' | 'index', name: string, hasBoth = false): HuggingFaceParts {
  const message = `${SINGLE} and ${INDEX} are both there: the single file is taken`;
  const warnings = hasBoth ? [{ code: 'CHECKPOINT_TWO_WEIGHTS', message }] : [];
  return { weights: { kind, name }, config: undefined, warnings };
}

/** The reason that helps most: pickles are never opened, shards need their index, other formats are named directly. */
function noWeights({ names }: FileSet): Error {
  const pickle = names.find((name) => /^(pytorch_model.*\.bin|consolidated.*\.pth|.*\.(pt|pth|ckpt|pkl))$/i.test(name));
  if (pickle !== undefined) {
    const file = sanitizeText(pickle);
    return checkpointError('CHECKPOINT_PICKLE', `the only weights are in ${file}, which is not opened`, { file });
  }
  if (names.some((name) => /-\d{5}-of-\d{5}\.safetensors$/.test(name))) return missingFile(INDEX);
  const other = names.find((name) => /\.(slm|slm1|slm2|gguf|safetensors)$/i.test(name));
  return missingFile(SINGLE, other === undefined ? undefined : `Name the file itself, such as ${sanitizeText(other)}.`);
}
