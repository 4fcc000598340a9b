/** The codes of this package: tokenizer sections, tokenizer files of other projects, and what neither can express. */
import { type ErrorContext, MirustError } from '@mirust/core';

/** One row for every way in which a tokenizer can be wrong. */
export const TOKENIZER_ERRORS = {
  TOKENIZER_VOCAB_SIZE: {
    class: 'tokenizer',
    when: 'A vocabulary is empty, passes the limit, or its tables have different lengths.',
    remedy: 'Export the tokenizer again; its tables do not belong together.',
  },
  TOKENIZER_TOKEN_LENGTH: {
    class: 'tokenizer',
    when: 'A token is longer than any real one, or a token that must have text has none.',
    remedy: 'Do not use the file; no real tokenizer has such tokens.',
  },
  TOKENIZER_TOKEN_TYPE: {
    class: 'tokenizer',
    when: 'A token has a type that does not exist or that its place does not allow.',
    remedy: 'Export the tokenizer again with a correct exporter.',
  },
  TOKENIZER_TOKEN_DUPLICATE: {
    class: 'tokenizer',
    when: 'Two tokens have the same text or two records the same id, so that encoding would be ambiguous.',
    remedy: 'Export the tokenizer again; each token may occur once.',
  },
  TOKENIZER_BYTE_TOKEN: {
    class: 'tokenizer',
    when: 'A byte token does not name a byte: it must be <0x00> to <0xFF>, or the byte itself.',
    remedy: 'Export the tokenizer again with a correct exporter.',
  },
  TOKENIZER_BYTE_MISSING: {
    class: 'tokenizer',
    when: 'The text holds something that the vocabulary cannot express, and there is no unknown token.',
    remedy: 'Remove the character from the text, or use a model whose vocabulary has every byte.',
  },
  TOKENIZER_ID_RANGE: {
    class: 'tokenizer',
    when: 'An id with a role, of an added token or of a merge lies outside the vocabulary.',
    remedy: 'Export the tokenizer again; its special ids do not fit its vocabulary.',
  },
  TOKENIZER_SCORE: {
    class: 'tokenizer',
    when: 'The score of a token is not a number, so that merges have no order.',
    remedy: 'Export the tokenizer again with a correct exporter.',
  },
  TOKENIZER_MERGE_TOKEN: {
    class: 'tokenizer',
    when: 'A merge names a token that the vocabulary does not have.',
    remedy: 'Export the tokenizer again; its merges and vocabulary do not belong together.',
  },
  TOKENIZER_MERGE_OUTPUT: {
    class: 'tokenizer',
    when: 'What a merge puts out is not the text of its two parts, one behind the other (every cycle of merges is such a case).',
    remedy: 'Do not use the file; it would change the text that it encodes.',
  },
  TOKENIZER_MERGE_DUPLICATE: {
    class: 'tokenizer',
    when: 'The same pair, or the same rank, occurs in two merges.',
    remedy: 'Export the tokenizer again; each merge may occur once.',
  },
  TOKENIZER_MERGE_SYNTAX: {
    class: 'tokenizer',
    when: 'A merge is not two tokens with one space between them.',
    remedy: 'Export the tokenizer again with a correct exporter.',
  },
  TOKENIZER_MERGE_COUNT: {
    class: 'tokenizer',
    when: 'There are more merges than any real tokenizer has, or a table of merges is cut.',
    remedy: 'Export the tokenizer again with a correct exporter.',
  },
  TOKENIZER_MODEL: {
    class: 'tokenizer',
    when: 'Fields of a tokenizer contradict each other: a kind without what it needs, or lists out of order.',
    remedy: 'Make the tokenizer again from its original files.',
  },
  TOKENIZER_FIELD: {
    class: 'tokenizer',
    when: 'A tokenizer file lacks a field, or the field has another type or a value without meaning.',
    remedy: 'Export the tokenizer again with a correct exporter.',
  },
  TOKENIZER_UNSUPPORTED: {
    class: 'unsupported',
    when: 'The tokenizer needs an algorithm, a pattern or an option that this version does not have.',
    remedy: 'Use a model with a byte-level or SentencePiece BPE tokenizer; the message names what is missing.',
  },
  BTOK_INVALID: {
    class: 'tokenizer',
    when: 'A BTOK section does not have its 28 bytes, its magic, its version or its fixed ids.',
    remedy: 'Convert the model again; the section is damaged or of a newer version.',
  },
  BPE1_INVALID: {
    class: 'tokenizer',
    when: 'A BPE1 section has a wrong magic, version, id, count or length, or bytes behind its end.',
    remedy: 'Convert the model again; the section is damaged or of a newer version.',
  },
  BPE1_NOT_EXPRESSIBLE: {
    class: 'tokenizer',
    when: 'SLM1 cannot hold this tokenizer exactly.',
    remedy: 'Write the model with --format slm2, which holds every supported tokenizer.',
  },
  TOKN_INVALID: {
    class: 'tokenizer',
    when: 'A TOKN section has a wrong magic, length, count or offset, or padding that is not zero.',
    remedy: 'Convert the model again; the section is damaged.',
  },
  TOKN_VERSION: {
    class: 'unsupported',
    when: 'A TOKN section has a version, flag or name that this program does not know.',
    remedy: 'Use a newer version of this program.',
  },
  SENTENCEPIECE_INVALID: {
    class: 'tokenizer',
    when: 'A tokenizer.model is not a well-formed protocol buffer, or its sentence pieces do not go together.',
    remedy: 'Fetch the file again; it is damaged or no SentencePiece model.',
  },
  LLAMA2C_INVALID: {
    class: 'tokenizer',
    when: 'A llama2.c tokenizer file does not have its layout: lengths, special tokens, byte tokens, end.',
    remedy: 'Export it again with llama2.c, and check that it belongs to this model.',
  },
} as const;

/** A code of {@link TOKENIZER_ERRORS}. */
export type TokenizerErrorCode = keyof typeof TOKENIZER_ERRORS;

/** Makes an error of this package's table. */
export function tokenizerError(code: TokenizerErrorCode, message: string, context?: ErrorContext): MirustError {
  return new MirustError(code, TOKENIZER_ERRORS[code], message, context);
}

/** What the readers warn of. One sentence each: when. */
export const TOKENIZER_WARNINGS = {
  SPECIAL_ID_ABSENT: 'A special id lies outside the vocabulary and counts as absent (0xFFFFFFFF is common).',
  PRE_TOKENIZER_MISSING: 'A GGUF file does not name its pre-tokenizer; the default one is used, as llama.cpp does.',
  TOKEN_TYPE_OVERRIDDEN: 'A token that names the end of a turn is not marked as special; it is taken to be.',
  VOCAB_HOLE: 'Some ids have no token; they are never put out by encoding.',
  TRUNCATION_IGNORED: 'tokenizer.json asks to cut or pad the text; this is left to the caller.',
  CONFIG_DISAGREES: 'tokenizer_config.json disagrees with tokenizer.json; the message says which one counts.',
} as const;

/** A code of {@link TOKENIZER_WARNINGS}. */
export type TokenizerWarningCode = keyof typeof TOKENIZER_WARNINGS;
