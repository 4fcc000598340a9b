/** Header and section table: reading with every rule, the root digest, and writing. */
import {
  alignUp,
  type ByteSource,
  checkedAdd,
  createCursor,
  type ReadOptions,
  readBytes,
  readRange,
  readU32,
  readU64,
  sanitizeText,
} from '@mirust/core';
import { fromHex, sameBytes, sha256, toHex } from '@mirust/integrity';
import { slmError } from '../errors.ts';
import {
  SLM2_DATA_ALIGNMENT,
  SLM2_HEADER_BYTES,
  SLM2_KINDS,
  SLM2_MAGIC,
  SLM2_MAX_BYTES,
  SLM2_MAX_SECTIONS,
  SLM2_MAX_SKIPPED_BYTES,
  SLM2_MUST_UNDERSTAND,
  SLM2_SECTION_ALIGNMENT,
  SLM2_SECTION_ENTRY_BYTES,
  type Slm2Header,
  type Slm2Kind,
  type Slm2Section,
} from './format.ts';

const ROOT_OFFSET = 32;
const ROOT_END = 64;

/**
 * Reads header and section table and checks every rule about them. The root digest is checked as soon as the table
 * can be read: what is wrong behind that point was written so, what is wrong before it may be damage.
 */
export async function readSlm2Head(
  source: ByteSource,
  options: ReadOptions,
): Promise<{ readonly header: Slm2Header; readonly sections: readonly Slm2Section[] }> {
  if (source.byteLength < SLM2_HEADER_BYTES) throw truncated(source, SLM2_HEADER_BYTES);
  const bytes = await readRange(source, 0, SLM2_HEADER_BYTES, options);
  const cursor = createCursor(bytes);
  const magic = String.fromCharCode(...readBytes(cursor, 4, 'magic'));
  if (magic !== SLM2_MAGIC) {
    throw slmError('SLM2_MAGIC', `the file starts with "${sanitizeText(magic)}"`, { offset: 0, expected: SLM2_MAGIC });
  }
  const version = readU32(cursor, 'version');
  if (version !== 1) {
    throw slmError('SLM2_VERSION', `container version ${version}`, { offset: 4, expected: 1, actual: version });
  }
  const fileByteLength = readU64(cursor, 'file_length');
  if (fileByteLength !== BigInt(source.byteLength)) {
    const message = `the header says ${fileByteLength} bytes, the file has ${source.byteLength}`;
    throw slmError('SLM2_FILE_LENGTH', message, { offset: 8, expected: fileByteLength, actual: source.byteLength });
  }
  const sectionCount = readU32(cursor, 'section_count');
  if (sectionCount < 1 || sectionCount > SLM2_MAX_SECTIONS) {
    throw slmError('SLM2_SECTION_COUNT', `${sectionCount} sections`, {
      offset: 16,
      limit: SLM2_MAX_SECTIONS,
      actual: sectionCount,
    });
  }
  const flags = readU32(cursor, 'flags');
  if (flags !== 0) throw slmError('SLM2_FLAGS', `header flags 0x${flags.toString(16)}`, { offset: 20, actual: flags });
  if (readU64(cursor, 'reserved') !== 0n) {
    throw slmError('SLM2_RESERVED', 'reserved bytes of the header are not zero', { offset: 24 });
  }
  const tableEnd = SLM2_HEADER_BYTES + sectionCount * SLM2_SECTION_ENTRY_BYTES;
  if (source.byteLength < tableEnd) throw truncated(source, tableEnd);
  // The header is not read a second time: what was checked above is what the digest is checked over.
  const head = new Uint8Array(tableEnd);
  head.set(bytes);
  await source.readInto(SLM2_HEADER_BYTES, head.subarray(SLM2_HEADER_BYTES), options);
  const stated = head.slice(ROOT_OFFSET, ROOT_END);
  const actual = await slm2RootDigest(head);
  if (!sameBytes(actual, stated)) {
    throw slmError('SLM2_ROOT_DIGEST', 'header and section table do not have the stated root digest', {
      offset: ROOT_OFFSET,
      expected: toHex(stated),
      actual: toHex(actual),
    });
  }
  const sections = readTable(head.subarray(SLM2_HEADER_BYTES), source.byteLength);
  return {
    header: { version: 1, sectionCount, fileByteLength: source.byteLength, rootDigest: toHex(stated) },
    sections,
  };
}

function truncated(source: ByteSource, expected: number): Error {
  const message = `the file has ${source.byteLength} bytes, header and section table need ${expected}`;
  return slmError('SLM2_TRUNCATED', message, { offset: source.byteLength, expected, actual: source.byteLength });
}

/** SHA-256 of header and section table with the digest's own place zero. */
export function slm2RootDigest(head: Uint8Array): Promise<Uint8Array> {
  const zeroed = head.slice();
  zeroed.fill(0, ROOT_OFFSET, ROOT_END);
  return sha256(zeroed);
}

