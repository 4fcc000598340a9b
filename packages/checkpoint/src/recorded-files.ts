/** Files on a ledger: whatever is opened is on it until it is closed, and while it is lent to threads. */
import type { ByteSource, Ledger } from '@mirust/core';
import type { FileSet } from './file-set.ts';

/** The same files; without a ledger, the very same. */
export function recordFiles(files: FileSet, ledger: Ledger | undefined): FileSet {
  if (ledger === undefined) return files;
  return { ...files, open: async (name) => recordSource(await files.open(name), ledger) };
}

function recordSource(source: ByteSource, ledger: Ledger): ByteSource {
  const { name, byteLength } = source;
  const holding = ledger.take({ name, kind: 'file' });
  let closing: Promise<void> | undefined;
  return {
    name,
    byteLength,
    readInto: (offset, target, options) => source.readInto(offset, target, options),
    ...(source.lendFile === undefined ? {} : { lendFile: () => recordLoan(source, ledger) }),
    close() {
      if (closing === undefined) {
        closing = source.close();
        holding.release(closing);
      }
      return closing;
    },
  };
}

function recordLoan(source: ByteSource, ledger: Ledger): ReturnType<NonNullable<ByteSource['lendFile']>> {
  const lent = (source.lendFile as NonNullable<ByteSource['lendFile']>)();
  const holding = ledger.take({ name: `${source.name}, lent to threads`, kind: 'file' });
  return {
    descriptor: lent.descriptor,
    checkUnchanged: () => lent.checkUnchanged(),
    giveBack() {
      lent.giveBack();
      holding.release();
    },
  };
}
