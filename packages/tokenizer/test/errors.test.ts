/** One case, as literal as it can be, for every code of the table. */
import { MirustError } from '@mirust/core';
import { describe, expect, it } from 'vitest';
import {
  checkTokenizerModel,
  createTokenizer,
  readBpe1,
  readBtok,
  readTokn,
  TOKENIZER_ERRORS,
  type TokenizerErrorCode,
  tokenizerFromHuggingFace,
  tokenizerFromLlama2c,
  tokenizerFromSentencePiece,
  withEndOfGeneration,
  writeBpe1,
} from '../src/index.ts';
import { byteLevelModel, spaceModel, theModel } from './_models.ts';

const hex = (digits: string): Uint8Array => new Uint8Array(Buffer.from(digits.replaceAll(/\s/g, ''), 'hex'));

/** A BPE1 header of 262 ids with these counts of tokens and merges. */
const bpe1 = (tokens: string, merges: string, body: string): Uint8Array =>
  hex(`42504531 01000000 06010000 00010000 01010000 02010000 03010000 ${tokens} ${merges} ${body}`);

/** A tokenizer.json without byte-level pre-tokenizer around a model. */
const json = (model: string): string =>
  `{"normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}, "model": ${model},
    "decoder": {"type": "Replace", "pattern": {"String": "▁"}, "content": " "}}`;

const CASES: Readonly<Record<TokenizerErrorCode, () => unknown>> = {
  TOKENIZER_VOCAB_SIZE: () =>
    readBpe1(hex('42504531 01000000 ffffffff 00010000 01010000 02010000 03010000 00000000 00000000')),
  TOKENIZER_TOKEN_LENGTH: () => readBpe1(bpe1('01000000', '00000000', '04010000 ffffff7f 74')),
  // A SentencePiece model of one piece, "a", of type 7.
  TOKENIZER_TOKEN_TYPE: () => tokenizerFromSentencePiece(hex('0a05 0a0161 1807')),
  TOKENIZER_TOKEN_DUPLICATE: () => readBpe1(bpe1('02000000', '00000000', '04010000 01000000 74 04010000 01000000 75')),
  TOKENIZER_BYTE_TOKEN: () => readBpe1(bpe1('01000000', '00000000', '41000000 01000000 42')),
  TOKENIZER_BYTE_MISSING: () => createTokenizer(spaceModel(['a'], { byteFallback: false, special: {} })).encode('b'),
  TOKENIZER_ID_RANGE: () => withEndOfGeneration(theModel(), [262]),
  // A model of the unknown piece "a" with score NaN, BPE.
  TOKENIZER_SCORE: () => tokenizerFromSentencePiece(hex('0a0a 0a0161 150000c07f 1802 1202 1802')),
  TOKENIZER_MERGE_TOKEN: () => readBpe1(bpe1('00000000', '01000000', '74000000 68000000 06010000 00000000')),
  TOKENIZER_MERGE_OUTPUT: () => readBpe1(bpe1('00000000', '01000000', '74000000 68000000 74000000 00000000')),
  TOKENIZER_MERGE_DUPLICATE: () =>
    readBpe1(
      bpe1(
        '01000000',
        '02000000',
        '04010000 02000000 7468  74000000 68000000 04010000 00000000  74000000 68000000 04010000 01000000',
      ),
    ),
  TOKENIZER_MERGE_SYNTAX: () => tokenizerFromHuggingFace(json('{"type": "BPE", "vocab": {"a": 0}, "merges": ["aa"]}')),
  TOKENIZER_MERGE_COUNT: () => checkTokenizerModel({ ...theModel(), merges: Uint32Array.of(116, 104) }),
  TOKENIZER_MODEL: () => checkTokenizerModel(byteLevelModel({ byteFallback: true })),
  TOKENIZER_FIELD: () => tokenizerFromHuggingFace(json('{"type": "BPE", "vocab": {"a": "b"}, "merges": []}')),
  TOKENIZER_UNSUPPORTED: () => tokenizerFromHuggingFace(json('{"type": "Unigram", "vocab": []}')),
  BTOK_INVALID: () => readBtok(hex('42544f4b 02000000 04010000 00010000 01010000 02010000 03010000')),
  BPE1_INVALID: () => readBpe1(bpe1('00000000', '00000000', '00')),
  BPE1_NOT_EXPRESSIBLE: () => writeBpe1(byteLevelModel()),
  TOKN_INVALID: () => readTokn(hex('544f4b4e')),
  TOKN_VERSION: () => readTokn(hex(`544f4b4e 02000000 ${'00'.repeat(56)}`)),
  SENTENCEPIECE_INVALID: () => tokenizerFromSentencePiece(hex('0b')),
  LLAMA2C_INVALID: () => tokenizerFromLlama2c(hex('06000000 00000000 05000000'), 259),
};

describe('TOKENIZER_ERRORS', () => {
  it.each(Object.entries(CASES))('%s', (code, provoke) => {
    const entry = TOKENIZER_ERRORS[code as TokenizerErrorCode];
    let caught: unknown;
    try {
      provoke();
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(MirustError);
    expect(caught).toMatchObject({ code, class: entry.class, remedy: entry.remedy });
  });

  it('has sentences', () => {
    for (const entry of Object.values(TOKENIZER_ERRORS)) {
      expect(entry.when).toMatch(/^[A-Z].*\.$/);
      expect(entry.remedy).toMatch(/^[A-Z].*\.$/);
    }
  });
});
