/** Tokenizers: found wherever a format keeps them, put in place of others, and never larger than the embedding. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { tokenCount } from '@mirust/tokenizer';
import { describe, expect, it } from 'vitest';
import { openCheckpoint, openTokenizerModel } from '../src/index.ts';
import {
  GGUF_METADATA,
  ggufFile,
  ggufTensors,
  ggufVocabulary,
  llama2cFile,
  llama2cTokenizer,
  slm1File,
  slm2File,
} from './_artifacts.ts';
import {
  CONFIG,
  errorOf,
  f32Tensor,
  json,
  safetensors,
  type TestFiles,
  tinyDirectory,
  tinyTensors,
  utf8,
  watchedFiles,
} from './_support.ts';

function fixture(path: string): Uint8Array {
  return readFileSync(fileURLToPath(new URL(`../../../fixtures/${path}`, import.meta.url)));
}

const tokenizerJson = fixture('story/hf/tokenizer.json');
const tokenizerConfig = fixture('story/hf/tokenizer_config.json');
const sentencePiece = fixture('oracles/sentencepiece/bpe/tokenizer.model');

/** The tiny directory with an embedding of so many rows. */
function directoryWithRows(rows: number, extra: TestFiles = {}): TestFiles {
  const tensors = tinyTensors().map((tensor) =>
    tensor.shape[0] === 12 ? f32Tensor(tensor.name, [rows, 8], 0) : tensor,
  );
  const config = json({ ...CONFIG, vocab_size: rows });
  return { 'config.json': config, 'model.safetensors': safetensors(tensors), ...extra };
}

async function kindOf(files: TestFiles, primary?: string, vocabSize?: number): Promise<string> {
  const watched = watchedFiles(files, primary);
  const { model } = await openTokenizerModel(watched, vocabSize === undefined ? {} : { vocabSize });
  expect(watched.openCount()).toBe(0);
  return `${model.kind} ${tokenCount(model.tokens)}`;
}

describe('a tokenizer alone', () => {
  const story = { 'tokenizer.json': tokenizerJson, 'tokenizer_config.json': tokenizerConfig };
  it.each<[string, string, () => Promise<TestFiles> | TestFiles, string | undefined]>([
    ['tokenizer.json', 'byte-level-bpe 1024', () => story, 'tokenizer.json'],
    ['a directory', 'byte-level-bpe 1024', () => story, undefined],
    ['config.json', 'byte-level-bpe 1024', () => ({ ...story, 'config.json': json({}) }), 'config.json'],
    ['an index', 'byte-level-bpe 1024', () => ({ ...story, 'm.index.json': json({}) }), 'm.index.json'],
    ['weights', 'byte-level-bpe 1024', () => ({ ...story, 'm.safetensors': safetensors([]) }), 'm.safetensors'],
    ['tokenizer.model', 'sentencepiece-bpe 512', () => ({ 'tokenizer.model': sentencePiece }), 'tokenizer.model'],
    ['a directory with one', 'sentencepiece-bpe 512', () => ({ 'tokenizer.model': sentencePiece }), undefined],
    ['a GGUF without tensors', 'sentencepiece-bpe 260', () => ({ 'v.gguf': ggufFile(ggufVocabulary(), []) }), 'v.gguf'],
    ['SLM1', 'byte 260', async () => ({ 'a.slm': await slm1File() }), 'a.slm'],
    ['SLM2', 'byte 260', async () => ({ 'a.slm': await slm2File() }), 'a.slm'],
    [
      'llama2.c weights with tokenizer.bin',
      'sentencepiece-bpe 260',
      () => ({ 'a.bin': llama2cFile({ version: 1, vocabulary: 260 }), 'tokenizer.bin': llama2cTokenizer(260) }),
      'a.bin',
    ],
    [
      'llama2.c weights with tok260.bin, which counts before',
      'sentencepiece-bpe 260',
      () => ({
        'a.bin': llama2cFile({ version: 0, vocabulary: 260 }),
        'tok260.bin': llama2cTokenizer(260),
        'tokenizer.bin': utf8(''),
      }),
      'a.bin',
    ],
  ])('of %s', async (_what, kind, files, primary) => {
    expect(await kindOf(await files(), primary)).toBe(kind);
  });

  it("of llama2.c's tokenizer.bin, where the vocabulary size is known", async () => {
    const files = { 'tokenizer.bin': llama2cTokenizer(300) };
    expect(await kindOf(files, 'tokenizer.bin', 300)).toBe('sentencepiece-bpe 300');
    expect((await errorOf(openTokenizerModel(watchedFiles(files, 'tokenizer.bin')))).code).toBe('CHECKPOINT_FORMAT');
  });

  it.each<[string, string, () => Promise<TestFiles> | TestFiles, string | undefined]>([
    ['CHECKPOINT_INCOMPLETE', 'an empty directory', () => ({}), undefined],
    [
      'CHECKPOINT_INCOMPLETE',
      'a GGUF without a vocabulary',
      () => ({ 'a.gguf': ggufFile(GGUF_METADATA, []) }),
      'a.gguf',
    ],
    ['CHECKPOINT_INCOMPLETE', 'llama2.c weights alone', () => ({ 'a.bin': llama2cFile({ version: 1 }) }), 'a.bin'],
    ['CHECKPOINT_INCOMPLETE', 'weights alone', () => ({ 'm.safetensors': safetensors([]) }), 'm.safetensors'],
    ['CHECKPOINT_FORMAT', 'a text', () => ({ 'a.txt': utf8('some text') }), 'a.txt'],
    ['CHECKPOINT_PICKLE', 'a pickle, whatever it is called', () => ({ 'a.model': utf8('PK\x03\x04') }), 'a.model'],
    ['CHECKPOINT_EMPTY', 'an empty file', () => ({ 'a.model': utf8('') }), 'a.model'],
    [
      'CHECKPOINT_TOO_LARGE',
      'a tokenizer.model that no model has',
      () => ({ 'tokenizer.model': new Uint8Array(64 * 2 ** 20 + 1).fill(10) }),
      'tokenizer.model',
    ],
    [
      'CHECKPOINT_TOO_LARGE',
      'a tokenizer.json that no model has',
      () => ({ 'tokenizer.json': new Uint8Array(64 * 2 ** 20 + 1) }),
      undefined,
    ],
    [
      'JSON_SYNTAX',
      'a damaged tokenizer.json',
      () => ({ 'tokenizer.json': tokenizerJson.subarray(0, 999) }),
      undefined,
    ],
    [
      'INVALID_UTF8',
      'a tokenizer_config.json in Latin-1',
      () => ({ 'tokenizer.json': tokenizerJson, 'tokenizer_config.json': Uint8Array.of(0x7b, 0xe9) }),
      undefined,
    ],
  ])('%s: %s', async (code, _what, files, primary) => {
    const watched = watchedFiles(await files(), primary);
    expect((await errorOf(openTokenizerModel(watched))).code).toBe(code);
    expect(watched.openCount()).toBe(0);
  });

  it('honours an abort', async () => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    for (const primary of ['tokenizer.json', undefined]) {
      const watched = watchedFiles({ 'tokenizer.json': tokenizerJson }, primary);
      await expect(openTokenizerModel(watched, { signal })).rejects.toBe(reason);
      expect(watched.openCount()).toBe(0);
    }
  });
});

