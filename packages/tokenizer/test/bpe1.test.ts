import { describe, expect, it } from 'vitest';
import {
  bpe1Obstacles,
  byteTokenizerModel,
  createTokenizer,
  readBpe1,
  readTokn,
  type TokenizerModel,
  tokenizerFromHuggingFace,
  writeBpe1,
  writeTokn,
} from '../src/index.ts';
import { fixtureText } from './_assets.ts';
import { byteLevelModel, spaceModel, theModel } from './_models.ts';

/** Little-endian words and bytes, one behind the other. */
function section(...parts: readonly (number | string)[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === 'string'
        ? [...new TextEncoder().encode(part)]
        : [part & 0xff, (part >>> 8) & 0xff, (part >>> 16) & 0xff, (part >>> 24) & 0xff],
    ),
  );
}

const HEADER = ['BPE1', 1, 262, 256, 257, 258, 259] as const;
const TH = [260, 2, 'th'] as const;
const THE = [261, 3, 'the'] as const;
const MERGES = [116, 104, 260, 0, 260, 101, 261, 1] as const;

/** The published fixture: t + h is 260, 260 + e is 261. Bytes have no records here. */
const FIXTURE = section(...HEADER, 2, 2, ...TH, ...THE, ...MERGES);

describe('BPE1', () => {
  it('reads the published fixture: `the` is 256, 261', () => {
    const tokenizer = createTokenizer(readBpe1(FIXTURE));
    expect(tokenizer.encode('the')).toEqual([256, 261]);
    expect(tokenizer.encodeDocument('the')).toEqual([256, 261, 257]);
    expect(tokenizer.encode('thth e', { addSpecial: false })).toEqual([260, 260, 32, 101]);
    expect(tokenizer.decode([256, 261, 259, 257])).toBe('the?');
  });

  it('takes records in any order, and bytes with records of their own', () => {
    const bytes = section(
      ...HEADER,
      3,
      2,
      ...THE,
      ...[116, 1, 't'],
      ...TH,
      ...[260, 101, 261, 7],
      ...[116, 104, 260, 3],
    );
    expect(createTokenizer(readBpe1(bytes)).encode('the')).toEqual([256, 261]);
  });

  it('writes what it reads', () => {
    const model = theModel();
    const bytes = writeBpe1(model);
    expect(readBpe1(bytes)).toEqual(model);
    expect(writeBpe1(readBpe1(bytes))).toEqual(bytes);
    expect(readBpe1(FIXTURE)).toEqual(model);
  });

  it('holds the tokenizer of the shipped model exactly', () => {
    const { model } = tokenizerFromHuggingFace(
      fixtureText('story/hf/tokenizer.json'),
      fixtureText('story/hf/tokenizer_config.json'),
    );
    expect(bpe1Obstacles(model)).toEqual([]);
    const original = createTokenizer(model);
    const stored = createTokenizer(readBpe1(writeBpe1(model)));
    const texts = [fixtureText('story/heldout.txt'), 'Ünïcödé 🙂\n\n  </s><s> <unk>', '\0\u{10ffff}', ''];
    for (const text of texts) {
      expect(stored.encode(text)).toEqual(original.encode(text));
      expect(stored.encode(text, { parseSpecial: false })).toEqual(original.encode(text, { parseSpecial: false }));
      expect(stored.decode(stored.encode(text, { parseSpecial: false }))).toBe(text);
    }
    expect(stored.model.endOfGeneration).toEqual([]);
    expect(stored.isEndOfGeneration(257)).toBe(true);
  });

  const bpe1Like = (changes: Partial<TokenizerModel>): TokenizerModel => ({
    ...theModel(),
    kind: 'byte-level-bpe',
    ...changes,
  });
  it.each<[string, TokenizerModel, RegExp]>([
    ['SentencePiece', spaceModel([]), /SentencePiece/],
    ['the byte tokenizer', byteTokenizerModel(), /BTOK/],
    ['a pre-tokenizer', bpe1Like({ preTokenizer: ['gpt2'] }), /pre-tokenizer gpt2/],
    ['a normalizer', bpe1Like({ normalizer: 'nfc' }), /NFC/],
    ['a space in front', bpe1Like({ spacePrefix: 'start' }), /space is put in front/],
    ['ignore_merges', bpe1Like({ ignoreMerges: true }), /ignore_merges/],
    ['no BOS', bpe1Like({ addBos: false }), /does not start with BOS/],
    ['no PAD', bpe1Like({ special: { bos: 256, eos: 257, unk: 259 } }), /no pad/],
    [
      'a byte as EOS',
      bpe1Like({ special: { bos: 256, eos: 10, pad: 258, unk: 259 } }),
      /eos token is the id of a byte/,
    ],
    ['more ends', bpe1Like({ endOfGeneration: [258] }), /more ids than EOS/],
    ['few ids', byteLevelModel(), /at least 260/],
    [
      'added tokens',
      bpe1Like({
        added: [{ id: 261, normalized: false, spaceBefore: false, lstrip: true, rstrip: false, singleWord: false }],
      }),
      /more added tokens.*whitespace/,
    ],
  ])('refuses %s by name', (_, model, reason) => {
    expect(() => writeBpe1(model)).toThrow(
      expect.objectContaining({
        code: 'BPE1_NOT_EXPRESSIBLE',
        message: expect.stringMatching(reason),
        remedy: expect.stringContaining('--format slm2'),
      }),
    );
    // SLM2 holds all of them.
    expect(readTokn(writeTokn(model))).toEqual(model);
  });

  it('names every reason, not only the first', () => {
    const obstacles = bpe1Obstacles(bpe1Like({ preTokenizer: ['llama3'], ignoreMerges: true, addBos: false }));
    expect(obstacles.length).toBe(3);
  });

  it('refuses ids that are not the bytes', () => {
    const { model } = tokenizerFromHuggingFace(fixtureText('oracles/tokenizers/gpt2/tokenizer.json'));
    expect(bpe1Obstacles(model).join()).toMatch(/ids 0 to 255 are not the bytes/);
  });

  it.each<[string, string, Uint8Array, number]>([
    ['magic', 'BPE1_INVALID', section('BPE2', ...HEADER.slice(1), 2, 2, ...TH, ...THE, ...MERGES), 0],
    ['version', 'BPE1_INVALID', section('BPE1', 2, ...HEADER.slice(2), 2, 2, ...TH, ...THE, ...MERGES), 4],
    ['vocabulary below 260', 'BPE1_INVALID', section('BPE1', 1, 259, 256, 257, 258, 258, 0, 0), 8],
    ['a giant vocabulary', 'TOKENIZER_VOCAB_SIZE', section('BPE1', 1, 0xffff_ffff, 256, 257, 258, 259, 0, 0), 8],
    ['BOS outside', 'BPE1_INVALID', section('BPE1', 1, 262, 0xffff_ffff, 257, 258, 259, 0, 0), 12],
    ['UNK that is a byte', 'BPE1_INVALID', section('BPE1', 1, 262, 256, 257, 258, 63, 0, 0), 24],
    ['a giant token count', 'BPE1_INVALID', section(...HEADER, 0xffff_ffff, 0), 28],
    ['a giant merge count', 'BPE1_INVALID', section(...HEADER, 0, 0xffff_ffff), 28],
    ['token id outside', 'TOKENIZER_ID_RANGE', section(...HEADER, 1, 0, 262, 2, 'th'), 36],
    ['token id twice', 'TOKENIZER_TOKEN_DUPLICATE', section(...HEADER, 2, 0, ...TH, 260, 2, 'th'), 46],
    ['empty token', 'TOKENIZER_TOKEN_LENGTH', section(...HEADER, 1, 0, 260, 0, '.'), 36],
    ['giant token', 'TOKENIZER_TOKEN_LENGTH', section(...HEADER, 1, 0, 260, 0x7fff_ffff, '.'), 36],
    ['a byte that is another', 'TOKENIZER_BYTE_TOKEN', section(...HEADER, 1, 0, 65, 1, 'B'), 36],
    ['cut token', 'TRUNCATED', section(...HEADER, 1, 0, 260, 9, 'th'), 44],
    ['same text twice', 'TOKENIZER_TOKEN_DUPLICATE', section(...HEADER, 2, 0, ...TH, 261, 2, 'th'), 0],
    ['merge of a missing id', 'TOKENIZER_MERGE_TOKEN', section(...HEADER, 1, 1, ...TH, 116, 104, 262, 0), 46],
    ['merge without output', 'TOKENIZER_MERGE_OUTPUT', section(...HEADER, 1, 1, ...TH, 116, 104, 261, 0), 0],
    ['merge of a part without text', 'TOKENIZER_MERGE_TOKEN', section(...HEADER, 1, 1, ...TH, 116, 261, 260, 0), 0],
    ['merge to another text', 'TOKENIZER_MERGE_OUTPUT', section(...HEADER, 1, 1, ...TH, 116, 116, 260, 0), 0],
    ['merge that makes its own part', 'TOKENIZER_MERGE_OUTPUT', section(...HEADER, 1, 1, ...TH, 260, 104, 260, 0), 0],
    ['pair twice', 'TOKENIZER_MERGE_DUPLICATE', section(...HEADER, 1, 2, ...TH, 116, 104, 260, 0, 116, 104, 260, 1), 0],
    [
      'rank twice',
      'TOKENIZER_MERGE_DUPLICATE',
      section(...HEADER, 2, 2, ...TH, ...THE, 116, 104, 260, 5, 260, 101, 261, 5),
      73,
    ],
    ['trailing bytes', 'BPE1_INVALID', section(...HEADER, 2, 2, ...TH, ...THE, ...MERGES, '.'), 89],
    ['cut merges', 'TRUNCATED', FIXTURE.subarray(0, FIXTURE.length - 1), 85],
  ])('refuses %s', (_, code, bytes, offset) => {
    expect(() => readBpe1(bytes, 1000)).toThrow(expect.objectContaining({ code, offset: 1000 + offset }));
  });
});
