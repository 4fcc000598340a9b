/** Where the parts of an SLM2 lie, and its digests: see `packages/slm/src/slm2/format.ts`. */
import { createHash } from 'node:crypto';
import { readInteger, writeInteger } from '../mutate/bytes.mjs';
import { havoc } from '../mutate/havoc.mjs';
import { createEntry, mutate } from '../mutate/mutate.mjs';
import { emptyOutline } from '../mutate/outline.mjs';
import { jsonGrammar } from './json.mjs';
import { toknGrammar } from './tokenizer-sections.mjs';

const HEADER_BYTES = 64;
const SECTION_BYTES = 64;
const TENSOR_BYTES = 128;
const CHUNK_BYTES = 2 ** 20;
const MAX_SECTIONS = 16;

const sha256 = (bytes) => createHash('sha256').update(bytes).digest();

/** The sections that the table of a file names and that lie inside it. */
export function sectionsOf(bytes) {
  const count = Math.min(Number(readInteger(bytes, 16, 4)), MAX_SECTIONS);
  const sections = [];
  for (let i = 0; i < count; i++) {
    const entry = HEADER_BYTES + i * SECTION_BYTES;
    if (entry + SECTION_BYTES > bytes.length) break;
    const kind = String.fromCharCode(...bytes.subarray(entry, entry + 4));
    const offset = Number(readInteger(bytes, entry + 8, 8));
    const end = offset + Number(readInteger(bytes, entry + 16, 8));
    if (end <= bytes.length) sections.push({ kind, entry, offset, end });
  }
  return sections;
}

const tensGrammar = {
  outline(bytes) {
    const outline = emptyOutline();
    const items = [];
    outline.groups.push({ kind: 'tensor', items });
    const count = Math.min(Math.floor(Number(readInteger(bytes, 0, 4)) / TENSOR_BYTES), 64);
    for (let i = 0; i < count; i++) {
      const start = i * TENSOR_BYTES;
      if (start + TENSOR_BYTES > bytes.length) break;
      items.push({ start, end: start + TENSOR_BYTES });
      for (const at of [0, 4, 12]) outline.fields.push({ at: start + at, size: 4, kind: 'integer' });
      outline.fields.push({ at: start + 8, size: 2, kind: 'integer' });
      for (const at of [10, 11]) outline.fields.push({ at: start + at, size: 1, kind: 'integer' });
      for (let at = 16; at < 80; at += 8) outline.fields.push({ at: start + at, size: 8, kind: 'integer' });
      outline.fields.push({ at: start + 112, size: 8, kind: 'integer' });
    }
    return outline;
  },
};

const plainGrammar = { outline: () => emptyOutline() };
const GRAMMARS = { META: jsonGrammar, TOKN: toknGrammar, TENS: tensGrammar, LEAF: plainGrammar, DATA: plainGrammar };

export const slm2Grammar = {
  outline(bytes) {
    const outline = emptyOutline();
    if (bytes.length < HEADER_BYTES) return outline;
    for (const [at, size] of [
      [0, 4],
      [4, 4],
      [8, 8],
      [16, 4],
      [20, 4],
      [24, 8],
    ]) {
      outline.fields.push({ at, size, kind: 'integer' });
    }
    const items = [];
    outline.groups.push({ kind: 'section', items, count: { at: 16, size: 4 } });
    for (const { entry, offset, end } of sectionsOf(bytes)) {
      items.push({ start: entry, end: entry + SECTION_BYTES });
      outline.lengths.push({ at: entry + 16, size: 8, start: offset, end });
      for (const at of [0, 4]) outline.fields.push({ at: entry + at, size: 4, kind: 'integer' });
      for (const at of [8, 16, 56]) outline.fields.push({ at: entry + at, size: 8, kind: 'integer' });
    }
    return outline;
  },
  /** Two times in three a section changes by its own grammar, and the file is put together again around it. */
  mutate(random, entry, other) {
    if (random.oneIn(3)) return undefined;
    const sections = sectionsOf(entry.bytes);
    if (sections.length === 0) return undefined;
    const chosen = random.pick(sections);
    const contents = sections.map((section) => {
      const bytes = entry.bytes.subarray(section.offset, section.end);
      if (section !== chosen) return { kind: section.kind, bytes };
      const twin = sectionsOf(other.bytes).find(({ kind }) => kind === section.kind);
      const strange = twin === undefined ? bytes : other.bytes.subarray(twin.offset, twin.end);
      const grammar = GRAMMARS[section.kind];
      if (grammar === undefined || grammar === plainGrammar) {
        return { kind: section.kind, bytes: havoc(random, bytes, strange) };
      }
      return {
        kind: section.kind,
        bytes: mutate(random, grammar, createEntry(grammar, bytes), createEntry(grammar, strange)),
      };
    });
    if (random.oneIn(24))
      contents.splice(4, 0, { kind: random.pick(['NOTE', 'NEXT', 'a b?']), bytes: new Uint8Array(9) });
    return this.finish(random, assembleSlm2(contents));
  },
  /** Mostly digests are made right again, so that what lies behind them is reached. */
  finish(random, bytes) {
    if (bytes.length < HEADER_BYTES || random.oneIn(5)) return bytes;
    if (random.oneIn(4)) writeInteger(bytes, 8, 8, BigInt(bytes.length));
    return sealSlm2(bytes, { chunks: !random.oneIn(6), tensors: !random.oneIn(6), sections: !random.oneIn(8) });
  },
};

