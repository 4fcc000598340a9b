import type { GgufMetadata, GgufValue } from '@mirust/gguf';
import { describe, expect, it } from 'vitest';
import { createTokenizer, TOKEN_TYPE, tokenizerFromGguf } from '../src/index.ts';
import { assetMetadata, assetText, hasAssets } from './_assets.ts';

const strings = (values: readonly string[]): GgufValue => ({ type: 'array', elementType: 'string', values });
const ints = (values: readonly number[]): GgufValue => ({
  type: 'array',
  elementType: 'int32',
  values: Int32Array.from(values),
});
const floats = (values: readonly number[]): GgufValue => ({
  type: 'array',
  elementType: 'float32',
  values: Float32Array.from(values),
});
const string = (value: string): GgufValue => ({ type: 'string', value });
const id = (value: number): GgufValue => ({ type: 'uint32', value });
const bool = (value: boolean): GgufValue => ({ type: 'bool', value });

const BYTE_TOKENS = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);

/** Metadata with `changes` (a key without its prefix); undefined takes a key away. */
function metadata(
  base: Readonly<Record<string, GgufValue>>,
  changes: Readonly<Record<string, GgufValue | undefined>>,
): GgufMetadata {
  const all = { ...base, ...changes };
  const entries = Object.entries(all).flatMap(([key, value]): [string, GgufValue][] =>
    value === undefined ? [] : [[key.includes('.') ? key : `tokenizer.ggml.${key}`, value]],
  );
  return new Map(entries);
}

const LLAMA_TOKENS = ['<unk>', '<s>', '</s>', ...BYTE_TOKENS, '▁', 'a', '▁a'];
const LLAMA = {
  model: string('llama'),
  tokens: strings(LLAMA_TOKENS),
  scores: floats([...new Array(259).fill(0), -1, -2, -3]),
  token_type: ints([2, 3, 3, ...new Array(256).fill(6), 1, 1, 1]),
};
const llama = (changes: Readonly<Record<string, GgufValue | undefined>> = {}): GgufMetadata => metadata(LLAMA, changes);

const GPT2 = {
  model: string('gpt2'),
  pre: string('gpt-2'),
  tokens: strings(['a', 'b', 'Ġ', 'ab', 'Ġab', '<|end|>', 'Ċ']),
  token_type: ints([1, 1, 1, 1, 1, 3, 1]),
  merges: strings(['a b', 'Ġ ab']),
};
const gpt2 = (changes: Readonly<Record<string, GgufValue | undefined>> = {}): GgufMetadata => metadata(GPT2, changes);

