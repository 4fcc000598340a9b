/**
 * Temporary files that are open. This is the one piece of module state in the package, and it has to be: a signal
 * handler belongs to the process, not to a call, and must remove the files at once, without a promise and without
 * knowing who made them. Nothing else reads it.
 */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const openTemporaries = new Set<string>();

/** What the name of every temporary file starts with. */
export const TEMPORARY_PREFIX = '.mirust-tmp-';

/** Characters of the final name that the temporary one repeats: four bytes each fit the 255 of any file system. */
const MAX_NAME_CHARACTERS = 50;

/** A new name beside `path`: in the same directory, so that the rename stays within one file system. */
export function temporaryPath(path: string): string {
  const random = randomBytes(6).toString('hex');
  const name = `${TEMPORARY_PREFIX}${random}-${basename(path).slice(0, MAX_NAME_CHARACTERS)}`;
  return join(dirname(path), name);
}

/** Remembers a temporary file; called before it is made, so that no moment is left uncovered. */
export function registerTemporary(path: string): void {
  openTemporaries.add(path);
}

/** Forgets a temporary file that was renamed or removed. */
export function forgetTemporary(path: string): void {
  openTemporaries.delete(path);
}

/**
 * Removes the temporary files of every sink that is neither committed nor aborted, at once. For a handler of SIGINT
 * or SIGTERM that ends the process: the sinks cannot be used any more. Never throws; returns how many names it tried.
 */
export function removeOpenTemporaries(): number {
  const paths = [...openTemporaries];
  openTemporaries.clear();
  for (const path of paths) {
    try {
      rmSync(path, { force: true });
    } catch {
      // The process is ending; the other files still have to go.
    }
  }
  return paths.length;
}
