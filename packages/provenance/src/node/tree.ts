/** A directory of Node's file system as a tree. */
import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { coreError, sanitizeText } from '@mirust/core';
import { fileSource } from '@mirust/core/node';
import { fileError } from '../artifact.ts';
import { provenanceError } from '../errors.ts';
import type { FileTree, TreeEntry } from '../file-tree.ts';

/** Folders within folders; a bound on what a directory can make this do. */
const MAX_DEPTH = 32;

/** Files and folders of one tree. */
const MAX_ENTRIES = 1_000_000;

/** The tree at a path: a directory, or one file. Throws `SOURCE_NOT_FOUND` or `SOURCE_READ`. */
export async function openTree(path: string): Promise<FileTree> {
  const isDirectory = await reading(path, async () => (await stat(path)).isDirectory());
  return {
    async list(isIgnored, options) {
      if (!isDirectory) return [{ path: '.', isLink: (await lstat(path)).isSymbolicLink() }];
      const entries: TreeEntry[] = [];
      let left = MAX_ENTRIES;
      async function visit(folder: string, depth: number): Promise<void> {
        options?.signal?.throwIfAborted();
        const found = await reading(folder, () => readdir(join(path, folder), { withFileTypes: true }));
        left -= found.length;
        if (left < 0 || depth > MAX_DEPTH) {
          throw provenanceError(
            'PROVENANCE_TOO_LARGE',
            `${sanitizeText(path)} has too many files, or folders in folders`,
          );
        }
        for (const entry of found.sort((a, b) => (a.name < b.name ? -1 : 1))) {
          const inner = folder === '' ? entry.name : `${folder}/${entry.name}`;
          if (isIgnored(inner)) continue;
          const isLink = entry.isSymbolicLink();
          const target = isLink ? await reading(inner, () => stat(join(path, inner))) : entry;
          if (target.isFile()) entries.push({ path: inner, isLink });
          else if (target.isDirectory() && !isLink) await visit(inner, depth + 1);
          else throw fileError('PROVENANCE_LINK', inner, isLink ? 'is a link to no file' : 'is a special file');
        }
      }
      await visit('', 0);
      return entries;
    },
    // Only paths that were listed are opened: none leads out of the directory.
    open: (inner) => fileSource(isDirectory ? join(path, inner) : path),
  };
}

async function reading<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const file = sanitizeText(path);
    const code = (cause as { code?: unknown }).code;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw coreError('SOURCE_NOT_FOUND', `${file} does not exist`, { file, cause });
    throw coreError('SOURCE_READ', `${file} cannot be read`, { file, cause });
  }
}
