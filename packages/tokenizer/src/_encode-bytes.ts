/** Encoding by merges of byte symbols: `byte`, `byte-pair-ids` and `byte-level-bpe`. */
import { byteOfCharacter } from './_byte-alphabet.ts';
import { createSymbolList, type MergeWork, mergeSymbols, type PairRule, symbolListFor } from './_merge.ts';
import type { Tables } from './_tables.ts';
import { tokenizerError } from './errors.ts';
import type { TokenizerModel } from './model.ts';
import { createPreTokenizer } from './pre-tokenizer.ts';

/** Appends the ids of a fragment, which is normalized already. */
export type FragmentEncoder = (text: string, ids: number[]) => void;

/**
 * An encoder for these kinds. There is no cache of words: it would save about a quarter of the time on prose (5 MB/s
 * become 7), for memory and state that every tokenizer would have to carry.
 */
export function createByteEncoder(model: TokenizerModel, tables: Tables, work?: MergeWork): FragmentEncoder {
  const cut = createPreTokenizer(model.preTokenizer);
  const encodePiece = createPieceEncoder(model, tables, work);
  return (text, ids) => {
    for (const piece of cut(text)) encodePiece(piece, ids);
  };
}

function createPieceEncoder(
  model: TokenizerModel,
  { tokens, pairs, byteIds }: Tables,
  work: MergeWork | undefined,
): FragmentEncoder {
  const { merges, ignoreMerges, special, fuseUnknown } = model;
  const alphabet = model.preTokenizer.includes('byte-alphabet');
  const keptSymbols = createSymbolList();
  const keptBytes = new Uint8Array(4096);
  const unknown = special.unk ?? -1;
  const rule: PairRule = (list, left, right) => {
    const rank = pairs.find(list.ids[left] ?? -1, list.ids[right] ?? -1);
    if (rank >= 0) list.outputs[left] = merges[rank * 3 + 2] ?? -1;
    return rank;
  };
  return (piece, ids) => {
    // A UTF-16 unit takes at most three bytes of UTF-8.
    const bytes = piece.length * 3 <= keptBytes.length ? keptBytes : new Uint8Array(piece.length * 3);
    const byteLength = alphabet ? alphabetBytes(piece, bytes) : utf8Bytes(piece, bytes);
    if (ignoreMerges) {
      const id = tokens.find(bytes, 0, byteLength);
      if (id >= 0) {
        ids.push(id);
        return;
      }
    }
    const list = symbolListFor(keptSymbols, byteLength);
    let count = 0;
    for (let i = 0; i < byteLength; i++) {
      const byte = bytes[i] ?? 0;
      const id = byteIds[byte] ?? -1;
      if (id < 0) {
        if (unknown < 0) throw missingByte(byte);
        if (fuseUnknown && count > 0 && list.ids[count - 1] === unknown) continue;
      }
      list.ids[count++] = id < 0 ? unknown : id;
    }
    mergeSymbols(list, count, rule, work);
    for (let position = 0; position < count; position = list.next[position] ?? count) {
      ids.push(list.ids[position] ?? 0);
    }
  };
}

function missingByte(byte: number): Error {
  const name = `0x${byte.toString(16).padStart(2, '0').toUpperCase()}`;
  return tokenizerError('TOKENIZER_BYTE_MISSING', `the vocabulary has no token for the byte ${name}`, { actual: byte });
}

const encoder = new TextEncoder();

/** Most pieces are short and ASCII: a loop is faster than a call into the platform for them. */
function utf8Bytes(text: string, target: Uint8Array): number {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) return encoder.encodeInto(text, target).written;
    target[i] = unit;
  }
  return text.length;
}

function alphabetBytes(text: string, target: Uint8Array): number {
  for (let i = 0; i < text.length; i++) target[i] = byteOfCharacter(text.charCodeAt(i));
  return text.length;
}
