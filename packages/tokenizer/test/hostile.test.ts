/** Damaged and made-up input: the result is a tokenizer or a MirustError, soon. */
import { CORE_ERRORS, isMirustError, JSON_ERRORS } from '@mirust/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMatcher } from '../src/_added-matcher.ts';
import {
  byteTokenizerModel,
  createTokenizer,
  readBpe1,
  readBtok,
  readTokn,
  TOKENIZER_ERRORS,
  type TokenizerModel,
  tokenizerFromHuggingFace,
  tokenizerFromLlama2c,
  tokenizerFromSentencePiece,
  writeBpe1,
  writeBtok,
  writeTokn,
} from '../src/index.ts';
import { fixtureBytes, fixtureText } from './_assets.ts';
import { byteLevelModel, spaceModel, theModel } from './_models.ts';

const KNOWN = new Set([...Object.keys(TOKENIZER_ERRORS), ...Object.keys(CORE_ERRORS), ...Object.keys(JSON_ERRORS)]);

/** Uses what a reader gives; whatever is thrown must be one of ours, and the text shown of it harmless. */
function attempt(read: () => TokenizerModel): void {
  try {
    const tokenizer = createTokenizer(read());
    const ids = tokenizer.encode('the cat <s> is 12 é\n');
    for (const id of ids) expect(id).toBeLessThan(tokenizer.vocabSize);
    tokenizer.decode(ids);
    tokenizer.decode(Array.from({ length: Math.min(tokenizer.vocabSize, 400) }, (_, id) => id));
  } catch (error) {
    if (!isMirustError(error)) throw error;
    expect(KNOWN).toContain(error.code);
    expect(error.message).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(error.remedy).not.toBe('');
  }
}

/** A valid file with some bytes changed, cut, or put in. */
function damaged(valid: Uint8Array): fc.Arbitrary<Uint8Array> {
  const place = fc.nat({ max: valid.length - 1 });
  const value = fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xff), fc.nat({ max: 255 }));
  // The first bytes hold the counts: half of the changes go there.
  const change = fc.tuple(fc.oneof(place, fc.nat({ max: Math.min(valid.length - 1, 71) })), value);
  return fc
    .tuple(fc.array(change, { minLength: 1, maxLength: 6 }), fc.option(place), fc.uint8Array({ maxLength: 4 }))
    .map(([changes, end, tail]) => {
      const bytes = valid.slice(0, end ?? valid.length);
      for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
      return Uint8Array.of(...bytes, ...(end === null ? [] : tail));
    });
}

const spaced = spaceModel(['a', ' ', ' a', 'th', 't', 'h', 'e', 'the']);

describe('damaged files', () => {
  it.each<[string, Uint8Array, (bytes: Uint8Array) => TokenizerModel]>([
    ['BTOK', writeBtok(byteTokenizerModel()), readBtok],
    ['BPE1', writeBpe1(theModel()), readBpe1],
    ['TOKN of bytes', writeTokn(theModel()), readTokn],
    ['TOKN of words', writeTokn(byteLevelModel({ preTokenizer: ['llama3', 'byte-alphabet', 'digits'] })), readTokn],
    ['TOKN of SentencePiece', writeTokn(spaced), readTokn],
    [
      'tokenizer.model',
      fixtureBytes('oracles/sentencepiece/bpe/tokenizer.model'),
      (bytes) => tokenizerFromSentencePiece(bytes).model,
    ],
    ['llama2.c', llama2c(), (bytes) => tokenizerFromLlama2c(bytes, 260).model],
  ])('%s', (_, valid, read) => {
    attempt(() => read(valid));
    fc.assert(
      fc.property(damaged(valid), (bytes) => attempt(() => read(bytes))),
      { numRuns: 600 },
    );
  });

  it('every cut of BPE1 and of TOKN is noticed', () => {
    for (const [valid, read] of [
      [writeBpe1(theModel()), readBpe1],
      [writeTokn(spaced), readTokn],
    ] as const) {
      for (let end = 0; end < valid.length; end += 7) expect(() => read(valid.subarray(0, end))).toThrow();
    }
  });

  it('tokenizer.json', () => {
    const valid = fixtureText('oracles/tokenizers/llama3/tokenizer.json');
    const edits = fc.array(
      fc.tuple(
        fc.nat({ max: valid.length }),
        fc.nat({ max: 8 }),
        fc.constantFrom('', '"', '{', '0', '-1', '4294967295', 'null', ',', ' ', 'é', '\u001b', '\u202e'),
      ),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(edits, (list) => {
        let json = valid;
        for (const [at, length, put] of list) json = json.slice(0, at) + put + json.slice(at + length);
        attempt(() => tokenizerFromHuggingFace(json).model);
      }),
      { numRuns: 300 },
    );
  });

  it('random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        for (const read of [readBtok, readBpe1, readTokn]) attempt(() => read(bytes));
        attempt(() => tokenizerFromSentencePiece(bytes).model);
        attempt(() => tokenizerFromLlama2c(bytes, 259).model);
      }),
    );
  });
});

function llama2c(): Uint8Array {
  const texts = ['<unk>', '\n<s>\n', '\n</s>\n'];
  for (let byte = 0; byte < 256; byte++) texts.push(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
  texts.push('a');
  const records = texts.flatMap((text) => [0, 0, 0, 0, text.length, 0, 0, 0, ...new TextEncoder().encode(text)]);
  return Uint8Array.of(6, 0, 0, 0, ...records);
}

describe('text that is long or odd', () => {
  it('added tokens are found in linear time whatever they look like', () => {
    // Trying the token at every place would compare a million times a thousand letters here.
    const text = 'a'.repeat(1_000_000);
    expect(createMatcher([`${'a'.repeat(1000)}b`]).longestAt(text)).toBeUndefined();
    const found = createMatcher(['aa', 'a', 'aaa', '']).longestAt('aaaa');
    expect([...(found ?? [])]).toEqual([3, 3, 1, 2]);
  });

  it('finds the longest added token, as looking everywhere does', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '<'), minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        fc.uniqueArray(letters, { maxLength: 6 }),
        fc.string({ unit: fc.constantFrom('a', 'b', '<'), maxLength: 30 }),
        (patterns, text) => {
          const found = createMatcher(patterns).longestAt(text) ?? new Int32Array(text.length);
          for (let at = 0; at < text.length; at++) {
            const fitting = patterns.filter((pattern) => text.startsWith(pattern, at));
            const longest = fitting.sort((a, b) => b.length - a.length)[0];
            expect(patterns[(found[at] ?? 0) - 1]).toBe(longest);
          }
        },
      ),
    );
  });

  it('long runs of one kind of character', () => {
    const tokenizer = createTokenizer(byteLevelModel({ preTokenizer: ['llama3'] }));
    for (const unit of ['a', ' ', '\n', '!', '7', 'é', '🙂', 'A', '\t ', " '"]) {
      const text = unit.repeat(100_000 / unit.length);
      const ids = tokenizer.encode(`${text}x`);
      expect(tokenizer.decode(ids)).toBe(`${text}x`);
    }
  });

  it('refuses a run of combining marks that would take minutes to compose', () => {
    const composing = createTokenizer(byteLevelModel({ normalizer: 'nfc' }));
    expect(composing.decode(composing.encode(`e${'\u0301\u0316'.repeat(2000)}`)).length).toBeLessThan(4002);
    expect(() => composing.encode(`e${'\u0301\u0316'.repeat(100_000)}`)).toThrow(RangeError);
  });
});
