/**
 * `BPE1`, the byte-pair tokenizer's section of an SLM1 file. Little-endian:
 *
 *     0   4 B  magic "BPE1"
 *     4   u32  version, 1
 *     8   u32  vocab_size
 *     12  u32  bos      16  u32  eos      20  u32  pad      24  u32  unk
 *     28  u32  token_count
 *     32  u32  merge_count
 *     36  token records:  u32 id, u32 byte length, the bytes
 *         merge records:  u32 left, u32 right, u32 output, u32 rank
 *
 * Encoding starts from one id per UTF-8 byte (ids 0–255) and applies the merge of the lowest rank, the leftmost of its
 * places first, until none applies; BOS and EOS stand around a document.
 *
 * What the format leaves open, and what is done here: a byte needs no record (and a record cannot make it another byte);
 * records come in any order; an id without a record is never put out, unless it is a byte or has a role; the
 * text of a token with a role is its name, which counts in a prompt; a merge must put out the text of its two parts.
 */
import { type ByteCursor, createCursor, cursorOffset, readBytes, readU32, remainingBytes } from '@mirust/core';
import { checkAt } from './_check-at.ts';
import { checkMergeCount, checkTokenLength, checkVocabSize } from './_check-fields.ts';
import { plainAdded, plainModel } from './_plain-model.ts';
import { tokenizerError } from './errors.ts';
import { type SpecialIds, TOKEN_TYPE, type TokenizerModel } from './model.ts';
import { createTokenTableBuilder } from './token-table.ts';

/** Length of the header. */
export const BPE1_HEADER_BYTES = 36;

/** Smallest vocabulary: the bytes and the four tokens with a role. */
export const BPE1_MIN_VOCAB_SIZE = 260;

const MIN_TOKEN_RECORD_BYTES = 9;
const MERGE_RECORD_BYTES = 16;

/**
 * Reads a `BPE1` section, whose bytes lie at `baseOffset` of their file. The result is checked as `createTokenizer`
 * does. Throws `BPE1_INVALID` and the codes of `TOKENIZER_ERRORS`, and `TRUNCATED`, each with the byte offset.
 */
export function readBpe1(bytes: Uint8Array, baseOffset = 0): TokenizerModel {
  const cursor = createCursor(bytes, baseOffset);
  const header = readHeader(cursor);
  const tokens = readTokens(cursor, header);
  const merges = readMerges(cursor, header);
  if (remainingBytes(cursor) > 0) {
    throw invalid(cursorOffset(cursor), `${remainingBytes(cursor)} bytes lie behind the last merge`);
  }
  const { special } = header;
  const builder = createTokenTableBuilder(header.vocabSize);
  const types = new Uint8Array(header.vocabSize).fill(TOKEN_TYPE.unused);
  for (let id = 0; id < header.vocabSize; id++) {
    const text = tokens[id] ?? (id < 256 ? [id] : []);
    builder.addBytes(text);
    if (text.length > 0) types[id] = TOKEN_TYPE.normal;
  }
  for (const id of [special.bos, special.eos, special.pad]) types[id] = TOKEN_TYPE.control;
  types[special.unk] = TOKEN_TYPE.unknown;
  const roles = [...new Set(Object.values(special))].sort((a, b) => a - b);
  const model: TokenizerModel = {
    ...plainModel('byte-pair-ids', builder.finish(), types),
    merges,
    special,
    added: roles.filter((id) => tokens[id] !== undefined).map(plainAdded),
    addBos: true,
    addEos: true,
  };
  checkAt(model, baseOffset);
  return model;
}

interface Header {
  readonly vocabSize: number;
  readonly special: Required<SpecialIds>;
  readonly tokenCount: number;
  readonly mergeCount: number;
}

function invalid(offset: number, message: string): Error {
  return tokenizerError('BPE1_INVALID', message, { offset });
}

