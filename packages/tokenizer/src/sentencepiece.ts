/**
 * A SentencePiece model file (`tokenizer.model`): a protocol buffer.
 *
 *     ModelProto      1 pieces (repeated)   2 trainer_spec   3 normalizer_spec   4 self_test_data   5 denormalizer_spec
 *     SentencePiece   1 piece (string)   2 score (float)   3 type (1 normal … 6 byte, as TOKEN_TYPE; default 1)
 *     TrainerSpec     3 model_type (1 unigram, the default; 2 bpe)   24 treat_whitespace_as_suffix
 *                     35 byte_fallback   41 bos_id   42 eos_id   43 pad_id (-1: there is none)
 *     NormalizerSpec  2 precompiled_charsmap   3 add_dummy_prefix   4 remove_extra_whitespaces   5 escape_whitespaces
 *                     (3 to 5: booleans, true by default)
 *
 * Source: `sentencepiece_model.proto` of google/sentencepiece. What else the file holds concerns training.
 */
import { type ByteCursor, createCursor, decodeUtf8 } from '@mirust/core';
import { checkAt } from './_check-at.ts';
import { checkTokenLength, checkVocabSize } from './_check-fields.ts';
import { plainAdded, plainModel } from './_plain-model.ts';
import { hasField, type ProtobufField, readField } from './_protobuf.ts';
import { checkSentencePieces, type SentencePiece } from './_sentence-pieces.ts';
import { createWarningList, requireByteOfToken, SPACE_MARK } from './_vocabulary.ts';
import { endOfGenerationByName, withEndOfGeneration } from './end-of-generation.ts';
import { tokenizerError } from './errors.ts';
import { MAX_VOCAB_SIZE } from './limits.ts';
import { type ImportedTokenizer, type SpecialIds, TOKEN_TYPE, type TokenizerModel } from './model.ts';
import { createTokenTableBuilder } from './token-table.ts';

/**
 * Reads the file. Throws `TOKENIZER_UNSUPPORTED` for a model that is not BPE, or for normalization by a character map,
 * each by its name; `SENTENCEPIECE_INVALID`, `TRUNCATED` and the codes of `TOKENIZER_ERRORS` for a damaged file.
 *
 * The library never takes the name of a control token in a text for the token; `parseSpecial: false` does the same.
 */
export function tokenizerFromSentencePiece(bytes: Uint8Array): ImportedTokenizer {
  const pieces: SentencePiece[] = [];
  let trainer: Spec = new Map();
  let normalizer: Spec = new Map();
  const cursor = createCursor(bytes);
  while (hasField(cursor)) {
    const field = readField(cursor);
    if (field.number === 1) {
      if (pieces.length >= MAX_VOCAB_SIZE) checkVocabSize(pieces.length + 1);
      pieces.push(readPiece(messageOf(field), pieces.length));
    } else if (field.number === 2) trainer = readSpec(messageOf(field));
    else if (field.number === 3) normalizer = readSpec(messageOf(field));
  }
  if (pieces.length === 0) throw invalid(0, 'the file has no sentence pieces');
  const modelType = MODEL_TYPES[numberIn(trainer, 3, 1)] ?? 'unknown';
  if (modelType !== 'bpe') throw unsupported(`the model type "${modelType}"`);
  if (flagIn(trainer, 24, false)) throw unsupported('treat_whitespace_as_suffix');
  const characterMap = normalizer.get(2);
  if (characterMap?.wire === 'bytes' && characterMap.value.length > 0) {
    throw unsupported('normalization by a precompiled character map (such as nmt_nfkc)');
  }
  if (!flagIn(normalizer, 5, true)) throw unsupported('escape_whitespaces = false');
  return toModel(pieces, trainer, normalizer);
}

const MODEL_TYPES: readonly string[] = ['', 'unigram', 'bpe', 'word', 'char'];

/** The last field of each number, as protocol buffers have it. */
type Spec = ReadonlyMap<number, ProtobufField>;

function invalid(offset: number, message: string): Error {
  return tokenizerError('SENTENCEPIECE_INVALID', message, { offset });
}

function unsupported(what: string): Error {
  return tokenizerError('TOKENIZER_UNSUPPORTED', `${what} of SentencePiece is not supported`, { actual: what });
}

function messageOf(field: ProtobufField): ByteCursor {
  if (field.wire !== 'bytes') throw invalid(field.offset, `field ${field.number} is no message`);
  return createCursor(field.value, field.offset);
}

