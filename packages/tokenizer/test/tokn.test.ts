import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  byteTokenizerModel,
  checkTokenizerModel,
  createTokenizer,
  readBpe1,
  readTokn,
  TOKEN_TYPE,
  type TokenizerModel,
  tokenizerFromGguf,
  writeBpe1,
  writeTokn,
} from '../src/index.ts';
import { hasAssets } from './_assets.ts';
import { byteLevelModel, spaceModel, theModel } from './_models.ts';
import { qwen2Metadata } from './_qwen2.ts';
import { idsModel, shuffled } from './_random.ts';

/** A tokenizer with every option that is not at its default. */
function odd(): TokenizerModel {
  return byteLevelModel({
    special: { bos: 257, pad: 0 },
    endOfGeneration: [3, 255],
    added: [{ id: 257, normalized: true, spaceBefore: true, lstrip: true, rstrip: true, singleWord: true }],
    normalizer: 'nfc',
    spacePrefix: 'start',
    spacePrefixUnlessPresent: true,
    collapseSpaces: true,
    preTokenizer: ['punctuation', 'gpt2', 'byte-alphabet', 'digits', 'digit-triples'],
    ignoreMerges: true,
    fuseUnknown: true,
    leadingSpace: 'strip-first-token',
    invalidBytes: 'run',
    addBos: true,
    addEos: true,
  });
}

const MODELS: readonly (readonly [string, () => TokenizerModel])[] = [
  ['byte', byteTokenizerModel],
  ['byte-pair-ids', theModel],
  ['byte-level-bpe', byteLevelModel],
  ['byte-level-bpe with every option', odd],
  ['sentencepiece-bpe with scores', () => spaceModel(['a', ' ', ' a'])],
];

describe('TOKN', () => {
  it.each(MODELS)('keeps all of %s', (_, make) => {
    const bytes = writeTokn(make());
    expect(readTokn(bytes)).toEqual(make());
    expect(writeTokn(readTokn(bytes))).toEqual(bytes);
    // An unaligned place in a larger buffer, as in a file that was read whole.
    const within = new Uint8Array(bytes.length + 5);
    within.set(bytes, 3);
    expect(readTokn(within.subarray(3, 3 + bytes.length))).toEqual(make());
  });

  it('and BPE1 keep any merges, to the byte', () => {
    fc.assert(
      fc.property(shuffled, (merges) => {
        const model = idsModel(merges);
        for (const [write, read] of [
          [writeTokn, readTokn],
          [writeBpe1, readBpe1],
        ] as const) {
          const bytes = write(model);
          expect(read(bytes)).toEqual(model);
          expect(write(read(bytes))).toEqual(bytes);
        }
      }),
    );
  });

  it('copies what it reads', () => {
    const bytes = writeTokn(theModel());
    const model = readTokn(bytes);
    bytes.fill(0);
    expect(model).toEqual(theModel());
  });

  it('has the header that is described', () => {
    const bytes = writeTokn(theModel());
    expect(Buffer.from(bytes.subarray(0, 64)).toString('hex')).toBe(
      [
        '544f4b4e', // TOKN
        '01000000', // version
        '0100000000000300', // kind 1, normalizer 0, prefix 0, leading 0, invalid 0, steps 0, flags: BOS and EOS
        '06010000', // 262 tokens
        '00010000010100000201000003010000', // BOS 256, EOS 257, PAD 258, UNK 259
        '02000000', // merges
        '00000000', // added tokens
        '00000000', // more ends
        '05010000', // 261 bytes of tokens: 256, th, the
        '000000000000000000000000',
      ].join(''),
    );
    expect(bytes.length).toBe(64 + 263 * 4 + 264 + 264 + 24);
  });

  const valid = writeTokn(odd());
  const patched = (at: number, ...values: readonly number[]): Uint8Array => {
    const bytes = valid.slice();
    bytes.set(values, at);
    return bytes;
  };
  const end = valid.length;
  it.each<[string, string, Uint8Array, number]>([
    ['an empty section', 'TOKN_INVALID', new Uint8Array(), 0],
    ['a cut header', 'TOKN_INVALID', valid.subarray(0, 63), 0],
    ['another magic', 'TOKN_INVALID', patched(0, 0x42), 0],
    ['version 2', 'TOKN_VERSION', patched(4, 2), 4],
    ['an unknown kind', 'TOKN_VERSION', patched(8, 4), 8],
    ['an unknown normalizer', 'TOKN_VERSION', patched(9, 2), 9],
    ['an unknown prefix', 'TOKN_VERSION', patched(10, 3), 10],
    ['an unknown leading space', 'TOKN_VERSION', patched(11, 3), 11],
    ['an unknown marking of bytes', 'TOKN_VERSION', patched(12, 3), 12],
    ['an unknown flag', 'TOKN_VERSION', patched(15, 2), 14],
    ['another unknown flag', 'TOKN_VERSION', patched(14, 0xff), 14],
    ['a giant vocabulary', 'TOKN_INVALID', patched(16, 0xff, 0xff, 0xff, 0xff), 16],
    ['a giant merge count', 'TOKN_INVALID', patched(36, 0xff, 0xff, 0xff, 0xff), 16],
    ['reserved bytes in use', 'TOKN_INVALID', patched(60, 1), 60],
    ['a cut body', 'TOKN_INVALID', valid.subarray(0, end - 4), 16],
    ['trailing bytes', 'TOKN_INVALID', Uint8Array.of(...valid, 0, 0, 0, 0), 16],
    ['offsets from 1', 'TOKN_INVALID', patched(64, 1), 64],
    ['padding behind the tokens', 'TOKN_INVALID', patched(64 + 259 * 4 + 261, 1), 64 + 259 * 4 + 261],
    ['padding behind the types', 'TOKN_INVALID', patched(64 + 259 * 4 + 264 + 258, 1), 64 + 259 * 4 + 264 + 258],
    ['padding at the end', 'TOKN_INVALID', patched(end - 1, 1), end - 1],
    ['an unknown step', 'TOKN_VERSION', patched(end - 8, 99), end - 8],
    ['an unknown flag of an added token', 'TOKN_VERSION', patched(end - 8 - 8 - 4, 0xff), end - 20],
  ])('refuses %s', (_, code, bytes, offset) => {
    expect(() => readTokn(bytes, 4096)).toThrow(expect.objectContaining({ code, offset: 4096 + offset }));
  });

  it('writes only what can be loaded again', () => {
    expect(() => writeTokn({ ...theModel(), types: new Uint8Array(3) })).toThrow(
      expect.objectContaining({ code: 'TOKENIZER_VOCAB_SIZE' }),
    );
  });

  it.skipIf(!hasAssets)('holds a vocabulary of 151,936 tokens and 151,387 merges', () => {
    const { model } = tokenizerFromGguf(qwen2Metadata());
    const bytes = writeTokn(model);
    // Arrays of this size take seconds to compare element by element.
    expect(Buffer.compare(writeTokn(readTokn(bytes)), bytes)).toBe(0);
    // What a token costs: its bytes and five more; a merge twelve.
    expect(bytes.length).toBeLessThan(model.tokens.bytes.length + 151_936 * 5 + 151_387 * 12 + 1024);
  });
});

