/** The vocabularies of ggml's own tests: every text gives the ids that the original tokenizers gave. */
import { describe, expect, it } from 'vitest';
import { createTokenizer, type Tokenizer, tokenizerFromGguf } from '../src/index.ts';
import { assetMetadata, assetText, hasAssets } from './_assets.ts';
import { qwen2Tokenizer } from './_qwen2.ts';

/** Texts and their ids without BOS. */
function goldens(name: string): { readonly text: string; readonly ids: readonly number[] }[] {
  // A separator stands behind the last text too.
  const texts = assetText(`vocabs/ggml-vocab-${name}.gguf.inp`).split('\n__ggml_vocab_test__\n').slice(0, -1);
  const rows = assetText(`vocabs/ggml-vocab-${name}.gguf.out`).split('\n');
  return texts.map((text, index) => ({
    text,
    ids: (rows[index] ?? '')
      .split(' ')
      .filter((word) => word !== '')
      .map(Number),
  }));
}

function checkGoldens(name: string, tokenizer: Tokenizer): void {
  const cases = goldens(name);
  expect(cases.length).toBe(46);
  const encoded = cases.map(({ text }) => ({ text, ids: tokenizer.encode(text, { addSpecial: false }) }));
  expect(encoded).toEqual(cases);
}

describe.skipIf(!hasAssets)('vocabularies', () => {
  it.each(['gpt-2', 'falcon', 'llama-spm', 'phi-3'])('%s', async (name) => {
    const { model, warnings } = tokenizerFromGguf(await assetMetadata(`vocabs/ggml-vocab-${name}.gguf`));
    expect(warnings).toEqual([]);
    const tokenizer = createTokenizer(model);
    checkGoldens(name, tokenizer);
    for (const { text, ids } of goldens(name)) expect(tokenizer.decode(ids)).toBe(text);
  });

  it('qwen2', () => {
    const tokenizer = qwen2Tokenizer();
    checkGoldens('qwen2', tokenizer);
    for (const { text, ids } of goldens('qwen2')) expect(tokenizer.decode(ids)).toBe(text);
  });
});
