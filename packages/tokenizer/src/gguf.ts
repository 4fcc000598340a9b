/**
 * The tokenizer in the metadata of a GGUF file, keys `tokenizer.ggml.*`.
 *
 * `model` is `llama` (SentencePiece BPE: scores order the merges) or `gpt2` (byte-level BPE: a list of merges, and
 * `pre` names the pre-tokenizer, whose pattern the file does not hold). What the keys leave out is taken as llama.cpp
 * takes it, because that is what the files were made for. Sources: `docs/gguf.md` of ggml-org/ggml, `llama-vocab.cpp` of
 * ggml-org/llama.cpp.
 */
import { sanitizeText } from '@mirust/core';
import {
  type GgufMetadata,
  optionalBool,
  optionalNumber,
  optionalNumbers,
  optionalString,
  requireNumbers,
  requireString,
  requireStrings,
} from '@mirust/gguf';
import { fromByteAlphabet } from './_byte-alphabet.ts';
import { checkVocabSize } from './_check-fields.ts';
import { ggufPreTokenizer } from './_gguf-pre.ts';
import { plainAdded, plainModel } from './_plain-model.ts';
import {
  checkTokenText,
  createWarningList,
  mergesOfTexts,
  requireByteOfToken,
  SPACE_MARK,
  splitMerge,
  type WarningList,
} from './_vocabulary.ts';
import { END_OF_TURN_NAMES, endOfGenerationByName, withEndOfGeneration } from './end-of-generation.ts';
import { tokenizerError } from './errors.ts';
import { type AddedToken, type ImportedTokenizer, type SpecialIds, TOKEN_TYPE, type TokenizerModel } from './model.ts';
import { createTokenTableBuilder } from './token-table.ts';

const PREFIX = 'tokenizer.ggml.';

/**
 * Reads the tokenizer. Throws `TOKENIZER_UNSUPPORTED` for another kind of tokenizer or an unknown pre-tokenizer (by its
 * name), `GGUF_KEY_…` for keys that are absent or of another type, and the codes of `TOKENIZER_ERRORS`.
 */
export function tokenizerFromGguf(metadata: GgufMetadata): ImportedTokenizer {
  const name = requireString(metadata, `${PREFIX}model`);
  const warnings = createWarningList();
  const source: Source = { metadata, texts: requireStrings(metadata, `${PREFIX}tokens`), warnings };
  checkVocabSize(source.texts.length);
  const types = readTypes(source);
  const special = readSpecialIds(source, name, types);
  let model: TokenizerModel;
  if (name === 'llama') model = readSentencePiece(source, types, special);
  else if (name === 'gpt2') model = readByteLevel(source, types, special);
  else {
    throw tokenizerError('TOKENIZER_UNSUPPORTED', `the tokenizer is of the kind "${sanitizeText(name)}"`, {
      key: `${PREFIX}model`,
      expected: 'llama or gpt2',
      actual: sanitizeText(name),
    });
  }
  const ends = [
    ...endOfGenerationByName(model),
    ...(['eot', 'eom'] as const).flatMap((role) => idOf(source, role) ?? []),
  ];
  return { model: withEndOfGeneration(model, ends), warnings: warnings.finish() };
}

interface Source {
  readonly metadata: GgufMetadata;
  readonly texts: readonly string[];
  readonly warnings: WarningList;
}

function readTypes({ metadata, texts, warnings }: Source): Uint8Array {
  const stored = optionalNumbers(metadata, `${PREFIX}token_type`);
  const types = new Uint8Array(texts.length).fill(TOKEN_TYPE.normal);
  if (stored !== undefined) {
    requireSameLength('token_type', stored.length, texts.length);
    for (let id = 0; id < types.length; id++) {
      const type = Number(stored[id]);
      if (!Number.isInteger(type) || type < TOKEN_TYPE.normal || type > TOKEN_TYPE.byte) {
        throw tokenizerError('TOKENIZER_TOKEN_TYPE', `token ${id} has type ${type}`, {
          key: `${PREFIX}token_type`,
          expected: '1 to 6',
          actual: type,
        });
      }
      types[id] = type;
    }
  }
  for (const [id, text] of texts.entries()) {
    checkTokenText(text, id);
    if (text === '') types[id] = TOKEN_TYPE.unused;
    if (END_OF_TURN_NAMES.has(text) && types[id] !== TOKEN_TYPE.control) {
      warnings.add('TOKEN_TYPE_OVERRIDDEN', `token ${id}, "${sanitizeText(text)}", has type ${types[id]}, not control`);
      types[id] = TOKEN_TYPE.control;
    }
  }
  return types;
}

function requireSameLength(key: string, actual: number, expected: number): void {
  if (actual === expected) return;
  throw tokenizerError('TOKENIZER_VOCAB_SIZE', `${PREFIX}${key} has ${actual} entries for ${expected} tokens`, {
    key: `${PREFIX}${key}`,
    expected,
    actual,
  });
}

/** The id of a role; undefined where the key is absent or names no token. */
function idOf({ metadata, texts }: Source, role: string): number | undefined {
  const id = optionalNumber(metadata, `${PREFIX}${role}_token_id`);
  return id !== undefined && Number.isInteger(id) && id >= 0 && id < texts.length ? id : undefined;
}