function readTable(table: Uint8Array, fileByteLength: number): Slm2Section[] {
  const cursor = createCursor(table, SLM2_HEADER_BYTES);
  const sections: Slm2Section[] = [];
  let end = SLM2_HEADER_BYTES + table.byteLength;
  let known = 0;
  while (cursor.position < table.byteLength) {
    const at = SLM2_HEADER_BYTES + cursor.position;
    const kind = String.fromCharCode(...readBytes(cursor, 4, 'section kind'));
    const flags = readU32(cursor, 'section flags');
    const offset = readU64(cursor, 'section offset');
    const byteLength = readU64(cursor, 'section length');
    const digest = toHex(readBytes(cursor, 32, 'section digest'));
    if (readU64(cursor, 'reserved') !== 0n) {
      throw slmError('SLM2_RESERVED', `reserved bytes of section ${sanitizeText(kind)} are not zero`, {
        offset: at + 56,
      });
    }
    known = checkKind(kind, flags, known, sections, at);
    checkSize(kind, byteLength, at);
    const alignment = kind === 'DATA' ? SLM2_DATA_ALIGNMENT : SLM2_SECTION_ALIGNMENT;
    const expected = alignUp(end, alignment, `offset of ${kind}`);
    if (offset !== BigInt(expected)) {
      const message = `section ${sanitizeText(kind)} starts at ${offset}, expected at ${expected}`;
      throw slmError('SLM2_SECTION_PLACE', message, { offset: at + 8, expected, actual: offset });
    }
    end = checkedAdd(expected, Number(byteLength), `end of ${kind}`);
    if (end > fileByteLength) throw outOfRange(kind, end, fileByteLength, at + 16);
    sections.push({ kind, flags, offset: expected, byteLength: Number(byteLength), sha256: digest });
  }
  const missing = SLM2_KINDS[known];
  if (missing !== undefined) {
    throw slmError('SLM2_SECTION_MISSING', `there is no section ${missing}`, {
      offset: SLM2_HEADER_BYTES,
      key: missing,
    });
  }
  if (end !== fileByteLength) throw outOfRange('DATA', end, fileByteLength, 8);
  return sections;
}

function outOfRange(kind: string, end: number, fileByteLength: number, offset: number): Error {
  const message = `section ${sanitizeText(kind)} ends at ${end}, the file at ${fileByteLength}`;
  return slmError('SLM2_SECTION_RANGE', message, { offset, limit: fileByteLength, actual: end });
}

/** Checks kind, flags and order; gives the number of known sections so far. */
function checkKind(kind: string, flags: number, known: number, before: readonly Slm2Section[], at: number): number {
  const key = sanitizeText(kind);
  if (before.some((section) => section.kind === kind)) {
    throw slmError('SLM2_SECTION_DUPLICATE', `section ${key} is there twice`, { offset: at, key });
  }
  const place = (SLM2_KINDS as readonly string[]).indexOf(kind);
  if (place < 0 && ((flags & SLM2_MUST_UNDERSTAND) !== 0 || !/^[A-Z0-9]{4}$/.test(kind))) {
    throw slmError('SLM2_SECTION_UNKNOWN', `section ${key} is not known and must be understood`, { offset: at, key });
  }
  if (flags !== (place < 0 ? 0 : SLM2_MUST_UNDERSTAND)) {
    const message = `section ${key} has flags 0x${flags.toString(16)}`;
    throw slmError('SLM2_SECTION_FLAGS', message, { offset: at + 4, key, actual: flags });
  }
  const dataIsNext = known === SLM2_KINDS.length - 1;
  if (place < 0 ? !dataIsNext : place !== known) {
    const expected = place < 0 ? 'between LEAF and DATA' : (SLM2_KINDS[known] ?? 'the end');
    const message = `section ${key} is out of order`;
    throw slmError('SLM2_SECTION_ORDER', message, { offset: at, key, expected });
  }
  return place < 0 ? known : known + 1;
}

function checkSize(kind: string, byteLength: bigint, at: number): void {
  const isKnown = Object.hasOwn(SLM2_MAX_BYTES, kind);
  const limit = isKnown ? SLM2_MAX_BYTES[kind as Slm2Kind] : SLM2_MAX_SKIPPED_BYTES;
  if (byteLength >= 1n && byteLength <= BigInt(limit)) return;
  const message = `section ${sanitizeText(kind)} has ${byteLength} bytes`;
  throw slmError('SLM2_SECTION_SIZE', message, { offset: at + 16, limit, actual: byteLength });
}

/** Places sections of the given lengths, in order. */
export function placeSections(
  lengths: readonly { readonly kind: string; readonly byteLength: number }[],
): { readonly kind: string; readonly offset: number; readonly byteLength: number }[] {
  let end = SLM2_HEADER_BYTES + lengths.length * SLM2_SECTION_ENTRY_BYTES;
  return lengths.map(({ kind, byteLength }) => {
    const alignment = kind === 'DATA' ? SLM2_DATA_ALIGNMENT : SLM2_SECTION_ALIGNMENT;
    const offset = alignUp(end, alignment, `offset of ${kind}`);
    end = checkedAdd(offset, byteLength, `end of ${kind}`);
    return { kind, offset, byteLength };
  });
}

/** Header and section table, root digest included. */
export async function writeSlm2Head(sections: readonly Slm2Section[], fileByteLength: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(SLM2_HEADER_BYTES + sections.length * SLM2_SECTION_ENTRY_BYTES);
  const view = new DataView(bytes.buffer);
  const ascii = new TextEncoder();
  bytes.set(ascii.encode(SLM2_MAGIC));
  view.setUint32(4, 1, true);
  view.setBigUint64(8, BigInt(fileByteLength), true);
  view.setUint32(16, sections.length, true);
  for (const [index, section] of sections.entries()) {
    const at = SLM2_HEADER_BYTES + index * SLM2_SECTION_ENTRY_BYTES;
    bytes.set(ascii.encode(section.kind), at);
    view.setUint32(at + 4, section.flags, true);
    view.setBigUint64(at + 8, BigInt(section.offset), true);
    view.setBigUint64(at + 16, BigInt(section.byteLength), true);
    bytes.set(fromHex(section.sha256), at + 24);
  }
  bytes.set(await slm2RootDigest(bytes), ROOT_OFFSET);
  return bytes;
}
