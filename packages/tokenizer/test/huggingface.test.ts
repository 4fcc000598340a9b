import { describe, expect, it } from 'vitest';
import { createTokenizer, tokenizerFromGguf, tokenizerFromHuggingFace } from '../src/index.ts';
import { assetMetadata, assetText, fixtureText, hasAssets } from './_assets.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type JsonObject = { readonly [key: string]: Json };

const BYTE_LEVEL: JsonObject = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false };
const MARK_SPACES: JsonObject = { type: 'Replace', pattern: { String: ' ' }, content: '▁' };
const UNMARK: JsonObject = { type: 'Replace', pattern: { String: '▁' }, content: ' ' };

/** A byte-level tokenizer of a few letters. */
function byteLevel(changes: JsonObject = {}, model: JsonObject = {}): string {
  return JSON.stringify({
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [
      { id: 5, content: '<e>', single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
    ],
    normalizer: null,
    pre_tokenizer: BYTE_LEVEL,
    post_processor: null,
    decoder: { type: 'ByteLevel' },
    model: {
      type: 'BPE',
      vocab: { a: 0, b: 1, Ġ: 2, ab: 3, Ġab: 4 },
      merges: ['a b', ['Ġ', 'ab']],
      ...model,
    },
    ...changes,
  });
}

/** A SentencePiece-like one. */
function spaced(changes: JsonObject = {}, model: JsonObject = {}): string {
  return byteLevel(
    {
      added_tokens: [],
      normalizer: { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: '▁' }, MARK_SPACES] },
      pre_tokenizer: null,
      decoder: {
        type: 'Sequence',
        decoders: [UNMARK, { type: 'Fuse' }, { type: 'Strip', content: ' ', start: 1, stop: 0 }],
      },
      ...changes,
    },
    {
      vocab: { '<unk>': 0, a: 1, b: 2, '▁': 3, ab: 4, '▁ab': 5 },
      merges: ['a b', '▁ ab'],
      unk_token: '<unk>',
      ...model,
    },
  );
}

const CONFIG = { bos_token: '<e>', eos_token: { content: '<e>', special: true }, unk_token: null, add_bos_token: true };

