import { describe, expect, it } from 'vitest';
import { createTokenizer, tokenizerFromGguf, tokenizerFromLlama2c } from '../src/index.ts';
import { assetBytes, assetMetadata, assetText, hasAssets } from './_assets.ts';

/** A file of the given texts: score -i, length, bytes. */
function file(texts: readonly string[], maxTokenLength = 8): Uint8Array {
  const records = texts.flatMap((text, index) => {
    const bytes = new TextEncoder().encode(text);
    const head = new DataView(new ArrayBuffer(8));
    head.setFloat32(0, -index, true);
    head.setUint32(4, bytes.length, true);
    return [...new Uint8Array(head.buffer), ...bytes];
  });
  return Uint8Array.of(maxTokenLength, 0, 0, 0, ...records);
}

const BYTES = Array.from({ length: 256 }, (_, byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
const TEXTS = ['<unk>', '\n<s>\n', '\n</s>\n', ...BYTES, ' ', 'a', ' a'];

describe('llama2.c', () => {
  it('reads a vocabulary', () => {
    const { model, warnings } = tokenizerFromLlama2c(file(TEXTS), 262);
    expect(warnings).toEqual([]);
    const tokenizer = createTokenizer(model);
    expect(tokenizer.encode('a a')).toEqual([1, 261, 261]);
    expect(tokenizer.encode('\n', { addSpecial: false })).toEqual([259, 3 + 10]);
    expect(tokenizer.decode([1, 261, 261])).toBe('a a');
    expect(tokenizer.isEndOfGeneration(2)).toBe(true);
  });

  it.each<[string, string, Uint8Array, number, number]>([
    ['fewer tokens than asked for', 'TRUNCATED', file(TEXTS), 300, 3656],
    ['more tokens than asked for', 'LLAMA2C_INVALID', file(TEXTS), 261, 3646],
    ['another vocabulary', 'LLAMA2C_INVALID', file(TEXTS), 2 ** 20, 4],
    ['too small a vocabulary', 'LLAMA2C_INVALID', file(TEXTS), 100, 4],
    ['another BOS', 'LLAMA2C_INVALID', file(TEXTS.with(1, '<bos>')), 262, 17],
    ['a byte token in another place', 'LLAMA2C_INVALID', file(TEXTS.with(3, '<0x01>')), 262, 44],
    ['a byte token that is none', 'LLAMA2C_INVALID', file(TEXTS.with(4, '<0x-1>')), 262, 58],
    ['a token longer than announced', 'LLAMA2C_INVALID', file(TEXTS, 5), 262, 30],
    ['an empty token', 'LLAMA2C_INVALID', file(TEXTS.with(260, '')), 262, 3637],
    ['the same token twice', 'TOKENIZER_TOKEN_DUPLICATE', file(TEXTS.with(260, ' ')), 262, 0],
  ])('refuses %s', (_, code, bytes, vocabSize, offset) => {
    const error: unknown = (() => {
      try {
        return tokenizerFromLlama2c(bytes, vocabSize);
      } catch (caught) {
        return caught;
      }
    })();
    expect(error).toMatchObject({ code });
    expect((error as { offset: number }).offset).toBe(offset);
  });

  it('refuses a size that is none', () => {
    expect(() => tokenizerFromLlama2c(file(TEXTS), Number.NaN)).toThrow(TypeError);
    expect(() => tokenizerFromLlama2c(file(TEXTS), 2 ** 31)).toThrow(
      expect.objectContaining({ code: 'TOKENIZER_VOCAB_SIZE' }),
    );
  });

  it.skipIf(!hasAssets)('reads tok512.bin as the GGUF file of the same model has it', async () => {
    const ours = createTokenizer(tokenizerFromLlama2c(assetBytes('stories260k/tok512.bin'), 512).model);
    const other = createTokenizer(tokenizerFromGguf(await assetMetadata('stories260k/stories260K.gguf')).model);
    expect(ours.encode('I believe the meaning of life is').length).toBe(18);
    expect(ours.encode('Write a joke about AI from a very long prompt which will not be truncated').length).toBe(46);
    const sample = assetText('stories260k/tinystories_sample.txt');
    expect(ours.encode(sample, { parseSpecial: false })).toEqual(other.encode(sample, { parseSpecial: false }));
    const text = sample.replaceAll('<|endoftext|>', '');
    expect(ours.decode(ours.encode(text))).toBe(text);
  });
});
