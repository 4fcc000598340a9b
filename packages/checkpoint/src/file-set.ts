/**
 * The files that a checkpoint may be made of: a directory, or one file with its neighbours. A browser makes one of
 * picked files or URLs, Node of a path; readers know only this.
 */
import { type ByteSource, type ReadOptions, readRange, sanitizeText, sliceSource } from '@mirust/core';
import { checkpointError } from './errors.ts';

/** Named files beside each other. */
export interface FileSet {
  /** For messages: the path or URL that the user gave. */
  readonly name: string;
  /** The file that the user pointed at; undefined for a directory. */
  readonly primary: string | undefined;
  /** Names of the files there, without folders; where `has` must be asked, those that are known without. */
  readonly names: readonly string[];
  /** Whether a file is there, of sets that cannot list their files: a server is asked. See {@link hasFile}. */
  has?(name: string): Promise<boolean>;
  /** Names of files in folders below, with `/` between; absent where folders are not known. None of them can be opened. */
  namesBelow?(): Promise<readonly string[]>;
  /** Opens a file that is there; the caller closes it. */
  open(name: string): Promise<ByteSource>;
  /** Whether a file that is opened again has the same bytes, or reading it throws: see `pinFiles`. */
  readonly isPinned?: true;
}

/**
 * A file set over sources that are open already: for the browser and for tests. They stay the caller's: closing a
 * checkpoint that was opened from them leaves them open.
 */
export function fileSetOf(files: ReadonlyMap<string, ByteSource>, primary?: string): FileSet {
  return {
    name: primary ?? 'files',
    primary,
    names: [...files.keys()],
    async open(name) {
      const source = files.get(name);
      if (source === undefined) throw missingFile(name);
      return sliceSource(source, 0, source.byteLength);
    },
  };
}

/** Whether a set has a file. Throws what asking a server throws. */
export async function hasFile(files: FileSet, name: string): Promise<boolean> {
  return files.names.includes(name) || (await files.has?.(name)) === true;
}

/** `CHECKPOINT_INCOMPLETE` for a file that is not there. The name may come from a file. */
export function missingFile(name: string, remedy?: string): Error {
  const file = sanitizeText(name);
  const context = remedy === undefined ? { file } : { file, remedy };
  return checkpointError('CHECKPOINT_INCOMPLETE', `${file} is missing`, context);
}

/** Reads a whole small file; undefined where the set does not have it. Throws `CHECKPOINT_TOO_LARGE` above the limit. */
export async function readSmallFile(
  files: FileSet,
  name: string,
  maxBytes: number,
  options?: ReadOptions,
): Promise<Uint8Array | undefined> {
  if (!(await hasFile(files, name))) return undefined;
  const source = await files.open(name);
  try {
    return await readSmallSource(source, name, maxBytes, options);
  } finally {
    await source.close();
  }
}

/** Reads a whole small file that is open. Throws `CHECKPOINT_TOO_LARGE` above the limit. */
export async function readSmallSource(
  source: ByteSource,
  name: string,
  maxBytes: number,
  options?: ReadOptions,
): Promise<Uint8Array> {
  if (source.byteLength > maxBytes) {
    const file = sanitizeText(name);
    throw checkpointError('CHECKPOINT_TOO_LARGE', `${file} has ${source.byteLength} bytes`, {
      file,
      limit: maxBytes,
      actual: source.byteLength,
    });
  }
  return readRange(source, 0, source.byteLength, options);
}