describe("a checkpoint's tokenizer", () => {
  const gguf = (count = 260): Uint8Array =>
    ggufFile(
      [...GGUF_METADATA, ...ggufVocabulary()],
      ggufTensors().map((tensor) =>
        tensor.name === 'token_embd.weight'
          ? { ...tensor, shape: [count, 32], bytes: new Uint8Array(count * 32 * 4) }
          : tensor,
      ),
    );

  it('may be smaller than the embedding, and not larger', async () => {
    const spare = await openCheckpoint(watchedFiles({ 'a.gguf': gguf(300) }, 'a.gguf'));
    expect((await spare.readTokenizer())?.model.types).toHaveLength(260);
    const short = await openCheckpoint(watchedFiles({ 'a.gguf': gguf(259) }, 'a.gguf'));
    const error = await errorOf(short.readTokenizer());
    expect([error.code, error.class]).toEqual(['CHECKPOINT_TOKENIZER', 'tokenizer']);
    expect(error.message).toBe('the tokenizer has 260 tokens, the embedding 259 rows');
  });

  it('is undefined where there is none', async () => {
    const checkpoint = await openCheckpoint(watchedFiles(tinyDirectory()));
    expect(await checkpoint.readTokenizer()).toBeUndefined();
    await checkpoint.close();
  });

  it('can be another one, which must fit as well', async () => {
    const tokenizer = watchedFiles({ 't.bin': llama2cTokenizer(260) }, 't.bin');
    const checkpoint = await openCheckpoint(watchedFiles(directoryWithRows(260)), { tokenizer });
    expect((await checkpoint.readTokenizer())?.model.types).toHaveLength(260);
    expect(tokenizer.openCount()).toBe(0);
    const large = watchedFiles({ 'tokenizer.json': tokenizerJson }, 'tokenizer.json');
    const misfit = await openCheckpoint(watchedFiles(tinyDirectory()), { tokenizer: large });
    expect((await errorOf(misfit.readTokenizer())).code).toBe('CHECKPOINT_TOKENIZER');
  });

  it('knows the ids that end a generation', async () => {
    const files = directoryWithRows(260, { 'generation_config.json': json({ eos_token_id: [2, 5, 11] }) });
    const tokenizer = watchedFiles({ 'tokenizer.bin': llama2cTokenizer(260) }, 'tokenizer.bin');
    const checkpoint = await openCheckpoint(watchedFiles(files), { tokenizer });
    expect(checkpoint.facts.endOfGeneration).toEqual([2, 5, 11]);
    const imported = await checkpoint.readTokenizer();
    // 2 is EOS, which ends a generation anyway.
    expect(imported?.model.endOfGeneration).toEqual([5, 11]);
    expect(imported?.warnings).toEqual([]);
  });

  it('does without ids in spare rows of the embedding, with a warning', async () => {
    const files = directoryWithRows(400, { 'generation_config.json': json({ eos_token_id: [5, 350, 400] }) });
    const tokenizer = watchedFiles({ 'v.gguf': ggufFile(ggufVocabulary(), []) }, 'v.gguf');
    const checkpoint = await openCheckpoint(watchedFiles(files), { tokenizer });
    expect(checkpoint.facts.endOfGeneration).toEqual([5, 350]);
    expect(checkpoint.warnings.map(({ message }) => message)).toEqual([
      '1 of the ids that are to end a generation is not among the 400 tokens: ignored',
    ]);
    const imported = await checkpoint.readTokenizer();
    expect(imported?.model.endOfGeneration).toEqual([5]);
    expect(imported?.warnings.map(({ code, message }) => [code, message])).toEqual([
      [
        'CHECKPOINT_END_ID',
        "1 of the ids that are to end a generation is not among the tokenizer's 260 tokens: ignored",
      ],
    ]);
  });
});
