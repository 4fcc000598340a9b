/** `model` and `added_tokens` of `tokenizer.json`: vocabulary, merges, types. */
import { isJsonArray, type JsonArray, type JsonObject, type JsonValue } from '@mirust/core';
import { fromByteAlphabet } from './_byte-alphabet.ts';
import {
  arrayAt,
  booleanAt,
  fieldError,
  idAt,
  objectAt,
  onlyFields,
  quoted,
  stringAt,
  unsupported,
} from './_hf-json.ts';
import {
  byteOfToken,
  checkTokenText,
  mergesOfTexts,
  SPACE_MARK,
  splitMerge,
  type TextPair,
  type WarningList,
} from './_vocabulary.ts';
import { tokenizerError } from './errors.ts';
import { MAX_VOCAB_SIZE } from './limits.ts';
import { type AddedToken, TOKEN_TYPE, type TokenTable } from './model.ts';
import { createTokenTableBuilder } from './token-table.ts';

/** The options of a BPE model. */
export interface HfModel {
  /** Token to id. */
  readonly vocab: ReadonlyMap<string, number>;
  readonly merges: JsonArray;
  readonly unknown: string | undefined;
  readonly byteFallback: boolean;
  readonly fuseUnknown: boolean;
  readonly ignoreMerges: boolean;
}

/** Reads `model`. Throws `TOKENIZER_UNSUPPORTED` for anything but BPE, and for options that change what it does. */
export function readModel(value: JsonValue | undefined): HfModel {
  const fields = objectAt(value, 'model');
  // Files of the first years leave the type out.
  const type = stringAt(fields.get('type') ?? (fields.has('merges') ? 'BPE' : undefined), 'model.type');
  if (type !== 'BPE') throw unsupported('model', `the type ${quoted(type)}`);
  onlyFields(
    { type, path: 'model', fields },
    ...['dropout', 'unk_token', 'continuing_subword_prefix', 'end_of_word_suffix', 'fuse_unk', 'byte_fallback'],
    ...['ignore_merges', 'vocab', 'merges'],
  );
  for (const name of ['continuing_subword_prefix', 'end_of_word_suffix', 'dropout']) {
    const option = fields.get(name) ?? null;
    if (option !== null && option !== '' && option !== 0) throw unsupported(`model.${name}`, quoted(String(option)));
  }
  const vocab = new Map<string, number>();
  for (const [token, id] of objectAt(fields.get('vocab'), 'model.vocab')) vocab.set(token, idAt(id, 'model.vocab'));
  const unknown = fields.get('unk_token') ?? null;
  return {
    vocab,
    merges: arrayAt(fields.get('merges'), 'model.merges'),
    unknown: unknown === null ? undefined : stringAt(unknown, 'model.unk_token'),
    byteFallback: booleanAt(fields.get('byte_fallback'), 'model.byte_fallback', false),
    fuseUnknown: booleanAt(fields.get('fuse_unk'), 'model.fuse_unk', false),
    ignoreMerges: booleanAt(fields.get('ignore_merges'), 'model.ignore_merges', false),
  };
}

/** One entry of `added_tokens`. */
export interface HfAddedToken extends AddedToken {
  readonly content: string;
  readonly special: boolean;
}

/** Reads `added_tokens`. `prefixes`: the normalizer puts a space in front of a normalized token's text as well. */
export function readAddedTokens(value: JsonValue | undefined, prefixes: boolean): HfAddedToken[] {
  if (value === undefined || value === null) return [];
  return arrayAt(value, 'added_tokens').map((item, index) => {
    const path = `added_tokens[${index}]`;
    const fields: JsonObject = objectAt(item, path);
    onlyFields(
      { type: 'added token', path, fields },
      ...['id', 'content', 'single_word', 'lstrip', 'rstrip', 'normalized', 'special'],
    );
    const flag = (name: string, absent: boolean): boolean => booleanAt(fields.get(name), `${path}.${name}`, absent);
    const special = flag('special', false);
    const normalized = flag('normalized', !special);
    return {
      id: idAt(fields.get('id'), `${path}.id`),
      content: stringAt(fields.get('content'), `${path}.content`),
      special,
      normalized,
      spaceBefore: normalized && prefixes,
      lstrip: flag('lstrip', false),
      rstrip: flag('rstrip', false),
      singleWord: flag('single_word', false),
    };
  });
}

/** The tables of a tokenizer. */
export interface HfTables {
  readonly tokens: TokenTable;
  readonly types: Uint8Array;
  readonly merges: Uint32Array;
  readonly added: readonly AddedToken[];
}