/** A container of these sections, digests not yet right. */
function assembleSlm2(contents) {
  let end = HEADER_BYTES + contents.length * SECTION_BYTES;
  const placed = contents.map(({ kind, bytes }) => {
    const alignment = kind === 'DATA' ? 4096 : 64;
    const offset = Math.ceil(end / alignment) * alignment;
    end = offset + bytes.length;
    return { kind, bytes, offset };
  });
  const file = new Uint8Array(end);
  file.set(new TextEncoder().encode('SLM2'));
  writeInteger(file, 4, 4, 1n);
  writeInteger(file, 8, 8, BigInt(end));
  writeInteger(file, 16, 4, BigInt(contents.length));
  for (const [index, { kind, bytes, offset }] of placed.entries()) {
    const entry = HEADER_BYTES + index * SECTION_BYTES;
    for (let i = 0; i < 4; i++) file[entry + i] = kind.charCodeAt(i);
    writeInteger(file, entry + 4, 4, kind in GRAMMARS ? 1n : 0n);
    writeInteger(file, entry + 8, 8, BigInt(offset));
    writeInteger(file, entry + 16, 8, BigInt(bytes.length));
    file.set(bytes, offset);
  }
  return file;
}

/**
 * A copy with digests that are right: of tensors, of chunks, of sections, and always the root. This is what somebody does
 * who changes a file on purpose.
 */
export function sealSlm2(bytes, { chunks = true, tensors = true, sections: seal = true } = {}) {
  const file = bytes.slice();
  const sections = sectionsOf(file);
  const find = (kind) => sections.find((section) => section.kind === kind);
  const [data, leaf, table] = ['DATA', 'LEAF', 'TENS'].map(find);
  if (tensors && table !== undefined) sealTensors(file, table);
  if (chunks && data !== undefined && leaf !== undefined) {
    for (let at = data.offset, to = leaf.offset; at < data.end && to + 32 <= leaf.end; at += CHUNK_BYTES, to += 32) {
      file.set(sha256(file.subarray(at, Math.min(at + CHUNK_BYTES, data.end))), to);
    }
  }
  for (const { kind, entry, offset, end } of seal ? sections : []) {
    const from = kind === 'DATA' && leaf !== undefined ? leaf : { offset, end };
    file.set(sha256(file.subarray(from.offset, from.end)), entry + 24);
  }
  file.fill(0, 32, 64);
  const count = Math.min(Number(readInteger(file, 16, 4)), MAX_SECTIONS);
  file.set(sha256(file.subarray(0, HEADER_BYTES + count * SECTION_BYTES)), 32);
  return file;
}

/** Writes the digest of each tensor's payload and scales into its entry. */
function sealTensors(file, table) {
  const count = Math.floor(Number(readInteger(file, table.offset, 4)) / TENSOR_BYTES);
  for (let i = 0; i < count; i++) {
    const at = table.offset + i * TENSOR_BYTES;
    if (at + TENSOR_BYTES > table.end) return;
    const [offset, length, scaleOffset, scaleLength] = [48, 56, 64, 72].map((part) =>
      Number(readInteger(file, at + part, 8)),
    );
    if (offset + length > file.length || scaleOffset + scaleLength > file.length) continue;
    const hash = createHash('sha256').update(file.subarray(offset, offset + length));
    file.set(hash.update(file.subarray(scaleOffset, scaleOffset + scaleLength)).digest(), at + 80);
  }
}
