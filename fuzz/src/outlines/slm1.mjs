/** Where the parts of an SLM1 lie, and its checksum: see `packages/slm/src/slm1/format.ts`. */
import { createSlm1Checksum } from '@mirust/integrity';
import { concat, readInteger, writeInteger } from '../mutate/bytes.mjs';
import { createEntry, mutate } from '../mutate/mutate.mjs';
import { emptyOutline } from '../mutate/outline.mjs';
import { bpe1Grammar } from './tokenizer-sections.mjs';

const HEADER_BYTES = 108;
const ENTRY_BYTES = 64;
const WORDS = [0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 48, 52, 88];
const DOUBLES = [64, 72, 80, 92, 100];

export const slm1Grammar = {
  outline(bytes) {
    const outline = emptyOutline();
    const { fields, lengths, groups } = outline;
    if (bytes.length < HEADER_BYTES) return outline;
    for (const at of WORDS) fields.push({ at, size: 4, kind: 'integer' });
    for (const at of [56, 60]) fields.push({ at, size: 4, kind: 'float' });
    for (const at of DOUBLES) fields.push({ at, size: 8, kind: 'integer' });
    const { tokenizer, tokenizerEnd, directory, count } = places(bytes);
    if (tokenizerEnd <= bytes.length) lengths.push({ at: 72, size: 8, start: tokenizer, end: tokenizerEnd });
    const items = [];
    groups.push({ kind: 'tensor', items, count: { at: 88, size: 4 } });
    for (let i = 0; i < count; i++) {
      const start = directory + i * ENTRY_BYTES;
      if (start + ENTRY_BYTES > bytes.length) break;
      items.push({ start, end: start + ENTRY_BYTES });
      for (const at of [8, 12, 16, 20, 24, 28, 56, 60]) fields.push({ at: start + at, size: 4, kind: 'integer' });
      for (const at of [0, 32, 40, 48]) fields.push({ at: start + at, size: 8, kind: 'integer' });
    }
    return outline;
  },
  /** One time in four the tokenizer changes as a section of its own, and everything behind it moves. */
  mutate(random, entry, other) {
    if (!random.oneIn(4)) return undefined;
    const tokenizer = sectionOf(entry.bytes);
    const strange = sectionOf(other.bytes);
    if (tokenizer === undefined || strange === undefined) return undefined;
    const grammar = bpe1Grammar;
    const changed = mutate(random, grammar, createEntry(grammar, tokenizer), createEntry(grammar, strange));
    return this.finish(random, withTokenizer(entry.bytes, changed));
  },
  /** Three times in four the checksum is made right again. */
  finish(random, bytes) {
    if (bytes.length < HEADER_BYTES || random.oneIn(4)) return bytes;
    return sealSlm1(bytes);
  },
};

/** A copy with the checksum that it should have. */
export function sealSlm1(bytes) {
  const sealed = bytes.slice();
  const checksum = createSlm1Checksum();
  checksum.update(sealed);
  writeInteger(sealed, 100, 8, checksum.digest());
  return sealed;
}

function places(bytes) {
  const number = (at, size = 8) => Number(readInteger(bytes, at, size));
  const tokenizer = number(64);
  return {
    tokenizer,
    tokenizerEnd: tokenizer + number(72),
    directory: number(80),
    count: number(88, 4),
    data: number(92),
  };
}

function sectionOf(bytes) {
  if (bytes.length < HEADER_BYTES) return undefined;
  const { tokenizer, tokenizerEnd } = places(bytes);
  return tokenizerEnd <= bytes.length ? bytes.subarray(tokenizer, tokenizerEnd) : undefined;
}

/** The file with another tokenizer: places behind it move as far as the directory does. */
function withTokenizer(bytes, section) {
  const { tokenizer, directory, count } = places(bytes);
  if (directory > bytes.length || tokenizer > directory) return bytes;
  const end = tokenizer + section.length;
  const moved = Math.ceil(end / 64) * 64;
  const shift = BigInt(moved - directory);
  const head = new Uint8Array(moved);
  head.set(bytes.subarray(0, tokenizer));
  head.set(section, tokenizer);
  const result = concat([head, bytes.subarray(directory)]);
  writeInteger(result, 72, 8, BigInt(section.length));
  const add = (at) => writeInteger(result, at, 8, readInteger(result, at, 8) + shift);
  add(80);
  add(92);
  for (let i = 0; i < Math.min(count, 256); i++) {
    const at = moved + i * ENTRY_BYTES;
    if (at + ENTRY_BYTES > result.length) break;
    add(at + 32);
    if (readInteger(result, at + 48, 8) !== 0n) add(at + 48);
  }
  return result;
}