describe('the check of a model', () => {
  const broken = (changes: Partial<TokenizerModel>): TokenizerModel => ({ ...theModel(), ...changes });
  const tokens = theModel().tokens;
  const offsets = (change: (copy: Uint32Array) => void): Uint32Array => {
    const copy = tokens.offsets.slice();
    change(copy);
    return copy;
  };
  it.each<[string, string, TokenizerModel]>([
    ['no tokens', 'TOKENIZER_VOCAB_SIZE', broken({ tokens: { offsets: Uint32Array.of(0), bytes: new Uint8Array() } })],
    [
      'no table at all',
      'TOKENIZER_VOCAB_SIZE',
      broken({ tokens: { offsets: new Uint32Array(), bytes: new Uint8Array() } }),
    ],
    [
      'falling offsets',
      'TOKENIZER_VOCAB_SIZE',
      broken({ tokens: { ...tokens, offsets: offsets((copy) => copy.set([9], 5)) } }),
    ],
    ['short offsets', 'TOKENIZER_VOCAB_SIZE', broken({ tokens: { ...tokens, bytes: new Uint8Array(300) } })],
    ['few types', 'TOKENIZER_VOCAB_SIZE', broken({ types: new Uint8Array(261) })],
    ['type 0', 'TOKENIZER_TOKEN_TYPE', broken({ types: new Uint8Array(262) })],
    ['a byte token', 'TOKENIZER_TOKEN_TYPE', broken({ types: new Uint8Array(262).fill(TOKEN_TYPE.byte) })],
    ['an id outside', 'TOKENIZER_ID_RANGE', broken({ special: { eos: 262 } })],
    ['a negative id', 'TOKENIZER_ID_RANGE', broken({ special: { eos: -1 } })],
    ['an end outside', 'TOKENIZER_ID_RANGE', broken({ endOfGeneration: [300] })],
    ['ends out of order', 'TOKENIZER_MODEL', broken({ endOfGeneration: [4, 3] })],
    ['too many ends', 'TOKENIZER_MODEL', broken({ endOfGeneration: new Array(1025).fill(0) })],
    ['cut merges', 'TOKENIZER_MERGE_COUNT', broken({ merges: Uint32Array.of(1, 2) })],
    ['a merge to nowhere', 'TOKENIZER_MERGE_TOKEN', broken({ merges: Uint32Array.of(116, 104, 0xffff_ffff) })],
    ['scores of bytes', 'TOKENIZER_MODEL', broken({ scores: new Float32Array(262) })],
    ['a pre-tokenizer', 'TOKENIZER_MODEL', broken({ preTokenizer: ['gpt2'] })],
    ['a normalizer', 'TOKENIZER_MODEL', broken({ normalizer: 'nfc' })],
    ['byte fallback', 'TOKENIZER_MODEL', broken({ byteFallback: true })],
    ['an unknown step', 'TOKENIZER_MODEL', byteLevelModel({ preTokenizer: ['gpt5' as 'gpt2'] })],
    ['seventeen steps', 'TOKENIZER_MODEL', byteLevelModel({ preTokenizer: new Array(17).fill('digit') })],
    ['NaN', 'TOKENIZER_SCORE', spaceModel(['a'], { scores: new Float32Array(260).fill(Number.NaN, 7) })],
    ['few scores', 'TOKENIZER_VOCAB_SIZE', spaceModel(['a'], { scores: new Float32Array(259) })],
    ['the same piece twice', 'TOKENIZER_TOKEN_DUPLICATE', spaceModel(['a', 'b', 'a'])],
    ['a byte alphabet without bytes', 'TOKENIZER_MODEL', spaceModel([], { preTokenizer: ['byte-alphabet'] })],
    [
      'an added token without text',
      'TOKENIZER_TOKEN_LENGTH',
      broken({
        added: [{ id: 256, normalized: false, spaceBefore: false, lstrip: false, rstrip: false, singleWord: false }],
      }),
    ],
  ])('finds %s', (_, code, model) => {
    expect(() => checkTokenizerModel(model)).toThrow(expect.objectContaining({ code, class: 'tokenizer' }));
    expect(() => createTokenizer(model)).toThrow(expect.objectContaining({ code }));
  });
});
