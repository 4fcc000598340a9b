/** A slip of the fingers must not cost a checkpoint: the output is never one of the files that it is made of. */
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FileSet } from '@mirust/checkpoint';
import { UsageError } from '@mirust/cli';
import { sanitizeText } from '@mirust/core';

/** Names of files that checkpoints are made of, besides the one that the user pointed at. */
const CHECKPOINT_FILE = /\.(?:json|safetensors|model)$|^tok(?:enizer|\d+)\.bin$/i;

/**
 * Throws UsageError where `out` is the file that `files` points at, or a file of a checkpoint beside it: by identity,
 * so links do not help. An `out` that does not exist yet is always fine.
 */
export async function refuseOverwritingSource(out: string, files: FileSet): Promise<void> {
  const target = await identity(out);
  if (target === undefined) return;
  const folder = files.primary === undefined ? files.name : dirname(files.name);
  for (const name of files.names) {
    if (name !== files.primary && !CHECKPOINT_FILE.test(name)) continue;
    if ((await identity(join(folder, name))) !== target) continue;
    throw new UsageError(`OUT is ${sanitizeText(name)} of the source and would overwrite it; choose another name`);
  }
}

/** Device and inode of a file; undefined where there is none, or none that can be looked at. */
async function identity(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}
