/** The rules that a model's fields must keep, each by itself; what needs look-up tables is checked in `_tables.ts`. */
import { sanitizeText } from '@mirust/core';
import { tokenizerError } from './errors.ts';
import {
  MAX_END_OF_GENERATION_IDS,
  MAX_MERGES,
  MAX_STEPS,
  MAX_TOKEN_BYTES,
  MAX_TOKEN_TABLE_BYTES,
  MAX_VOCAB_SIZE,
} from './limits.ts';
import { PRE_TOKENIZER_STEPS, TOKEN_TYPE, type TokenizerModel } from './model.ts';
import { tokenByteLength, tokenCount } from './token-table.ts';

/** Throws a `TOKENIZER_…` error where a field breaks its rule. */
export function checkFields(model: TokenizerModel): void {
  checkTokens(model);
  checkTypes(model);
  checkIds(model);
  checkScores(model);
  checkOptions(model);
}

/** Throws `TOKENIZER_VOCAB_SIZE` unless there may be so many ids. */
export function checkVocabSize(count: number, offset?: number): void {
  if (count < 1 || count > MAX_VOCAB_SIZE) {
    throw tokenizerError('TOKENIZER_VOCAB_SIZE', `the vocabulary has ${count} tokens`, {
      ...(offset === undefined ? {} : { offset }),
      limit: MAX_VOCAB_SIZE,
      actual: count,
    });
  }
}

/** Throws `TOKENIZER_TOKEN_LENGTH` unless a token may have so many bytes. */
export function checkTokenLength(id: number, byteLength: number, offset?: number): void {
  if (byteLength > MAX_TOKEN_BYTES) {
    throw tokenizerError('TOKENIZER_TOKEN_LENGTH', `token ${id} has ${byteLength} bytes`, {
      ...(offset === undefined ? {} : { offset }),
      limit: MAX_TOKEN_BYTES,
      actual: byteLength,
    });
  }
}

/** Throws `TOKENIZER_MERGE_COUNT` unless there may be so many merges. */
export function checkMergeCount(count: number): void {
  if (!Number.isInteger(count) || count > MAX_MERGES) {
    throw tokenizerError('TOKENIZER_MERGE_COUNT', `there are ${count} merges`, { limit: MAX_MERGES, actual: count });
  }
}

function checkTokens({ tokens, merges }: TokenizerModel): void {
  const count = tokenCount(tokens);
  checkVocabSize(count);
  if (tokens.offsets[0] !== 0 || tokens.offsets[count] !== tokens.bytes.length) {
    throw tokenizerError('TOKENIZER_VOCAB_SIZE', 'the token offsets do not cover the token bytes', {
      expected: tokens.bytes.length,
      actual: tokens.offsets[count] ?? 0,
    });
  }
  if (tokens.bytes.length > MAX_TOKEN_TABLE_BYTES) {
    throw tokenizerError('TOKENIZER_TOKEN_LENGTH', `the tokens have ${tokens.bytes.length} bytes together`, {
      limit: MAX_TOKEN_TABLE_BYTES,
      actual: tokens.bytes.length,
    });
  }
  const { offsets } = tokens;
  let end = 0;
  for (let id = 0; id < count; id++) {
    const start = end;
    end = offsets[id + 1] ?? 0;
    const byteLength = end - start;
    if (byteLength >= 0 && byteLength <= MAX_TOKEN_BYTES) continue;
    if (byteLength < 0) {
      throw tokenizerError('TOKENIZER_VOCAB_SIZE', `the offset of token ${id + 1} is below that of token ${id}`);
    }
    checkTokenLength(id, byteLength);
  }
  checkMergeCount(merges.length / 3);
}

function checkTypes({ kind, tokens, types }: TokenizerModel): void {
  const count = tokenCount(tokens);
  if (types.length !== count) {
    throw tokenizerError('TOKENIZER_VOCAB_SIZE', `${count} tokens have ${types.length} types`, {
      expected: count,
      actual: types.length,
    });
  }
  const byteSeen = new Uint8Array(256);
  for (let id = 0; id < count; id++) {
    const type = types[id] ?? 0;
    if (type === TOKEN_TYPE.normal) continue;
    if (type < TOKEN_TYPE.normal || type > TOKEN_TYPE.byte) {
      throw tokenizerError('TOKENIZER_TOKEN_TYPE', `token ${id} has type ${type}`, {
        expected: '1 to 6',
        actual: type,
      });
    }
    if (type === TOKEN_TYPE.byte) {
      if (kind !== 'sentencepiece-bpe') {
        throw tokenizerError('TOKENIZER_TOKEN_TYPE', `token ${id} is a byte token, which ${kind} does not have`);
      }
      const byte = tokens.bytes[tokens.offsets[id] ?? 0] ?? 0;
      if (tokenByteLength(tokens, id) !== 1) {
        throw tokenizerError('TOKENIZER_BYTE_TOKEN', `byte token ${id} has ${tokenByteLength(tokens, id)} bytes`);
      }
      if (byteSeen[byte] === 1) {
        throw tokenizerError('TOKENIZER_TOKEN_DUPLICATE', `byte token ${id} stands for ${byte}, as one before it does`);
      }
      byteSeen[byte] = 1;
    }
  }
  if (kind === 'byte' || kind === 'byte-pair-ids') checkByteIds(kind, tokens);
}