describe('tokenizer.json', () => {
  it('reads merges in both spellings, and the roles of the configuration', () => {
    const { model, warnings } = tokenizerFromHuggingFace(byteLevel(), JSON.stringify(CONFIG));
    expect(model.special).toEqual({ bos: 5, eos: 5 });
    expect(warnings.map(({ code }) => code)).toEqual(['CONFIG_DISAGREES']);
    const tokenizer = createTokenizer(model);
    expect(tokenizer.encode('ab ab<e>')).toEqual([5, 3, 4, 5]);
    expect(tokenizer.isEndOfGeneration(5)).toBe(true);
  });

  it('takes BOS and EOS from the template where there is no configuration', () => {
    const special = (id: string): Json => ({ SpecialToken: { id, type_id: 0 } });
    const template = {
      type: 'TemplateProcessing',
      single: [special('x'), { Sequence: { id: 'A', type_id: 0 } }, special('x')],
      pair: [],
      special_tokens: { x: { id: 'x', ids: [5], tokens: ['<e>'] } },
    };
    const { model } = tokenizerFromHuggingFace(byteLevel({ post_processor: template }));
    expect(model).toMatchObject({ special: { bos: 5, eos: 5 }, addBos: true, addEos: true });
    expect(createTokenizer(model).encodeDocument('a')).toEqual([5, 0, 5]);
    // What the configuration says counts.
    const { model: silent } = tokenizerFromHuggingFace(
      byteLevel({ post_processor: template }),
      JSON.stringify({ add_bos_token: false, eos_token: '<e>', bos_token: '<e>' }),
    );
    expect(silent).toMatchObject({ addBos: false, addEos: true });
  });

  it('ends a generation at a marker that is the unknown token too, as in SmolLM2', () => {
    const added_tokens = ['<|endoftext|>', '<|im_start|>', '<|im_end|>'].map((content, index) => ({
      id: 5 + index,
      content,
      special: true,
    }));
    const config = { bos_token: '<|im_start|>', eos_token: '<|im_end|>', unk_token: '<|endoftext|>' };
    const { model } = tokenizerFromHuggingFace(byteLevel({ added_tokens }), JSON.stringify(config));
    expect(model).toMatchObject({ special: { bos: 6, eos: 7, unk: 5 }, endOfGeneration: [5] });
  });

  it('fills holes, and says so', () => {
    const { model, warnings } = tokenizerFromHuggingFace(byteLevel({}, { vocab: { a: 0, b: 7 }, merges: [] }));
    expect(warnings.map(({ code }) => code)).toEqual(['VOCAB_HOLE']);
    expect(createTokenizer(model).vocabSize).toBe(8);
    expect(createTokenizer(model).decode([0, 3, 7])).toBe('ab');
  });

  it('says that it does not cut or pad', () => {
    const json = byteLevel({ truncation: { max_length: 3 }, padding: { strategy: 'BatchLongest' } });
    expect(tokenizerFromHuggingFace(json).warnings.map(({ code }) => code)).toEqual(['TRUNCATION_IGNORED']);
  });

  it('is not led astray by keys of objects', () => {
    const json = byteLevel({}, { vocab: { a: 0, b: 1, constructor: 2, toString: 3, Ġ: 4 }, merges: [] }).replace(
      '"constructor"',
      '"__proto__"',
    );
    const { model } = tokenizerFromHuggingFace(json);
    expect(createTokenizer(model).decode([2, 3])).toBe('__proto__toString');
  });

  it('reads the kinds without byte-level', () => {
    const tokenizer = createTokenizer(tokenizerFromHuggingFace(spaced()).model);
    expect(tokenizer.encode('ab ab')).toEqual([5, 5]);
    expect(tokenizer.encode('aéüb')).toEqual([3, 1, 0, 0, 2]);
    expect(tokenizer.decode([5, 5])).toBe('ab ab');
    const split = { normalizer: null, pre_tokenizer: { type: 'Metaspace', replacement: '▁', add_prefix_space: true } };
    const metaspace = {
      ...split,
      decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    };
    expect(createTokenizer(tokenizerFromHuggingFace(spaced(metaspace)).model).encode(' ab ab')).toEqual([5, 5]);
  });

  const sequence = (...pretokenizers: readonly Json[]): JsonObject => ({
    pre_tokenizer: { type: 'Sequence', pretokenizers },
  });
  const split = (Regex: string, behavior = 'Isolated', invert = false): Json => ({
    type: 'Split',
    pattern: { Regex },
    behavior,
    invert,
  });
  it.each<[string, string, RegExp]>([
    ['an unknown pattern', byteLevel(sequence(split('(a+)+$'), BYTE_LEVEL)), /\(a\+\)\+\$/],
    ['a pattern that differs by a space', byteLevel(sequence(split('[0-9][0-9][0-9] '), BYTE_LEVEL)), /pattern/],
    ['a behavior', byteLevel(sequence(split('[0-9][0-9][0-9]', 'Removed'), BYTE_LEVEL)), /Removed/],
    ['WordPiece', byteLevel({}, { type: 'WordPiece' }), /WordPiece/],
    ['Unigram', byteLevel({}, { type: 'Unigram' }), /Unigram/],
    ['dropout', byteLevel({}, { dropout: 0.1 }), /dropout/],
    ['a prefix of subwords', byteLevel({}, { continuing_subword_prefix: '##' }), /##/],
    ['a suffix of words', byteLevel({}, { end_of_word_suffix: '</w>' }), /w>/],
    ['an option of the future', byteLevel({}, { sharpness: 1 }), /sharpness/],
    ['a part of the future', byteLevel({ postscript: {} }), /postscript/],
    ['a flag of the future', byteLevel({ pre_tokenizer: { ...BYTE_LEVEL, keep: true } }), /keep/],
    ['BertNormalizer', byteLevel({ normalizer: { type: 'BertNormalizer' } }), /BertNormalizer/],
    ['NFKC', byteLevel({ normalizer: { type: 'NFKC' } }), /NFKC/],
    [
      'Lowercase',
      byteLevel({ normalizer: { type: 'Sequence', normalizers: [{ type: 'NFC' }, { type: 'Lowercase' }] } }),
      /Lowercase/,
    ],
    ['Precompiled', spaced({ normalizer: { type: 'Precompiled', precompiled_charsmap: '' } }), /Precompiled/],
    ['another replacement', spaced({ normalizer: { ...MARK_SPACES, content: '_' } }), /_/],
    ['another Prepend', spaced({ normalizer: { type: 'Prepend', prepend: 'x' } }), /Prepend of "x"/],
    ['Whitespace', byteLevel(sequence({ type: 'Whitespace' }, BYTE_LEVEL)), /Whitespace/],
    ['Punctuation apart', byteLevel(sequence({ type: 'Punctuation', behavior: 'Isolated' }, BYTE_LEVEL)), /Isolated/],
    ['two ByteLevel', byteLevel(sequence(BYTE_LEVEL, BYTE_LEVEL)), /second ByteLevel/],
    ['no pre-tokenizer', byteLevel({ pre_tokenizer: null }), /neither byte-level/],
    [
      'Metaspace with another mark',
      spaced({ pre_tokenizer: { type: 'Metaspace', replacement: '_' } }),
      /Metaspace with "_"/,
    ],
    [
      'an unknown scheme',
      spaced({ pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'often' } }),
      /often/,
    ],
    ['BertProcessing', byteLevel({ post_processor: { type: 'BertProcessing' } }), /BertProcessing/],
    ['the WordPiece decoder', byteLevel({ decoder: { type: 'WordPiece' } }), /WordPiece/],
    ['no decoder', byteLevel({ decoder: null }), /decoder/],
    [
      'Strip before Fuse',
      spaced({
        decoder: {
          type: 'Sequence',
          decoders: [UNMARK, { type: 'Strip', content: ' ', start: 1, stop: 0 }, { type: 'Fuse' }],
        },
      }),
      /Strip/,
    ],
    ['byte_fallback by half', spaced({}, { byte_fallback: true }), /byte_fallback/],
    ['ignore_merges without ByteLevel', spaced({}, { ignore_merges: true }), /ignore_merges/],
    ['a Sequence of Sequences of …', byteLevel(nested(9)), /nesting deeper than 4/],
    ['a Sequence without end', byteLevel(sequence(...new Array(20).fill({ type: 'Digits' }))), /more than 16 steps/],
  ])('refuses %s by name', (_, json, name) => {
    expect(() => tokenizerFromHuggingFace(json)).toThrow(
      expect.objectContaining({
        code: 'TOKENIZER_UNSUPPORTED',
        class: 'unsupported',
        message: expect.stringMatching(name),
      }),
    );
  });

  function nested(depth: number): JsonObject {
    let value: JsonObject = BYTE_LEVEL;
    for (let i = 0; i < depth; i++) value = { type: 'Sequence', pretokenizers: [value] };
    return { pre_tokenizer: value };
  }

  const added = (...tokens: readonly JsonObject[]): JsonObject => ({ added_tokens: tokens });
  it.each<[string, string, string]>([
    ['no JSON', 'JSON_SYNTAX', '{'],
    ['a key twice', 'JSON_DUPLICATE_KEY', '{"model": 1, "model": 2}'],
    ['depth', 'JSON_DEPTH', '['.repeat(100_000)],
    ['an array', 'TOKENIZER_FIELD', '[]'],
    ['no model', 'TOKENIZER_FIELD', '{}'],
    ['a vocabulary that is a list', 'TOKENIZER_FIELD', byteLevel({}, { vocab: [['a', -1]] })],
    ['a negative id', 'TOKENIZER_FIELD', byteLevel({}, { vocab: { a: -1 } })],
    ['a fraction as id', 'TOKENIZER_FIELD', byteLevel({}, { vocab: { a: 0.5 } })],
    ['a giant id', 'TOKENIZER_VOCAB_SIZE', byteLevel({}, { vocab: { a: 0, b: 4_000_000_000 }, merges: [] })],
    ['no tokens', 'TOKENIZER_VOCAB_SIZE', byteLevel(added(), { vocab: {}, merges: [] })],
    ['one id for two tokens', 'TOKENIZER_TOKEN_DUPLICATE', byteLevel({}, { vocab: { a: 0, b: 0 }, merges: [] })],
    ['two ids for one token', 'TOKENIZER_TOKEN_DUPLICATE', byteLevel(added({ id: 9, content: 'a' }))],
    ['an added token over another', 'TOKENIZER_TOKEN_DUPLICATE', byteLevel(added({ id: 0, content: 'x' }))],
    [
      'an added token twice',
      'TOKENIZER_TOKEN_DUPLICATE',
      byteLevel(added({ id: 5, content: 'x' }, { id: 5, content: 'x' })),
    ],
    ['an added token without text', 'TOKENIZER_FIELD', byteLevel(added({ id: 5 }))],
    ['a giant token', 'TOKENIZER_TOKEN_LENGTH', byteLevel(added({ id: 5, content: 'x'.repeat(5000) }))],
    ['a flag that is no boolean', 'TOKENIZER_FIELD', byteLevel(added({ id: 5, content: 'x', lstrip: 'yes' }))],
    ['a merge of one', 'TOKENIZER_MERGE_SYNTAX', byteLevel({}, { merges: ['ab'] })],
    ['a merge of three', 'TOKENIZER_FIELD', byteLevel({}, { merges: [['a', 'b', 'c']] })],
    ['a merge with an empty part', 'TOKENIZER_MERGE_SYNTAX', byteLevel({}, { merges: [['a', '']] })],
    ['a merge of a number', 'TOKENIZER_FIELD', byteLevel({}, { merges: [7] })],
    ['a merge of what is no token', 'TOKENIZER_MERGE_TOKEN', byteLevel({}, { merges: ['a c'] })],
    ['a merge twice', 'TOKENIZER_MERGE_DUPLICATE', byteLevel({}, { merges: ['a b', 'a b'] })],
    ['an unknown token that is none', 'TOKENIZER_FIELD', byteLevel({}, { unk_token: '?' })],
    ['a component without type', 'TOKENIZER_FIELD', byteLevel({ normalizer: {} })],
    [
      'a pattern of two kinds',
      'TOKENIZER_FIELD',
      byteLevel(sequence({ type: 'Split', pattern: { Regex: 'a', String: 'a' } })),
    ],
  ])('refuses %s', (_, code, json) => {
    expect(() => createTokenizer(tokenizerFromHuggingFace(json).model)).toThrow(expect.objectContaining({ code }));
  });

  it('refuses a configuration that is none', () => {
    expect(() => tokenizerFromHuggingFace(byteLevel(), '[]')).toThrow(
      expect.objectContaining({ code: 'TOKENIZER_FIELD' }),
    );
    expect(() => tokenizerFromHuggingFace(byteLevel(), '{"eos_token": 7}')).toThrow(/eos_token must be/);
    const { warnings } = tokenizerFromHuggingFace(byteLevel(), '{"eos_token": "<\\u001b[2J>"}');
    expect(warnings[0]?.message).toContain('\\u{1b}');
  });

  it('honours the flags of added tokens', () => {
    const token = (id: number, content: string, flags: JsonObject): JsonObject => ({
      id,
      content,
      special: false,
      normalized: false,
      ...flags,
    });
    const json = byteLevel(
      added(
        token(5, '<l>', { lstrip: true }),
        token(6, '<r>', { rstrip: true }),
        token(7, 'aa', { single_word: true }),
        token(8, '<l><r>', {}),
      ),
      { vocab: { a: 0, b: 1, Ġ: 2, ab: 3, Ġab: 4 }, merges: [] },
    );
    const tokenizer = createTokenizer(tokenizerFromHuggingFace(json).model);
    expect(tokenizer.encode('a  <l>  a')).toEqual([0, 5, 2, 2, 0]);
    expect(tokenizer.encode('a  <r>  a')).toEqual([0, 2, 2, 6, 0]);
    expect(tokenizer.encode('<r>  <l>')).toEqual([6, 5]);
    expect(tokenizer.encode('aa aab baa aa')).toEqual([7, 2, 0, 0, 1, 2, 1, 0, 0, 2, 7]);
    // The longest counts.
    expect(tokenizer.encode('<l><r>')).toEqual([8]);
  });

  it.skipIf(!hasAssets)('reads GPT-2: the same ids as the GGUF file of the same vocabulary', async () => {
    const ours = createTokenizer(tokenizerFromHuggingFace(assetText('tokenizers/gpt2/tokenizer.json')).model);
    const other = createTokenizer(tokenizerFromGguf(await assetMetadata('vocabs/ggml-vocab-gpt-2.gguf')).model);
    const texts = [assetText('vocabs/ggml-vocab-gpt-2.gguf.inp'), assetText('stories260k/tinystories_sample.txt')];
    for (const text of texts) {
      expect(ours.encode(text)).toEqual(other.encode(text));
      expect(ours.decode(ours.encode(text, { parseSpecial: false }))).toBe(text);
    }
    expect(ours.isEndOfGeneration(50256)).toBe(true);
  });

  it('reads the tokenizer of the shipped model', () => {
    const { model, warnings } = tokenizerFromHuggingFace(
      fixtureText('story/hf/tokenizer.json'),
      fixtureText('story/hf/tokenizer_config.json'),
    );
    expect(warnings).toEqual([]);
    expect(model.special).toEqual({ bos: 256, eos: 257, pad: 258, unk: 259 });
    expect(createTokenizer(model).encode('')).toEqual([256]);
  });
});