function readSpec(cursor: ByteCursor): Spec {
  const spec = new Map<number, ProtobufField>();
  while (hasField(cursor)) {
    const field = readField(cursor);
    spec.set(field.number, field);
  }
  return spec;
}

/** An int32 or an enum; negative numbers are stored as 64 bits. */
function numberIn(spec: Spec, number: number, absent: number): number {
  const value = varintIn(spec, number);
  return value === undefined ? absent : Number(BigInt.asIntN(32, value));
}

/** A bool: any bit of all 64 makes it true. */
function flagIn(spec: Spec, number: number, absent: boolean): boolean {
  const value = varintIn(spec, number);
  return value === undefined ? absent : value !== 0n;
}

function varintIn(spec: Spec, number: number): bigint | undefined {
  const field = spec.get(number);
  if (field === undefined) return undefined;
  if (field.wire !== 'varint') throw invalid(field.offset, `field ${number} is no number`);
  return field.value;
}

function readPiece(cursor: ByteCursor, id: number): SentencePiece {
  const offset = cursor.baseOffset;
  const spec = readSpec(cursor);
  const text = spec.get(1);
  const score = spec.get(2);
  if (text?.wire !== 'bytes') throw invalid(offset, `piece ${id} has no text`);
  if (score !== undefined && score.wire !== 'fixed32')
    throw invalid(score.offset, `the score of piece ${id} is no float`);
  checkTokenLength(id, text.value.length, text.offset);
  if (text.value.length === 0) {
    throw tokenizerError('TOKENIZER_TOKEN_LENGTH', `piece ${id} is empty`, { offset: text.offset });
  }
  const type = numberIn(spec, 3, TOKEN_TYPE.normal);
  if (type < TOKEN_TYPE.normal || type > TOKEN_TYPE.byte) {
    throw tokenizerError('TOKENIZER_TOKEN_TYPE', `piece ${id} has type ${type}`, {
      offset,
      expected: '1 to 6',
      actual: type,
    });
  }
  return { text: decodeUtf8(text.value, `piece ${id}`, text.offset), score: score?.value ?? 0, type, offset };
}

function toModel(pieces: readonly SentencePiece[], trainer: Spec, normalizer: Spec): ImportedTokenizer {
  const warnings = createWarningList();
  const builder = createTokenTableBuilder(pieces.length);
  for (const [id, { text, type }] of pieces.entries()) {
    const literal = type === TOKEN_TYPE.control || type === TOKEN_TYPE.unknown;
    if (type === TOKEN_TYPE.byte) builder.addBytes([requireByteOfToken(text, id)]);
    else builder.addText(literal ? text : text.replaceAll(SPACE_MARK, ' '));
  }
  const byteFallback = flagIn(trainer, 35, false);
  const unk = checkSentencePieces(pieces, byteFallback);
  const special: { -readonly [Role in keyof SpecialIds]: SpecialIds[Role] } = { unk };
  const roles = [
    ['bos', 41, 1],
    ['eos', 42, 2],
    ['pad', 43, -1],
  ] as const;
  for (const [role, number, absent] of roles) {
    const id = numberIn(trainer, number, absent);
    if (id >= 0 && id < pieces.length) special[role] = id;
    else if (id !== -1) warnings.add('SPECIAL_ID_ABSENT', `${role}_id is ${id} of ${pieces.length} pieces`);
  }
  const isAdded = (type: number): boolean =>
    type === TOKEN_TYPE.control || type === TOKEN_TYPE.userDefined || type === TOKEN_TYPE.unknown;
  const prefix = flagIn(normalizer, 3, true);
  const model: TokenizerModel = {
    ...plainModel(
      'sentencepiece-bpe',
      builder.finish(),
      Uint8Array.from(pieces, ({ type }) => type),
    ),
    scores: Float32Array.from(pieces, ({ score }) => score),
    special,
    // User-defined pieces are looked for in the normalized text: a space in front of the text is in front of them too.
    added: pieces.flatMap(({ type }, id) =>
      isAdded(type) ? [{ ...plainAdded(id), normalized: type === TOKEN_TYPE.userDefined }] : [],
    ),
    spacePrefix: prefix ? 'fragment' : 'never',
    leadingSpace: prefix ? 'strip-one' : 'keep',
    collapseSpaces: flagIn(normalizer, 4, true),
    byteFallback,
    fuseUnknown: true,
    invalidBytes: 'byte',
    addBos: special.bos !== undefined,
  };
  checkAt(model, 0);
  return { model: withEndOfGeneration(model, endOfGenerationByName(model)), warnings: warnings.finish() };
}
