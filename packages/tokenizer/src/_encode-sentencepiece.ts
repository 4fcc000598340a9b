/**
 * Encoding as SentencePiece's BPE does it: the characters are the symbols, and the pair whose joined text is the token
 * of the highest score is merged first, the leftmost of equals. With merges instead of scores (Hugging Face's
 * rendering of the same models) the rank of the merge decides.
 *
 * What is no token in the end becomes byte tokens, or the unknown token. Source: google/sentencepiece `bpe_model.cc`.
 */
import { sanitizeText } from '@mirust/core';
import type { FragmentEncoder } from './_encode-bytes.ts';
import { createSymbolList, type MergeWork, mergeSymbols, type PairRule, symbolListFor } from './_merge.ts';
import type { Tables } from './_tables.ts';
import { tokenizerError } from './errors.ts';
import { TOKEN_TYPE, type TokenizerModel } from './model.ts';
import { createPreTokenizer } from './pre-tokenizer.ts';
import { tokenCount } from './token-table.ts';

/** The piece of text that is being encoded. */
interface Piece {
  bytes: Uint8Array;
  /**
   * How tokens that are only used on the way were made: id to the byte length of the left part. They are taken apart
   * again when the merging is over.
   */
  readonly splits: Map<number, number>;
}

/** See the module comment. The text is normalized already. */
export function createSentencePieceEncoder(model: TokenizerModel, tables: Tables, work?: MergeWork): FragmentEncoder {
  const cut = createPreTokenizer(model.preTokenizer);
  const keptSymbols = createSymbolList();
  const piece: Piece = { bytes: new Uint8Array(), splits: new Map() };
  const rule = model.scores === undefined ? rankRule(model, tables) : scoreRule(model, model.scores, tables, piece);
  const emit = createEmitter(model, tables, piece);
  const utf8 = new TextEncoder();
  return (text, ids) => {
    for (const part of cut(text)) {
      const bytes = utf8.encode(part);
      piece.bytes = bytes;
      piece.splits.clear();
      const list = symbolListFor(keptSymbols, bytes.length);
      let count = 0;
      for (let at = 0; at < bytes.length; at += characterLength(bytes[at] ?? 0)) {
        list.starts[count] = at;
        list.ids[count] = tables.tokens.find(bytes, at, at + characterLength(bytes[at] ?? 0));
        count += 1;
      }
      list.starts[count] = bytes.length;
      mergeSymbols(list, count, rule, work);
      const begin = ids.length;
      for (let position = 0; position < count; ) {
        const next = list.next[position] ?? count;
        emit(list.ids[position] ?? -1, list.starts[position] ?? 0, list.starts[next] ?? 0, ids, begin);
        position = next;
      }
      piece.bytes = new Uint8Array();
    }
  };
}

/** Bytes of the UTF-8 character that starts with this byte. The text was encoded here, so it is well formed. */
function characterLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

function rankRule({ merges }: TokenizerModel, { pairs }: Tables): PairRule {
  return (list, left, right) => {
    const leftId = list.ids[left] ?? -1;
    const rightId = list.ids[right] ?? -1;
    if (leftId < 0 || rightId < 0) return -1;
    const rank = pairs.find(leftId, rightId);
    if (rank >= 0) list.outputs[left] = merges[rank * 3 + 2] ?? -1;
    return rank;
  };
}

function scoreRule({ types }: TokenizerModel, scores: Float32Array, { tokens }: Tables, piece: Piece): PairRule {
  const ranks = scoreRanks(scores);
  return (list, left, right) => {
    const from = list.starts[left] ?? 0;
    const middle = list.starts[right] ?? 0;
    const to = list.starts[list.next[right] ?? 0] ?? 0;
    const id = tokens.find(piece.bytes, from, to);
    if (id < 0) return -1;
    if (types[id] === TOKEN_TYPE.unused) piece.splits.set(id, middle - from);
    list.outputs[left] = id;
    return ranks[id] ?? -1;
  };
}

/** Scores as ranks: 0 for the highest; equal scores have equal ranks. */
function scoreRanks(scores: Float32Array): Int32Array {
  const rising = Float32Array.from(scores).sort();
  const ranks = new Int32Array(scores.length);
  for (let id = 0; id < scores.length; id++) {
    const score = scores[id] ?? 0;
    // How many scores are higher: the first place above this one.
    let low = 0;
    let high = rising.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((rising[middle] ?? 0) <= score) low = middle + 1;
      else high = middle;
    }
    ranks[id] = rising.length - low;
  }
  return ranks;
}

type Emitter = (id: number, from: number, to: number, ids: number[], begin: number) => void;

function createEmitter(model: TokenizerModel, { tokens, byteIds }: Tables, piece: Piece): Emitter {
  const { types, special, byteFallback, fuseUnknown } = model;
  const unknown = special.unk ?? -1;
  const fallBack: Emitter = (_id, from, to, ids, begin) => {
    const bytes = piece.bytes.subarray(from, to);
    if (byteFallback && bytes.every((byte) => (byteIds[byte] ?? -1) >= 0)) {
      for (const byte of bytes) ids.push(byteIds[byte] ?? 0);
      return;
    }
    if (unknown < 0) {
      const text = sanitizeText(new TextDecoder().decode(bytes));
      throw tokenizerError('TOKENIZER_BYTE_MISSING', `the vocabulary has no token for "${text}"`, { actual: text });
    }
    if (fuseUnknown && ids.length > begin && ids[ids.length - 1] === unknown) return;
    ids.push(unknown);
  };
  const emit: Emitter = (id, from, to, ids, begin) => {
    if (id < 0 || id >= tokenCount(model.tokens)) {
      fallBack(id, from, to, ids, begin);
      return;
    }
    if (types[id] !== TOKEN_TYPE.unused) {
      ids.push(id);
      return;
    }
    const leftLength = piece.splits.get(id);
    // One character, which nothing was merged into: an unused token is never put out.
    if (leftLength === undefined) {
      fallBack(id, from, to, ids, begin);
      return;
    }
    // As deep as a token has characters at most, each level being shorter.
    const middle = from + leftLength;
    emit(tokens.find(piece.bytes, from, middle), from, middle, ids, begin);
    emit(tokens.find(piece.bytes, middle, to), middle, to, ids, begin);
  };
  return emit;
}
