/**
 * The files that a checkpoint may be made of: a directory, or one file with its neighbours. A browser makes one of
 * picked files or URLs, Node of a path; readers know only this.
 */
import { type ByteSource, readRange } from '@mirust/core';
import { checkpointError } from './errors.ts';

/** Named files beside each other. */
export interface FileSet {
  /** For messages: the path or URL that the user gave. */
  readonly name: string;
  /** The file that the user pointed at; undefined for a directory. */
  readonly primary: string | undefined;
  /** Names of the files there, without folders. */
  readonly names: readonly string[];
  /** Opens a file of `names`; the caller closes it. */
  open(name: string): Promise<ByteSource>;
}

/** A file set over sources that are already open: for the browser and for tests. */
export function fileSetOf(files: ReadonlyMap<string, ByteSource>, primary?: string): FileSet {
  return {
    name: primary ?? 'files',
    primary,
    names: [...files.keys()],
    async open(name) {
      const source = files.get(name);
      if (source === undefined) throw checkpointError('CHECKPOINT_INCOMPLETE', `${name} is missing`, { file: name });
      return source;
    },
  };
}

/** Reads a whole small file; undefined where the set does not have it. Throws `CHECKPOINT_FORMAT` above the limit. */
export async function readSmallFile(files: FileSet, name: string, maxBytes: number): Promise<Uint8Array | undefined> {
  if (!files.names.includes(name)) return undefined;
  const source = await files.open(name);
  try {
    if (source.byteLength > maxBytes) {
      throw checkpointError('CHECKPOINT_FORMAT', `${name} has ${source.byteLength} bytes`, {
        file: name,
        limit: maxBytes,
        actual: source.byteLength,
      });
    }
    return await readRange(source, 0, source.byteLength);
  } finally {
    await source.close();
  }
}