function readSpecialIds(source: Source, name: string, types: Uint8Array): SpecialIds {
  for (const key of source.metadata.keys()) {
    if (!key.startsWith(PREFIX) || !key.endsWith('_token_id')) continue;
    if (idOf(source, key.slice(PREFIX.length, -'_token_id'.length)) === undefined) {
      const value = optionalNumber(source.metadata, key);
      source.warnings.add('SPECIAL_ID_ABSENT', `${sanitizeText(key)} is ${value} of ${source.texts.length} tokens`);
    }
  }
  // SentencePiece models have these ids unless they say otherwise.
  const usual = (id: number, type: number): number | undefined =>
    name === 'llama' && types[id] === type ? id : undefined;
  const ids = {
    bos: idOf(source, 'bos') ?? usual(1, TOKEN_TYPE.control),
    eos: idOf(source, 'eos') ?? usual(2, TOKEN_TYPE.control),
    pad: idOf(source, 'padding'),
    unk: idOf(source, 'unknown') ?? usual(0, TOKEN_TYPE.unknown),
  };
  return Object.fromEntries(Object.entries(ids).filter(([, id]) => id !== undefined));
}

/** What both kinds have in common; `spaceMark`: texts of the vocabulary have `▁` for spaces. */
function readCommon(
  { metadata, texts }: Source,
  types: Uint8Array,
  special: SpecialIds,
  bosByDefault: boolean,
): Pick<TokenizerModel, 'special' | 'added' | 'addBos' | 'addEos'> {
  const name = (optionalString(metadata, 'general.name') ?? '').toLowerCase();
  // GGUF has no key for it: Phi-3's markers take the line break behind them.
  const isPhi3 = name.includes('phi-3') || name.includes('phi3');
  const exempt = new Set(['<unk>', '<s>', '<|endoftext|>']);
  const added: AddedToken[] = [];
  for (const [id, text] of texts.entries()) {
    const type = types[id];
    if (type !== TOKEN_TYPE.control && type !== TOKEN_TYPE.userDefined && type !== TOKEN_TYPE.unknown) continue;
    added.push({ ...plainAdded(id), rstrip: isPhi3 && !exempt.has(text) });
  }
  const addBos = optionalBool(metadata, `${PREFIX}add_bos_token`) ?? bosByDefault;
  const addEos = optionalBool(metadata, `${PREFIX}add_eos_token`) ?? false;
  return {
    special,
    added,
    addBos: addBos && special.bos !== undefined,
    addEos: addEos && special.eos !== undefined,
  };
}

function readSentencePiece(source: Source, types: Uint8Array, special: SpecialIds): TokenizerModel {
  const { metadata, texts } = source;
  const scores = Float32Array.from(requireNumbers(metadata, `${PREFIX}scores`), Number);
  requireSameLength('scores', scores.length, texts.length);
  const builder = createTokenTableBuilder(texts.length);
  for (const [id, text] of texts.entries()) {
    if (types[id] === TOKEN_TYPE.byte) builder.addBytes([requireByteOfToken(text, id)]);
    else if (types[id] === TOKEN_TYPE.normal || types[id] === TOKEN_TYPE.unused) {
      builder.addText(text.replaceAll(SPACE_MARK, ' '));
    } else builder.addText(text);
  }
  const prefix = optionalBool(metadata, `${PREFIX}add_space_prefix`) ?? true;
  return {
    ...plainModel('sentencepiece-bpe', builder.finish(), types),
    ...readCommon(source, types, special, true),
    scores,
    spacePrefix: prefix ? 'fragment' : 'never',
    leadingSpace: prefix ? 'strip-one' : 'keep',
    collapseSpaces: optionalBool(metadata, `${PREFIX}remove_extra_whitespaces`) ?? false,
    byteFallback: true,
    fuseUnknown: true,
  };
}

function readByteLevel(source: Source, types: Uint8Array, special: SpecialIds): TokenizerModel {
  const { metadata, texts, warnings } = source;
  const pre = optionalString(metadata, `${PREFIX}pre`);
  if (pre === undefined) warnings.add('PRE_TOKENIZER_MISSING', `${PREFIX}pre is absent: "default" is taken`);
  const { addBos, ...rules } = ggufPreTokenizer(pre ?? 'default');
  const builder = createTokenTableBuilder(texts.length);
  const ids = new Map<string, number>();
  for (const [id, text] of texts.entries()) {
    const bytes = types[id] === TOKEN_TYPE.normal ? fromByteAlphabet(text) : undefined;
    if (bytes === undefined) builder.addText(text);
    else builder.addBytes(bytes);
    if (!ids.has(text)) ids.set(text, id);
  }
  const merges = requireStrings(metadata, `${PREFIX}merges`);
  return {
    ...plainModel('byte-level-bpe', builder.finish(), types),
    ...readCommon(source, types, special, addBos),
    ...rules,
    merges: mergesOfTexts(merges.length, (index) => splitMerge(merges[index] ?? '', index), ids),
  };
}
