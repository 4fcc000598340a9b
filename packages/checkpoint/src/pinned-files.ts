/**
 * Files whose bytes cannot change unnoticed: whatever is opened is hashed first, and everything that is read later, by
 * whoever opens it again, is checked against that. A gate looks at a model and a runtime loads it; between the two nobody
 * replaces a file.
 */
import { type ByteSource, coreError, type ReadOptions, sanitizeText } from '@mirust/core';
import { type ChunkTree, type ProgressOptions, sha256Source, toHex } from '@mirust/integrity';
import { type FileSet, hasFile } from './file-set.ts';
import { sourceUnder, takeChunkTree } from './pinned-source.ts';

/** Pinned files. */
export interface PinnedFiles extends FileSet {
  readonly isPinned: true;
  /** SHA-256, hex, of every file that was opened so far, by name: of the bytes that are handed out. Reads them once. */
  digests(options?: ReadOptions): Promise<ReadonlyMap<string, string>>;
}

/**
 * Pins files. `open` reads a file wholly, the first time; later it throws `SOURCE_CHANGED` for one of another length, and
 * reading throws `CHUNK_DIGEST` for other bytes.
 */
export function pinFiles(files: FileSet, options: ProgressOptions = {}): PinnedFiles {
  const trees = new Map<string, Promise<ChunkTree>>();

  async function open(name: string): Promise<ByteSource> {
    const source = await files.open(name);
    try {
      const known = trees.get(name) ?? takeChunkTree(source, options);
      trees.set(name, known);
      const tree = await known;
      if (tree.byteLength !== source.byteLength) {
        const file = sanitizeText(name);
        throw coreError('SOURCE_CHANGED', `${file} has another length than before`, { file });
      }
      const pinned = sourceUnder(source, tree);
      return {
        ...pinned,
        close: async () => {
          await pinned.close();
          await source.close();
        },
      };
    } catch (error) {
      // A pass that was aborted or failed may be tried again.
      if (await failed(trees.get(name))) trees.delete(name);
      await source.close().catch(() => {});
      throw error;
    }
  }

  return {
    name: files.name,
    primary: files.primary,
    names: files.names,
    ...(files.has === undefined ? {} : { has: (name) => hasFile(files, name) }),
    isPinned: true,
    open,
    async digests(readOptions) {
      const found = new Map<string, string>();
      for (const name of [...trees.keys()].sort()) {
        const source = await open(name);
        try {
          found.set(name, toHex(await sha256Source(source, readOptions)));
        } finally {
          await source.close();
        }
      }
      return found;
    },
  };
}

async function failed(tree: Promise<ChunkTree> | undefined): Promise<boolean> {
  return tree === undefined || tree.then(() => false).catch(() => true);
}