describe('GGUF, SentencePiece', () => {
  it('has the roles, the space in front and the byte fallback of llama.cpp by default', () => {
    const { model, warnings } = tokenizerFromGguf(llama());
    expect(warnings).toEqual([]);
    expect(model.special).toEqual({ bos: 1, eos: 2, unk: 0 });
    const tokenizer = createTokenizer(model);
    expect(tokenizer.encode('a')).toEqual([1, 261]);
    expect(tokenizer.encode('aé')).toEqual([1, 261, 3 + 0xc3, 3 + 0xa9]);
    // Behind a marker the text starts anew.
    expect(tokenizer.encode('a</s>a')).toEqual([1, 261, 2, 261]);
    expect(tokenizer.decode(tokenizer.encode('a'))).toBe('a');
    expect(tokenizer.encodeDocument('a')).toEqual([1, 261]);
  });

  it('follows the keys', () => {
    const keys = { add_space_prefix: bool(false), add_bos_token: bool(false), add_eos_token: bool(true) };
    const tokenizer = createTokenizer(tokenizerFromGguf(llama(keys)).model);
    expect(tokenizer.encodeDocument('a')).toEqual([260, 2]);
    expect(tokenizer.decode([259, 260])).toBe(' a');
    const collapsing = createTokenizer(tokenizerFromGguf(llama({ remove_extra_whitespaces: bool(true) })).model);
    expect(collapsing.encode('  a   a ', { addSpecial: false })).toEqual([261, 261]);
  });

  it('takes an id outside the vocabulary for none, and says so once', () => {
    const keys = { padding_token_id: id(0xffff_ffff), seperator_token_id: id(0xffff_ffff), eos_token_id: id(0) };
    const { model, warnings } = tokenizerFromGguf(llama(keys));
    expect(model.special).toEqual({ bos: 1, eos: 0, unk: 0 });
    expect(warnings).toEqual([
      {
        code: 'SPECIAL_ID_ABSENT',
        message: expect.stringMatching(/padding_token_id is 4294967295 of 262 tokens \(and 1 more/),
      },
    ]);
    createTokenizer(model);
  });

  it('takes the whitespace behind the markers of Phi-3', () => {
    const changes = {
      'general.name': string('Phi-3 mini'),
      tokens: strings([...LLAMA_TOKENS, '<|end|>']),
      scores: floats(new Array(263).fill(0)),
      token_type: ints([2, 3, 3, ...new Array(256).fill(6), 1, 1, 1, 3]),
    };
    const tokenizer = createTokenizer(tokenizerFromGguf(llama(changes)).model);
    expect(tokenizer.encode('<|end|>\n\n<s>\n', { addSpecial: false })).toEqual([262, 1, 259, 3 + 10]);
    expect(tokenizer.isEndOfGeneration(262)).toBe(true);
  });

  it.each(['<0x-1>', '<0xZZ>', '<0x0a>', '<0x00', '0x00', '<0x100>', ''])('refuses the byte token %j', (text) => {
    const tokens = ['<unk>', '<s>', '</s>', ...BYTE_TOKENS.with(7, text), '▁', 'a', '▁a'];
    const read = (): unknown => createTokenizer(tokenizerFromGguf(llama({ tokens: strings(tokens) })).model);
    // A token without text cannot be anything.
    if (text === '') expect(read).not.toThrow();
    else expect(read).toThrow(expect.objectContaining({ code: 'TOKENIZER_BYTE_TOKEN', class: 'tokenizer' }));
  });

  it('refuses two byte tokens for one byte', () => {
    const tokens = strings(['<unk>', '<s>', '</s>', ...BYTE_TOKENS.with(7, '<0x00>'), '▁', 'a', '▁a']);
    expect(() => createTokenizer(tokenizerFromGguf(llama({ tokens })).model)).toThrow(
      expect.objectContaining({ code: 'TOKENIZER_TOKEN_DUPLICATE' }),
    );
  });

  it('falls back to the unknown token where a byte has none', () => {
    const tokens = strings(['<unk>', '<s>', '</s>', 'a', 'b']);
    const few = {
      tokens,
      scores: floats([0, 0, 0, -1, -2]),
      token_type: ints([2, 3, 3, 1, 1]),
      add_space_prefix: bool(false),
    };
    const tokenizer = createTokenizer(tokenizerFromGguf(llama(few)).model);
    expect(tokenizer.encode('aéüb', { addSpecial: false })).toEqual([3, 0, 4]);
  });
});

describe('GGUF, byte-level', () => {
  it('cuts, merges, and takes markers whole', () => {
    const { model, warnings } = tokenizerFromGguf(gpt2());
    expect(warnings).toEqual([]);
    const tokenizer = createTokenizer(model);
    expect(tokenizer.encode('ab ab<|end|>\n')).toEqual([3, 4, 5, 6]);
    expect(tokenizer.isEndOfGeneration(5)).toBe(true);
    expect(tokenizer.decode([4, 5, 6])).toBe(' ab\n');
    expect(() => tokenizer.encode('c')).toThrow(
      expect.objectContaining({ code: 'TOKENIZER_BYTE_MISSING', message: expect.stringContaining('0x63') }),
    );
    // As text the marker needs letters that this vocabulary does not have.
    expect(() => tokenizer.encode('<|end|>', { parseSpecial: false })).toThrow(/0x3C/);
  });

  it.each(['llama-bpe', 'llama3', 'qwen2', 'falcon', 'smollm', 'tekken', 'default', 'starcoder'])(
    'knows %s',
    (name) => {
      expect(
        createTokenizer(tokenizerFromGguf(gpt2({ pre: string(name) })).model).encode('ab', { addSpecial: false }),
      ).toEqual([3]);
    },
  );

  it('adds BOS for Llama 3 unless the file says otherwise', () => {
    const keys = { pre: string('llama-bpe'), bos_token_id: id(5) };
    expect(tokenizerFromGguf(gpt2(keys)).model).toMatchObject({ addBos: true, ignoreMerges: true });
    expect(tokenizerFromGguf(gpt2({ ...keys, add_bos_token: bool(false) })).model.addBos).toBe(false);
    expect(tokenizerFromGguf(gpt2({ bos_token_id: id(5) })).model).toMatchObject({
      addBos: false,
      ignoreMerges: false,
    });
  });

  it('warns where the pre-tokenizer is not named', () => {
    const { warnings, model } = tokenizerFromGguf(gpt2({ pre: undefined }));
    expect(warnings.map(({ code }) => code)).toEqual(['PRE_TOKENIZER_MISSING']);
    expect(model.preTokenizer).toEqual(['punctuation-default', 'gpt2', 'digits', 'digit-triples']);
  });

  it('takes the end of a turn for a marker whatever its type', () => {
    const { model, warnings } = tokenizerFromGguf(gpt2({ token_type: ints([1, 1, 1, 1, 1, 1, 1]) }));
    expect(warnings.map(({ code }) => code)).toEqual(['TOKEN_TYPE_OVERRIDDEN']);
    expect(model.types[5]).toBe(TOKEN_TYPE.control);
  });

  it('counts eot and eom ids among the ends', () => {
    const { model } = tokenizerFromGguf(gpt2({ eot_token_id: id(3), eom_token_id: id(0xffff_ffff) }));
    expect(model.endOfGeneration).toEqual([3, 5]);
  });

  it.each<[string, string, GgufMetadata]>([
    ['an unknown pre-tokenizer', 'TOKENIZER_UNSUPPORTED', gpt2({ pre: string('gpt-9') })],
    ...['bert', 't5', 'rwkv', 'plamo2', 'none', ''].map((name): [string, string, GgufMetadata] => [
      `the model "${name}"`,
      'TOKENIZER_UNSUPPORTED',
      gpt2({ model: string(name) }),
    ]),
    ['no model', 'GGUF_KEY_MISSING', gpt2({ model: undefined })],
    ['no tokens', 'GGUF_KEY_MISSING', gpt2({ tokens: undefined })],
    ['tokens that are numbers', 'GGUF_KEY_TYPE', gpt2({ tokens: ints([1, 2]) })],
    ['an empty vocabulary', 'TOKENIZER_VOCAB_SIZE', gpt2({ tokens: strings([]) })],
    ['no merges', 'GGUF_KEY_MISSING', gpt2({ merges: undefined })],
    ['no scores', 'GGUF_KEY_MISSING', llama({ scores: undefined })],
    ['few scores', 'TOKENIZER_VOCAB_SIZE', llama({ scores: floats([1]) })],
    ['few types', 'TOKENIZER_VOCAB_SIZE', gpt2({ token_type: ints([1]) })],
    ['an unknown type', 'TOKENIZER_TOKEN_TYPE', gpt2({ token_type: ints([1, 1, 1, 1, 1, 9, 1]) })],
    ['a score that is not a number', 'TOKENIZER_SCORE', llama({ scores: floats(new Array(262).fill(Number.NaN)) })],
    [
      'a giant token',
      'TOKENIZER_TOKEN_LENGTH',
      gpt2({ tokens: strings(['a'.repeat(5000), 'b', 'c', 'd', 'e', 'f', 'g']) }),
    ],
    ['a merge of one', 'TOKENIZER_MERGE_SYNTAX', gpt2({ merges: strings(['ab']) })],
    ['a merge with nothing behind', 'TOKENIZER_MERGE_SYNTAX', gpt2({ merges: strings(['ab ']) })],
    ['a merge of what is no token', 'TOKENIZER_MERGE_TOKEN', gpt2({ merges: strings(['a c']) })],
    ['a merge to what is no token', 'TOKENIZER_MERGE_TOKEN', gpt2({ merges: strings(['b b']) })],
    ['a merge twice', 'TOKENIZER_MERGE_DUPLICATE', gpt2({ merges: strings(['a b', 'a b']) })],
    [
      'a token twice',
      'TOKENIZER_TOKEN_DUPLICATE',
      gpt2({ tokens: strings(['a', 'b', 'a', 'ab', 'Ġab', 'x', 'y']), merges: strings([]) }),
    ],
  ])('refuses %s', (_, code, keys) => {
    expect(() => createTokenizer(tokenizerFromGguf(keys).model)).toThrow(expect.objectContaining({ code }));
  });
});

describe.skipIf(!hasAssets)('stories260K', () => {
  it('has the published prompt counts; its id 0xFFFFFFFF is a warning', async () => {
    const { model, warnings } = tokenizerFromGguf(await assetMetadata('stories260k/stories260K.gguf'));
    expect(warnings.map(({ code }) => code)).toEqual(['SPECIAL_ID_ABSENT']);
    const tokenizer = createTokenizer(model);
    const expected = JSON.parse(assetText('stories260k/expected.json')) as {
      readonly prompt_token_counts_with_bos: Readonly<Record<string, number>>;
      readonly greedy: { readonly text: string; readonly first_ids_after_bos: readonly number[] };
    };
    for (const [prompt, count] of Object.entries(expected.prompt_token_counts_with_bos)) {
      expect(tokenizer.encode(prompt).length).toBe(count);
    }
    const ids = tokenizer.encode(expected.greedy.text);
    expect(ids.slice(1, 11)).toEqual(expected.greedy.first_ids_after_bos);
    expect(tokenizer.decode(ids)).toBe(expected.greedy.text);
  });
});
