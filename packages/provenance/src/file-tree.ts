/** A directory with all that is below it. */
import type { FileSet } from '@mirust/checkpoint';
import type { ByteSource, ReadOptions } from '@mirust/core';

/** A file of a tree. */
export interface TreeEntry {
  /** From the top on, with slashes; "." for a tree that is one file. */
  readonly path: string;
  /** Whether the name is a symbolic link to the file. */
  readonly isLink: boolean;
}

/** Files below a directory, or one file. */
export interface FileTree {
  /**
   * All files but those below ignored paths, in the order of their paths. Throws `PROVENANCE_LINK` for what is neither a
   * file nor a directory, and for a link to a directory.
   */
  list(isIgnored: (path: string) => boolean, options?: ReadOptions): Promise<TreeEntry[]>;
  /** Opens a file of the list; the caller closes it. */
  open(path: string): Promise<ByteSource>;
}

/** The tree of a file set: its primary file, or its files, which lie in no folders. */
export function flatTree(files: FileSet): FileTree {
  const { primary } = files;
  return {
    async list(isIgnored) {
      const paths = primary === undefined ? files.names.filter((name) => !isIgnored(name)) : ['.'];
      return paths.map((path) => ({ path, isLink: false }));
    },
    open: (path) => files.open(primary ?? path),
  };
}
