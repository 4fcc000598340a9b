/** Checkpoints on the file system. */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { coreError, sanitizeText } from '@mirust/core';
import { fileSource } from '@mirust/core/node';
import type { FileSet } from '../file-set.ts';

/**
 * The files at a path: a directory, or one file with its neighbours. Only plain names of that one directory can be
 * opened, so no name in a file leads elsewhere. Throws `SOURCE_NOT_FOUND` or `SOURCE_READ`.
 */
export async function openPath(path: string): Promise<FileSet> {
  try {
    const isDirectory = (await stat(path)).isDirectory();
    const folder = isDirectory ? path : dirname(path);
    // A file may be readable in a directory that may not be listed: then it has no neighbours.
    const names = await listFiles(folder).catch((error: unknown) => {
      if (isDirectory) throw error;
      return [basename(path)];
    });
    return {
      name: path,
      primary: isDirectory ? undefined : basename(path),
      names,
      ...(isDirectory ? { namesBelow: () => listBelow(folder) } : {}),
      open: (name) => {
        if (basename(name) !== name) throw new RangeError(`not a plain file name: ${sanitizeText(name)}`);
        // The path as it was given, so that messages repeat it.
        return fileSource(name === basename(path) && !isDirectory ? path : join(folder, name));
      },
    };
  } catch (cause) {
    const shown = sanitizeText(path);
    const missing = (cause as { code?: unknown }).code === 'ENOENT' || (cause as { code?: unknown }).code === 'ENOTDIR';
    if (missing) throw coreError('SOURCE_NOT_FOUND', `${shown} does not exist`, { file: shown, cause });
    throw coreError('SOURCE_READ', `${shown} cannot be read`, { file: shown, cause });
  }
}

/** Links are followed: caches of model files are full of them. In the order of their names, whatever the system's. */
async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() || entry.isSymbolicLink());
  return files.map(({ name }) => name).sort();
}

/** Deepest folder below a directory that is looked into. */
export const MAX_FOLDER_DEPTH = 16;

/** The most files that are listed: what is said about them shows a few. */
const MAX_FILES_BELOW = 100_000;

/** Folders that tools keep for themselves: nobody looks for models in them. */
export const TOOL_FOLDERS: ReadonlySet<string> = new Set(['.git', '.cache']);

/** Links to folders are not followed: they could lead round in a circle. A folder that may not be listed is left out. */
async function listBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  async function visit(path: string, prefix: string, depth: number): Promise<void> {
    const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (found.length >= MAX_FILES_BELOW) return;
      if (!entry.isDirectory()) {
        if (depth > 0) found.push(`${prefix}${entry.name}`);
      } else if (depth < MAX_FOLDER_DEPTH && !TOOL_FOLDERS.has(entry.name)) {
        await visit(join(path, entry.name), `${prefix}${entry.name}/`, depth + 1);
      }
    }
  }
  await visit(folder, '', 0);
  return found;
}