/** Lays vocabulary and added tokens out by id. `unknown`: the id that stands for what has no token. */
export function buildHfTables(
  model: HfModel,
  added: readonly HfAddedToken[],
  byteLevel: boolean,
  unknown: number | undefined,
  warnings: WarningList,
): HfTables {
  const texts = textsById(model.vocab, added);
  const addedById = new Map(added.map((token) => [token.id, token]));
  if (addedById.size !== added.length) {
    throw tokenizerError('TOKENIZER_TOKEN_DUPLICATE', 'two entries of added_tokens have the same id', {
      key: 'added_tokens',
    });
  }
  const builder = createTokenTableBuilder(texts.length);
  const types = new Uint8Array(texts.length).fill(TOKEN_TYPE.normal);
  for (const [id, text] of texts.entries()) {
    const entry = addedById.get(id);
    if (text === undefined) {
      warnings.add('VOCAB_HOLE', `the id ${id} has no token`);
      types[id] = TOKEN_TYPE.unused;
      builder.addBytes([]);
      continue;
    }
    checkTokenText(text, id);
    if (text === '') types[id] = TOKEN_TYPE.unused;
    else if (id === unknown) types[id] = TOKEN_TYPE.unknown;
    else if (entry !== undefined && isLookedFor(entry, byteLevel)) {
      types[id] = entry.special ? TOKEN_TYPE.control : TOKEN_TYPE.userDefined;
    }
    const byte = !byteLevel && model.byteFallback && types[id] === TOKEN_TYPE.normal ? byteOfToken(text) : undefined;
    if (byte !== undefined) types[id] = TOKEN_TYPE.byte;
    const bytes = byteLevel && entry === undefined ? fromByteAlphabet(text) : undefined;
    if (byte !== undefined) builder.addBytes([byte]);
    else if (bytes !== undefined) builder.addBytes(bytes);
    else builder.addText(byteLevel || types[id] !== TOKEN_TYPE.normal ? text : text.replaceAll(SPACE_MARK, ' '));
  }
  return {
    tokens: builder.finish(),
    types,
    merges: mergesOfTexts(model.merges.length, (index) => pairOf(model.merges[index], index), model.vocab),
    added: added
      .filter((token) => token.content !== '' && isLookedFor(token, byteLevel))
      .map(({ content: _content, special: _special, ...token }) => token)
      .sort((a, b) => a.id - b.id),
  };
}

/**
 * A token of SentencePiece's vocabulary with `▁` in it may be listed as added (Gemma's runs of spaces). In text its mark
 * is a space, and the merges make it: it need not be looked for.
 */
function isLookedFor(token: HfAddedToken, byteLevel: boolean): boolean {
  return byteLevel || token.special || !token.content.includes(SPACE_MARK);
}

function textsById(vocab: ReadonlyMap<string, number>, added: readonly HfAddedToken[]): (string | undefined)[] {
  let last = -1;
  for (const id of vocab.values()) last = Math.max(last, id);
  for (const { id } of added) last = Math.max(last, id);
  if (last < 0 || last >= MAX_VOCAB_SIZE) {
    throw tokenizerError('TOKENIZER_VOCAB_SIZE', `the highest id of the vocabulary is ${last}`, {
      key: 'model.vocab',
      limit: MAX_VOCAB_SIZE - 1,
      actual: last,
    });
  }
  const texts = new Array<string | undefined>(last + 1).fill(undefined);
  const put = (text: string, id: number): void => {
    const other = texts[id];
    if (other !== undefined && other !== text) {
      throw tokenizerError('TOKENIZER_TOKEN_DUPLICATE', `the id ${id} is ${quoted(other)} and ${quoted(text)}`, {
        actual: id,
      });
    }
    texts[id] = text;
  };
  for (const [text, id] of vocab) put(text, id);
  for (const { content, id } of added) {
    const inVocab = vocab.get(content);
    if (inVocab !== undefined && inVocab !== id) {
      throw tokenizerError('TOKENIZER_TOKEN_DUPLICATE', `${quoted(content)} has the ids ${inVocab} and ${id}`, {
        actual: id,
      });
    }
    put(content, id);
  }
  return texts;
}

/** A merge, written as one string or as two. */
function pairOf(value: JsonValue | undefined, index: number): TextPair {
  if (typeof value === 'string') return splitMerge(value, index);
  const path = `model.merges[${index}]`;
  if (!isJsonArray(value) || value.length !== 2) throw fieldError(path, 'a string or two of them', value);
  const pair: TextPair = [stringAt(value[0], path), stringAt(value[1], path)];
  if (pair.includes(''))
    throw tokenizerError('TOKENIZER_MERGE_SYNTAX', `merge ${index} has an empty part`, { key: path });
  return pair;
}
