/** Open files of a source in the hands of threads, for as long as a conversion lasts. */
import type { ByteSource, LentFile } from '@mirust/core';

/** Files that were lent. */
export interface LentFiles {
  /** The descriptor of a source that is an open file; undefined for any other. */
  descriptorOf(source: ByteSource): number | undefined;
  /** Throws `SOURCE_CHANGED` unless every file is the one that was opened: when all that was wanted has been read. */
  checkUnchanged(): Promise<void>;
  /** No thread reads any more. */
  giveBack(): void;
}

/** Starts with none. */
export function createLentFiles(): LentFiles {
  const files = new Map<ByteSource, LentFile>();
  return {
    descriptorOf(source) {
      const lent = files.get(source) ?? source.lendFile?.();
      if (lent !== undefined) files.set(source, lent);
      return lent?.descriptor;
    },
    async checkUnchanged() {
      for (const file of files.values()) await file.checkUnchanged();
    },
    giveBack() {
      for (const file of files.values()) file.giveBack();
      files.clear();
    },
  };
}
