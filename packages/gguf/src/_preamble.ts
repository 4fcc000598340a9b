/** The first 24 bytes: magic, version, counts. */
import { cursorOffset, readBytes, readU32, readU64 } from '@mirust/core';
import { MIN_METADATA_ENTRY_BYTES } from './_metadata.ts';
import { MIN_TENSOR_ENTRY_BYTES } from './_tensor-entry.ts';
import { bytesLeft, fill, type HeaderWindow, lacks } from './_window.ts';
import { ggufError } from './errors.ts';
import { MAX_GGUF_METADATA_ENTRIES, MAX_GGUF_TENSORS } from './limits.ts';

/** What the preamble says, checked. */
export interface Preamble {
  readonly version: 2 | 3;
  readonly tensorCount: number;
  readonly metadataCount: number;
}

/** Reads the preamble. Entries have a least size, so the bytes left bound both counts before anything is read. */
export async function readPreamble(window: HeaderWindow): Promise<Preamble> {
  await fill(window, 8, 'magic and version');
  const version = readVersion(readBytes(window.cursor, 4, 'magic'), readU32(window.cursor, 'version'));
  if (lacks(window, 16)) await fill(window, 16, 'the counts of tensors and metadata entries');
  const tensors = readCount(window, 'tensors');
  const metadata = readCount(window, 'metadata entries');
  const metadataCount = checkCount(window, metadata, MIN_METADATA_ENTRY_BYTES, MAX_GGUF_METADATA_ENTRIES);
  const tensorCount = checkCount(window, tensors, MIN_TENSOR_ENTRY_BYTES, MAX_GGUF_TENSORS);
  return { version, tensorCount, metadataCount };
}

/** A count as the file announces it, not yet trusted. */
interface AnnouncedCount {
  readonly what: string;
  readonly value: bigint;
  readonly offset: number;
}

function readCount(window: HeaderWindow, what: string): AnnouncedCount {
  const offset = cursorOffset(window.cursor);
  return { what, value: readU64(window.cursor, what), offset };
}

function checkCount(window: HeaderWindow, count: AnnouncedCount, minEntryBytes: number, most: number): number {
  const { what, value, offset } = count;
  const possible = Math.floor(bytesLeft(window) / minEntryBytes);
  if (value > possible) {
    const message = `the file announces ${value} ${what}, the rest of it holds at most ${possible}`;
    throw ggufError('GGUF_COUNT', message, { offset, actual: value, limit: possible });
  }
  if (value > most) {
    throw ggufError('GGUF_HEADER_TOO_LARGE', `the file has ${value} ${what}`, { offset, actual: value, limit: most });
  }
  return Number(value);
}

/** Magic numbers of what GGUF replaced, as their little-endian bytes read. */
const OLD_MAGICS: ReadonlyMap<string, string> = new Map([
  ['lmgg', 'an unversioned ggml file'],
  ['fmgg', 'a ggmf file'],
  ['tjgg', 'a ggjt file'],
]);

/**
 * Checks the first eight bytes. A big-endian file has the letters in order (they are bytes, not a number) and a
 * version whose low bytes are zero; a writer that took them for a number leaves `FUGG`.
 */
function readVersion(magic: Uint8Array, version: number): 2 | 3 {
  const letters = String.fromCharCode(...magic);
  if (letters === 'FUGG' || (letters === 'GGUF' && version !== 0 && version % 2 ** 16 === 0)) {
    throw ggufError('GGUF_BIG_ENDIAN', 'the file is a big-endian GGUF', { offset: letters === 'FUGG' ? 0 : 4 });
  }
  if (letters !== 'GGUF') {
    const old = OLD_MAGICS.get(letters);
    const found = Array.from(magic, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw ggufError('GGUF_MAGIC', `the file starts with ${found}${old === undefined ? '' : `: ${old}`}`, {
      offset: 0,
      expected: '47 47 55 46',
      actual: found,
      ...(old === undefined ? {} : { remedy: 'Convert the model again with a current exporter, which writes GGUF.' }),
    });
  }
  if (version === 1) throw ggufError('GGUF_VERSION_1', 'the file is GGUF version 1', { offset: 4, actual: 1 });
  if (version !== 2 && version !== 3) {
    throw ggufError('GGUF_VERSION', `the file is GGUF version ${version}`, {
      offset: 4,
      actual: version,
      expected: '2 or 3',
    });
  }
  return version;
}