function checkByteIds(kind: string, tokens: TokenizerModel['tokens']): void {
  for (let byte = 0; byte < 256; byte++) {
    if (tokenByteLength(tokens, byte) !== 1 || tokens.bytes[tokens.offsets[byte] ?? 0] !== byte) {
      throw tokenizerError('TOKENIZER_BYTE_TOKEN', `token ${byte} of a ${kind} tokenizer is not the byte ${byte}`);
    }
  }
}

function checkIds({ tokens, types, special, endOfGeneration, added }: TokenizerModel): void {
  const count = tokenCount(tokens);
  for (const [role, id] of Object.entries(special)) if (id !== undefined) checkId(`the ${role} id`, id, count);
  if (endOfGeneration.length > MAX_END_OF_GENERATION_IDS) {
    throw tokenizerError('TOKENIZER_MODEL', `${endOfGeneration.length} ids end a generation`, {
      limit: MAX_END_OF_GENERATION_IDS,
      actual: endOfGeneration.length,
    });
  }
  checkRising('ids that end a generation', endOfGeneration, count);
  checkRising(
    'added tokens',
    added.map((token) => token.id),
    count,
  );
  for (const { id, normalized, spaceBefore } of added) {
    if (tokenByteLength(tokens, id) === 0) {
      throw tokenizerError('TOKENIZER_TOKEN_LENGTH', `the added token ${id} has no text`);
    }
    if (types[id] === TOKEN_TYPE.byte || types[id] === TOKEN_TYPE.unused) {
      throw tokenizerError('TOKENIZER_TOKEN_TYPE', `the added token ${id} is a byte token or unused`);
    }
    if (spaceBefore && !normalized) {
      throw tokenizerError('TOKENIZER_MODEL', `the added token ${id} has spaceBefore without normalized`);
    }
  }
}

function checkId(what: string, id: number, count: number): void {
  if (!Number.isInteger(id) || id < 0 || id >= count) {
    throw tokenizerError('TOKENIZER_ID_RANGE', `${what} is ${id}, and there are ${count} tokens`, {
      limit: count - 1,
      actual: id,
    });
  }
}

function checkRising(what: string, ids: readonly number[], count: number): void {
  let last = -1;
  for (const id of ids) {
    checkId(`one of the ${what}`, id, count);
    if (id <= last) throw tokenizerError('TOKENIZER_MODEL', `the ${what} are not in rising order: ${id} after ${last}`);
    last = id;
  }
}

function checkScores({ kind, tokens, scores, merges }: TokenizerModel): void {
  if (scores === undefined) return;
  if (kind !== 'sentencepiece-bpe' || merges.length > 0) {
    throw tokenizerError('TOKENIZER_MODEL', `a ${kind} tokenizer with ${merges.length / 3} merges has scores too`);
  }
  if (scores.length !== tokenCount(tokens)) {
    throw tokenizerError('TOKENIZER_VOCAB_SIZE', `${tokenCount(tokens)} tokens have ${scores.length} scores`, {
      expected: tokenCount(tokens),
      actual: scores.length,
    });
  }
  const bad = scores.findIndex(Number.isNaN);
  if (bad >= 0) throw tokenizerError('TOKENIZER_SCORE', `the score of token ${bad} is not a number`, { actual: bad });
}

function checkOptions(model: TokenizerModel): void {
  const { kind, preTokenizer } = model;
  const refuse = (what: string): never => {
    throw tokenizerError('TOKENIZER_MODEL', `a ${kind} tokenizer cannot have ${what}`);
  };
  if (preTokenizer.length > MAX_STEPS) refuse(`${preTokenizer.length} pre-tokenizer steps`);
  for (const step of preTokenizer) {
    if (!PRE_TOKENIZER_STEPS.includes(step)) refuse(`the pre-tokenizer step "${sanitizeText(step)}"`);
  }
  if (preTokenizer.filter((step) => step === 'byte-alphabet').length > 1) refuse('two byte alphabets');
  if (kind === 'sentencepiece-bpe') {
    if (preTokenizer.includes('byte-alphabet')) refuse('a byte alphabet');
    if (model.ignoreMerges) refuse('ignoreMerges');
  } else if (model.byteFallback) {
    refuse('byteFallback');
  }
  if (kind === 'byte' || kind === 'byte-pair-ids') {
    if (preTokenizer.length > 0) refuse('a pre-tokenizer');
    if (model.normalizer !== 'none' || model.spacePrefix !== 'never' || model.collapseSpaces) refuse('a normalizer');
    if (model.ignoreMerges) refuse('ignoreMerges');
  }
  if (kind === 'byte' && model.merges.length > 0) refuse('merges');
}
