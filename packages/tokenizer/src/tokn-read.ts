/** Reads the `TOKN` section; its layout is described in `_tokn-layout.ts`. */
import { type ByteCursor, createCursor, readBytes, readU8, readU16, readU32 } from '@mirust/core';
import {
  ADDED_FLAGS,
  FLAGS,
  INVALID,
  KINDS,
  LEADING_SPACES,
  layoutTokn,
  NORMALIZERS,
  PREFIXES,
  SCORES_FLAG,
  STEPS,
  TOKN_ABSENT,
  TOKN_HEADER_BYTES,
  TOKN_VERSION,
  type ToknParts,
} from './_tokn-layout.ts';
import { tokenizerError } from './errors.ts';
import type { AddedToken, SpecialIds, TokenizerModel } from './model.ts';

/**
 * Reads a `TOKN` section, whose bytes lie at `baseOffset` of their file. The bytes are copied once; the model's tables
 * are views of the copy. Here the section's structure is checked (`TOKN_INVALID`, `TOKN_VERSION`, with the byte offset);
 * `createTokenizer` checks that the parts make a tokenizer.
 */
export function readTokn(bytes: Uint8Array, baseOffset = 0): TokenizerModel {
  const invalid = (offset: number, message: string): Error =>
    tokenizerError('TOKN_INVALID', message, { offset: baseOffset + offset });
  if (bytes.byteLength < TOKN_HEADER_BYTES) {
    throw invalid(0, `a TOKN section has at least ${TOKN_HEADER_BYTES} bytes, not ${bytes.byteLength}`);
  }
  // The copy starts on a boundary that typed arrays need, and does not keep the caller's buffer alive.
  const section = new Uint8Array(bytes);
  const cursor = createCursor(section, baseOffset);
  if (String.fromCharCode(...readBytes(cursor, 4, 'magic')) !== 'TOKN') {
    throw invalid(0, 'the section does not start with TOKN');
  }
  const version = readU32(cursor, 'version');
  if (version !== TOKN_VERSION) throw unknown(baseOffset + 4, `TOKN has version ${version}, not ${TOKN_VERSION}`);
  const named = {
    kind: readName(cursor, 'kind', KINDS),
    normalizer: readName(cursor, 'normalizer', NORMALIZERS),
    spacePrefix: readName(cursor, 'space_prefix', PREFIXES),
    leadingSpace: readName(cursor, 'leading_space', LEADING_SPACES),
    invalidBytes: readName(cursor, 'invalid_bytes', INVALID),
  };
  const stepCount = readU8(cursor, 'step_count');
  const flagWord = readU16(cursor, 'flags');
  const hasScores = (flagWord & SCORES_FLAG) !== 0;
  const flags = readFlags(flagWord & ~SCORES_FLAG, FLAGS, baseOffset + 14);
  const vocabSize = readU32(cursor, 'vocab_size');
  const special = readSpecial(cursor);
  const [mergeCount, addedCount, endCount, tokenBytes] = [0, 1, 2, 3].map(() => readU32(cursor, 'count')) as [
    number,
    number,
    number,
    number,
  ];
  requireZero(section, cursor.position, TOKN_HEADER_BYTES, invalid);
  const parts = layoutTokn({ vocabSize, tokenBytes, hasScores, mergeCount, addedCount, endCount, stepCount });
  if (parts.end !== section.byteLength) {
    throw invalid(16, `the counts ask for ${parts.end} bytes, and the section has ${section.byteLength}`);
  }
  requireZero(section, parts.tokens + tokenBytes, parts.types, invalid);
  requireZero(section, parts.types + vocabSize, parts.scores, invalid);
  requireZero(section, parts.steps + stepCount, parts.end, invalid);
  const words = wordReader(section);
  const offsets = words(parts.offsets, vocabSize + 1);
  if (offsets[0] !== 0 || offsets[vocabSize] !== tokenBytes) {
    throw invalid(parts.offsets, `the token offsets do not run from 0 to ${tokenBytes}`);
  }
  return {
    ...named,
    ...flags,
    tokens: { offsets, bytes: section.subarray(parts.tokens, parts.tokens + tokenBytes) },
    types: section.subarray(parts.types, parts.types + vocabSize),
    ...(hasScores ? { scores: asFloats(words(parts.scores, vocabSize)) } : {}),
    merges: words(parts.merges, mergeCount * 3),
    special,
    endOfGeneration: [...words(parts.ends, endCount)],
    added: readAdded(words(parts.added, addedCount * 2), baseOffset + parts.added),
    preTokenizer: readSteps(section, parts, stepCount, baseOffset),
  };
}

function unknown(offset: number, message: string): Error {
  return tokenizerError('TOKN_VERSION', message, { offset });
}

function readName<Name>(cursor: ByteCursor, what: string, names: readonly Name[]): Name {
  const offset = cursor.baseOffset + cursor.position;
  const index = readU8(cursor, what);
  const name = names[index];
  if (name === undefined) throw unknown(offset, `${what} is ${index}, which this version does not know`);
  return name;
}

function readFlags<Name extends string>(word: number, names: readonly Name[], offset: number): Record<Name, boolean> {
  if (word >>> names.length !== 0) {
    throw unknown(offset, `the flags are 0x${word.toString(16)}, and this version knows ${names.length} of them`);
  }
  return Object.fromEntries(names.map((name, bit) => [name, (word & (1 << bit)) !== 0])) as Record<Name, boolean>;
}

function readSpecial(cursor: ByteCursor): SpecialIds {
  const special: { -readonly [Role in keyof SpecialIds]: SpecialIds[Role] } = {};
  for (const role of ['bos', 'eos', 'pad', 'unk'] as const) {
    const id = readU32(cursor, role);
    if (id !== TOKN_ABSENT) special[role] = id;
  }
  return special;
}

function readAdded(words: Uint32Array, offset: number): AddedToken[] {
  const added: AddedToken[] = [];
  for (let at = 0; at < words.length; at += 2) {
    added.push({ id: words[at] ?? 0, ...readFlags(words[at + 1] ?? 0, ADDED_FLAGS, offset + at * 4 + 4) });
  }
  return added;
}

function readSteps(section: Uint8Array, parts: ToknParts, count: number, baseOffset: number): (typeof STEPS)[number][] {
  return Array.from(section.subarray(parts.steps, parts.steps + count), (index, place) => {
    const step = STEPS[index];
    if (step === undefined) {
      throw unknown(baseOffset + parts.steps + place, `pre-tokenizer step ${index} is not known to this version`);
    }
    return step;
  });
}

function requireZero(
  section: Uint8Array,
  from: number,
  to: number,
  invalid: (offset: number, message: string) => Error,
): void {
  for (let at = from; at < to; at++) if (section[at] !== 0) throw invalid(at, 'padding is not zero');
}

/** Words of the section: a view where the machine is little-endian, as nearly all are; else a converted copy. */
function wordReader(section: Uint8Array): (offset: number, count: number) => Uint32Array {
  const littleEndian = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
  const view = new DataView(section.buffer);
  return (offset, count) =>
    littleEndian
      ? new Uint32Array(section.buffer, offset, count)
      : Uint32Array.from({ length: count }, (_, index) => view.getUint32(offset + index * 4, true));
}

function asFloats(words: Uint32Array): Float32Array {
  return new Float32Array(words.buffer, words.byteOffset, words.length);
}
