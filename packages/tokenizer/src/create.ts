/** Makes a tokenizer of a model. */
import { createMatcher, type Matcher } from './_added-matcher.ts';
import { checkId, createStreamingDecoder, decodeAll, isSpecialType } from './_decode.ts';
import { createByteEncoder, type FragmentEncoder } from './_encode-bytes.ts';
import { createSentencePieceEncoder } from './_encode-sentencepiece.ts';
import type { MergeWork } from './_merge.ts';
import { normalizeText, prefixSpace, toWellFormed } from './_normalize.ts';
import { type AddedText, splitAtAdded } from './_split-added.ts';
import { buildTables } from './_tables.ts';
import type { TokenizerModel } from './model.ts';
import { tokenCount, tokenText, tokenView } from './token-table.ts';
import type { Tokenizer } from './tokenizer.ts';

/** Throws the `TOKENIZER_…` error that `createTokenizer` would throw for the model, if any. */
export function checkTokenizerModel(model: TokenizerModel): void {
  buildTables(model);
}

/**
 * Makes the tokenizer that a model describes. The model is checked as a whole first: errors are those of
 * `TOKENIZER_ERRORS`, class `tokenizer`. The model's tables are used where they are: do not change them afterwards.
 */
export function createTokenizer(model: TokenizerModel): Tokenizer {
  return createCountingTokenizer(model, undefined);
}

/** As `createTokenizer`; the steps of merging are added to `work`, for tests of their growth. */
export function createCountingTokenizer(model: TokenizerModel, work: MergeWork | undefined): Tokenizer {
  const encodeText = createTextEncoder(model, work);
  const endOfGeneration = new Set(model.endOfGeneration);
  const { bos, eos } = model.special;
  if (eos !== undefined) endOfGeneration.add(eos);
  const encode: Tokenizer['encode'] = (text, options = {}) => {
    const ids = (options.addSpecial ?? true) && model.addBos && bos !== undefined ? [bos] : [];
    encodeText(text, options.parseSpecial ?? true, ids);
    return ids;
  };
  return {
    model,
    vocabSize: tokenCount(model.tokens),
    encode,
    encodeDocument(text) {
      const ids = encode(text);
      if (model.addEos && eos !== undefined) ids.push(eos);
      return ids;
    },
    decode: (ids, options) => decodeAll(model, ids, options),
    createDecoder: (options) => createStreamingDecoder(model, options),
    tokenBytes(id) {
      checkId(model, id);
      return new Uint8Array(tokenView(model.tokens, id));
    },
    isSpecial(id) {
      checkId(model, id);
      return isSpecialType(model.types[id]);
    },
    isEndOfGeneration(id) {
      checkId(model, id);
      return endOfGeneration.has(id);
    },
  };
}

/**
 * The way of a text: added tokens are cut out, what lies between them is normalized, added tokens that are looked for in
 * normalized text are cut out of that, and the rest is encoded piece by piece.
 */
function createTextEncoder(
  model: TokenizerModel,
  work: MergeWork | undefined,
): (text: string, parseSpecial: boolean, ids: number[]) => void {
  const tables = buildTables(model);
  const encodeFragment: FragmentEncoder =
    model.kind === 'sentencepiece-bpe'
      ? createSentencePieceEncoder(model, tables, work)
      : createByteEncoder(model, tables, work);
  const early = addedTexts(model, false);
  const late = addedTexts(model, true);
  const earlyMatcher = matcherOf(early);
  const lateMatcher = matcherOf(late);
  return (text, parseSpecial, ids) => {
    if (typeof text !== 'string') throw new TypeError(`text must be a string, got ${typeof text}`);
    const pushRest = (rest: string, atStart: boolean): void => {
      encodeFragment(prefixSpace(model, rest, atStart, true), ids);
    };
    const pushFragment = (fragment: string, atStart: boolean): void => {
      const normalized = prefixSpace(model, normalizeText(model, fragment), atStart, false);
      splitAtAdded(normalized, late, lateMatcher, parseSpecial, {
        token: (id) => ids.push(id),
        text: (rest, from) => pushRest(rest, atStart && from === 0),
      });
    };
    splitAtAdded(toWellFormed(text), early, earlyMatcher, parseSpecial, {
      token: (id) => ids.push(id),
      text: (fragment, from) => pushFragment(fragment, from === 0),
    });
  };
}

function addedTexts(model: TokenizerModel, normalized: boolean): AddedText[] {
  return model.added
    .filter((token) => token.normalized === normalized)
    .map((token) => {
      const text = tokenText(model.tokens, token.id);
      const looked = normalized ? `${token.spaceBefore ? ' ' : ''}${normalizeText(model, text)}` : text;
      return { token, text: looked, special: isSpecialType(model.types[token.id]) };
    });
}

function matcherOf(added: readonly AddedText[]): Matcher | undefined {
  return added.length === 0 ? undefined : createMatcher(added.map(({ text }) => text));
}
