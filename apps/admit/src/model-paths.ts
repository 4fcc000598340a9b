/** Which models a path stands for: a file, a checkpoint directory, or all models in a directory and those below it. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isForeignWeights } from '@mirust/admission';
import { detectFormat } from '@mirust/checkpoint';
import { MAX_FOLDER_DEPTH, TOOL_FOLDERS } from '@mirust/checkpoint/node';
import { isMirustError } from '@mirust/core';
import { fileSource } from '@mirust/core/node';

/** Weights in formats that MiRust reads, by their names. */
const MODEL_NAMES = /\.(slm|gguf|safetensors)$/i;

const SHARD = /\.safetensors$/i;

/** Whether files of a folder belong together: safetensors with a configuration or an index, or a single one. */
function isCheckpoint(names: readonly string[]): boolean {
  const shards = names.filter((name) => SHARD.test(name)).length;
  const hasIndex = names.some((name) => /\.safetensors\.index\.json$/i.test(name));
  return hasIndex || shards === 1 || (shards > 1 && names.includes('config.json'));
}

/**
 * The models at the paths, each once, in the order of the paths and, in a directory, of their names. A file that is named is
 * taken as it is; in a directory and below it, files count that are called as models are or that begin as one does, pickles
 * and archives too. In and below a directory that is one checkpoint, what is called as weights of other tools are is left to
 * the gate, which tells it with the checkpoint. A directory without any models stands for itself: the gate says what is wrong.
 */
export async function modelPaths(paths: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  for (const path of paths) {
    const inside = (await isDirectory(path)) ? await modelsIn(path, 0, false) : [];
    for (const each of inside.length === 0 ? [path] : inside) found.add(each);
  }
  return [...found];
}

/** False where it cannot be told: opening the path says why. */
async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (state) => state.isDirectory(),
    () => false,
  );
}

/** `isBelow`: the folder lies below a checkpoint. */
async function modelsIn(folder: string, depth: number, isBelow: boolean): Promise<string[]> {
  // A folder that may not be listed is not passed over: it stands for itself, and opening it fails.
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
  if (entries === undefined || depth > MAX_FOLDER_DEPTH) return [folder];
  const isOne = isCheckpoint(entries.map(({ name }) => name));
  const found = isOne ? [folder] : [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (!TOOL_FOLDERS.has(entry.name)) found.push(...(await modelsIn(path, depth + 1, isBelow || isOne)));
      continue;
    }
    const isTold = (isOne && SHARD.test(entry.name)) || ((isOne || isBelow) && isForeignWeights(entry.name));
    // Links to files are followed, as caches of models need; links to folders could lead round in a circle.
    if (!isTold && (await isModel(path, entry.name))) found.push(path);
  }
  return found;
}

async function isModel(path: string, name: string): Promise<boolean> {
  if (MODEL_NAMES.test(name) || isForeignWeights(name)) return !(await isDirectory(path));
  try {
    const source = await fileSource(path);
    try {
      return (await detectFormat(source, { name })) !== 'json';
    } finally {
      await source.close();
    }
  } catch (error) {
    return isMirustError(error, 'CHECKPOINT_PICKLE');
  }
}
