/** Checks a model and builds the look-up tables that encoding needs; most rules are checked by building them. */
import { sanitizeText } from '@mirust/core';
import { checkFields } from './_check-fields.ts';
import { createPairIndex, type PairIndex } from './_pair-index.ts';
import { createTokenIndex, type TokenIndex } from './_token-index.ts';
import { tokenizerError } from './errors.ts';
import { TOKEN_TYPE, type TokenizerModel } from './model.ts';
import { isConcatenation, tokenByteLength, tokenCount, tokenText } from './token-table.ts';

/** What encoding looks things up in. */
export interface Tables {
  /** Tokens that text may become, by their bytes. */
  readonly tokens: TokenIndex;
  readonly pairs: PairIndex;
  /** Shape [256]: the id that stands for a byte, or -1. */
  readonly byteIds: Int32Array;
}

/** Throws the first `TOKENIZER_…` error that the model deserves. */
export function buildTables(model: TokenizerModel): Tables {
  checkFields(model);
  const duplicateToken = (first: number, second: number): never => {
    throw tokenizerError(
      'TOKENIZER_TOKEN_DUPLICATE',
      `tokens ${first} and ${second} are both "${sanitizeText(tokenText(model.tokens, first))}"`,
      { actual: second },
    );
  };
  const duplicateMerge = (first: number, second: number): never => {
    throw tokenizerError('TOKENIZER_MERGE_DUPLICATE', `merges ${first} and ${second} join the same pair`, {
      actual: second,
    });
  };
  const tokens = createTokenIndex(model.tokens, model.types, textTypes(model), duplicateToken);
  checkMerges(model);
  const pairs = createPairIndex(model.merges, duplicateMerge);
  return { tokens, pairs, byteIds: findByteIds(model, tokens) };
}

/** The types that text may become, a bit each. */
function textTypes({ kind }: TokenizerModel): number {
  const normal = 1 << TOKEN_TYPE.normal;
  if (kind !== 'sentencepiece-bpe') return normal;
  // SentencePiece also joins characters to pieces that are marked unused, and then takes them apart again.
  return normal | (1 << TOKEN_TYPE.userDefined) | (1 << TOKEN_TYPE.unused);
}

function checkMerges({ merges, tokens, types, kind }: TokenizerModel): void {
  const count = tokenCount(tokens);
  for (let at = 0; at < merges.length; at += 3) {
    const left = merges[at] ?? 0;
    const right = merges[at + 1] ?? 0;
    const output = merges[at + 2] ?? 0;
    const largest = Math.max(left, right, output);
    if (largest >= count) {
      throw tokenizerError('TOKENIZER_MERGE_TOKEN', `merge ${at / 3} names token ${largest} of ${count}`, {
        actual: largest,
        limit: count - 1,
      });
    }
    if (tokenByteLength(tokens, left) === 0 || tokenByteLength(tokens, right) === 0) {
      throw tokenizerError('TOKENIZER_MERGE_TOKEN', `merge ${at / 3} names a token without text`, {
        actual: tokenByteLength(tokens, left) === 0 ? left : right,
      });
    }
    if (!isConcatenation(tokens, left, right, output)) {
      throw tokenizerError(
        'TOKENIZER_MERGE_OUTPUT',
        `merge ${at / 3} makes token ${output} of ${left} and ${right}, whose text is another`,
        { actual: output },
      );
    }
    // A byte that stands for a part of an unknown character stays by itself.
    if (kind === 'sentencepiece-bpe' && (types[left] === TOKEN_TYPE.byte || types[right] === TOKEN_TYPE.byte)) {
      throw tokenizerError('TOKENIZER_TOKEN_TYPE', `merge ${at / 3} joins a byte token`, { actual: output });
    }
  }
}

function findByteIds({ kind, tokens, types }: TokenizerModel, index: TokenIndex): Int32Array {
  const byteIds = new Int32Array(256).fill(-1);
  const byType = (type: number): void => {
    for (let id = 0; id < types.length; id++) {
      if (types[id] !== type || tokenByteLength(tokens, id) !== 1) continue;
      const byte = tokens.bytes[tokens.offsets[id] ?? 0] ?? 0;
      if ((byteIds[byte] ?? -1) < 0) byteIds[byte] = id;
    }
  };
  if (kind === 'sentencepiece-bpe') {
    byType(TOKEN_TYPE.byte);
    return byteIds;
  }
  for (let byte = 0; byte < 256; byte++) byteIds[byte] = index.find(Uint8Array.of(byte), 0, 1);
  // A letter that is an added token too is still the symbol to start from where the text is not taken whole.
  byType(TOKEN_TYPE.userDefined);
  return byteIds;
}
