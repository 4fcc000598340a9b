/** Reads an SLM2 container: everything but DATA is verified here, DATA when it is read. */
import { type ByteSource, type ReadOptions, readRange, sanitizeText } from '@mirust/core';
import { chunkCount, createSha256, forEachPiece, SHA256_BYTES, sha256, toHex } from '@mirust/integrity';
import type { Slm2Meta } from '@mirust/schemas';
import { checkPadding } from '../_regions.ts';
import { slmError } from '../errors.ts';
import {
  SLM2_HEADER_BYTES,
  SLM2_KINDS,
  SLM2_SECTION_ENTRY_BYTES,
  type Slm2File,
  type Slm2Kind,
  type Slm2Section,
  type Slm2Tensor,
} from './format.ts';
import { readSlm2Head } from './header.ts';
import { parseSlm2Meta } from './meta.ts';
import { parseTensorTable, type TensorTableEntry } from './tensor-table.ts';

/**
 * Reads a container and checks every rule and digest that does not need DATA itself. Memory is that of META, TOKN,
 * TENS and LEAF. Throws the codes of `SLM2_ERRORS`, `JSON_…` and `INVALID_UTF8` for META, and what the source throws.
 *
 * Read DATA through `openVerifiedData`: the digests of its chunks are in the result, its bytes are not checked yet.
 */
export async function readSlm2(source: ByteSource, options: ReadOptions = {}): Promise<Slm2File> {
  const { header, sections } = await readSlm2Head(source, options);
  const find = (kind: Slm2Kind): Slm2Section => sections.find((section) => section.kind === kind) as Slm2Section;
  const data = find('DATA');
  const leaf = find('LEAF');
  if (data.sha256 !== leaf.sha256) {
    throw slmError('SLM2_DATA_DIGEST', 'the digest of DATA is not that of LEAF', {
      offset: data.offset,
      expected: leaf.sha256,
      actual: data.sha256,
    });
  }
  const expectedLeaves = chunkCount(data.byteLength) * SHA256_BYTES;
  if (leaf.byteLength !== expectedLeaves) {
    const message = `LEAF has ${leaf.byteLength} bytes for ${chunkCount(data.byteLength)} chunks`;
    const context = { offset: leaf.offset, expected: expectedLeaves, actual: leaf.byteLength };
    throw slmError('SLM2_LEAF_LENGTH', message, context);
  }
  await checkGaps(source, sections, options);
  const bytes = new Map<string, Uint8Array>();
  for (const section of sections) {
    if (section.kind === 'DATA') continue;
    if (isKnown(section.kind)) bytes.set(section.kind, await readSection(source, section, options));
    else await skipSection(source, section, options);
  }
  const content = (kind: Slm2Kind): Uint8Array => bytes.get(kind) as Uint8Array;
  const meta = parseSlm2Meta(content('META'), find('META').offset);
  const tensors = joinRecords(
    parseTensorTable(content('TENS'), {
      tableOffset: find('TENS').offset,
      dataOffset: data.offset,
      dataByteLength: data.byteLength,
    }),
    meta,
    find('META').offset,
  );
  return {
    byteLength: source.byteLength,
    header,
    sections,
    meta,
    tokenizerBytes: content('TOKN'),
    tensors,
    tensorsByName: new Map(tensors.map((tensor) => [tensor.name, tensor])),
    tree: { byteLength: data.byteLength, leaves: content('LEAF') },
    dataOffset: data.offset,
    dataByteLength: data.byteLength,
    rootDigest: header.rootDigest,
  };
}

function isKnown(kind: string): kind is Slm2Kind {
  return (SLM2_KINDS as readonly string[]).includes(kind);
}

async function checkGaps(source: ByteSource, sections: readonly Slm2Section[], options: ReadOptions): Promise<void> {
  let end = SLM2_HEADER_BYTES + sections.length * SLM2_SECTION_ENTRY_BYTES;
  for (const { offset, byteLength } of sections) {
    checkPadding(await readRange(source, end, offset - end, options), end, 'SLM2_PADDING');
    end = offset + byteLength;
  }
}

async function readSection(source: ByteSource, section: Slm2Section, options: ReadOptions): Promise<Uint8Array> {
  const bytes = await readRange(source, section.offset, section.byteLength, options);
  checkDigest(section, toHex(await sha256(bytes)));
  return bytes;
}

/** A section that may be skipped may be of any size: its digest is checked piece by piece. */
async function skipSection(source: ByteSource, section: Slm2Section, options: ReadOptions): Promise<void> {
  const hash = createSha256();
  await forEachPiece(source, section, (bytes) => hash.update(bytes), options);
  checkDigest(section, toHex(hash.digest()));
}

function checkDigest(section: Slm2Section, actual: string): void {
  if (actual === section.sha256) return;
  const key = sanitizeText(section.kind);
  throw slmError('SLM2_SECTION_DIGEST', `section ${key} does not have its SHA-256`, {
    offset: section.offset,
    key,
    expected: section.sha256,
    actual,
  });
}

/** Joins each tensor with its record in META: both must name the same tensors. */
function joinRecords(entries: readonly TensorTableEntry[], meta: Slm2Meta, metaOffset: number): Slm2Tensor[] {
  const records = new Map(Object.entries(meta.tensors));
  const fail = (tensor: string, message: string): Error =>
    slmError('SLM2_META_TENSORS', message, { offset: metaOffset, tensor });
  const tensors = entries.map((entry): Slm2Tensor => {
    const record = records.get(entry.name);
    if (record === undefined) throw fail(entry.name, `META says nothing of ${entry.name}`);
    return { ...entry, record };
  });
  if (records.size === tensors.length) return tensors;
  const names = new Set(tensors.map(({ name }) => name));
  const extra = [...records.keys()].find((name) => !names.has(name)) ?? '';
  throw fail(extra, `META speaks of ${extra}, which is not in TENS`);
}