function readHeader(cursor: ByteCursor): Header {
  const start = cursorOffset(cursor);
  if (String.fromCharCode(...readBytes(cursor, 4, 'magic')) !== 'BPE1') {
    throw invalid(start, 'the section does not start with BPE1');
  }
  const version = readU32(cursor, 'version');
  if (version !== 1) throw invalid(start + 4, `BPE1 has version ${version}, not 1`);
  const vocabSize = readU32(cursor, 'vocab_size');
  if (vocabSize < BPE1_MIN_VOCAB_SIZE) throw invalid(start + 8, `vocab_size is ${vocabSize}, less than 260`);
  checkVocabSize(vocabSize, start + 8);
  const role = (name: string): number => {
    const offset = cursorOffset(cursor);
    const id = readU32(cursor, name);
    if (id < 256 || id >= vocabSize) throw invalid(offset, `${name} is ${id}: a byte, or outside of ${vocabSize} ids`);
    return id;
  };
  const special = { bos: role('bos'), eos: role('eos'), pad: role('pad'), unk: role('unk') };
  const tokenCount = readU32(cursor, 'token_count');
  const mergeCount = readU32(cursor, 'merge_count');
  // Both counts are checked against what is there before anything is sized by them.
  const least = tokenCount * MIN_TOKEN_RECORD_BYTES + mergeCount * MERGE_RECORD_BYTES;
  if (tokenCount > vocabSize || least > remainingBytes(cursor)) {
    throw invalid(start + 28, `${tokenCount} tokens and ${mergeCount} merges do not fit into the section`);
  }
  checkMergeCount(mergeCount);
  return { vocabSize, special, tokenCount, mergeCount };
}

/** The bytes of each id that has a record. */
function readTokens(cursor: ByteCursor, { vocabSize, tokenCount }: Header): readonly (Uint8Array | undefined)[] {
  const tokens = new Array<Uint8Array | undefined>(vocabSize).fill(undefined);
  for (let index = 0; index < tokenCount; index++) {
    const offset = cursorOffset(cursor);
    const id = readU32(cursor, 'token id');
    if (id >= vocabSize) {
      throw tokenizerError('TOKENIZER_ID_RANGE', `token record ${index} has id ${id} of ${vocabSize}`, {
        offset,
        limit: vocabSize - 1,
        actual: id,
      });
    }
    if (tokens[id] !== undefined) {
      throw tokenizerError('TOKENIZER_TOKEN_DUPLICATE', `id ${id} has two token records`, { offset, actual: id });
    }
    const byteLength = readU32(cursor, 'token byte length');
    if (byteLength === 0) {
      throw tokenizerError('TOKENIZER_TOKEN_LENGTH', `the token record of id ${id} has no bytes`, { offset });
    }
    checkTokenLength(id, byteLength, offset);
    const text = readBytes(cursor, byteLength, 'token bytes');
    if (id < 256 && (byteLength !== 1 || text[0] !== id)) {
      throw tokenizerError('TOKENIZER_BYTE_TOKEN', `the token record of id ${id} is not the byte ${id}`, { offset });
    }
    tokens[id] = text;
  }
  return tokens;
}

/** The merges as left, right, output, in the order of their ranks. */
function readMerges(cursor: ByteCursor, { vocabSize, mergeCount }: Header): Uint32Array {
  const records: { readonly ids: readonly [number, number, number]; readonly rank: number; readonly offset: number }[] =
    [];
  for (let index = 0; index < mergeCount; index++) {
    const offset = cursorOffset(cursor);
    const ids = [readU32(cursor, 'left'), readU32(cursor, 'right'), readU32(cursor, 'output')] as const;
    for (const id of ids) {
      if (id >= vocabSize) {
        throw tokenizerError('TOKENIZER_MERGE_TOKEN', `merge record ${index} names token ${id} of ${vocabSize}`, {
          offset,
          limit: vocabSize - 1,
          actual: id,
        });
      }
    }
    records.push({ ids, rank: readU32(cursor, 'rank'), offset });
  }
  records.sort((a, b) => a.rank - b.rank);
  const merges = new Uint32Array(mergeCount * 3);
  let last = -1;
  for (const [index, { ids, rank, offset }] of records.entries()) {
    if (rank === last) {
      throw tokenizerError('TOKENIZER_MERGE_DUPLICATE', `two merges have the rank ${rank}`, { offset, actual: rank });
    }
    last = rank;
    merges.set(ids, index * 3);
  }
  return merges;
}
