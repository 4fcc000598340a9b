/**
 * stories260K (karpathy/tinyllamas, MIT), the public model that every llama implementation can be held against: the same
 * greedy text from its GGUF, from llama2.c's own files and from an artifact of ours, and the same likelihoods.
 */
import { readFileSync } from 'node:fs';
import { openTokenizerModel } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import { evaluate, splitDocuments } from '@mirust/runtime';
import { createTokenizer } from '@mirust/tokenizer';
import { describe, expect, it } from 'vitest';
import { assetPath, loadBytes, loadPath, openModelFile, packPath } from './support.ts';

const expectedPath = assetPath('stories260k', 'expected.json');
const gguf = assetPath('stories260k', 'stories260K.gguf') ?? '';
const llama2c = assetPath('stories260k', 'stories260K.bin') ?? '';
const sample = assetPath('stories260k', 'tinystories_sample.txt') ?? '';
if (expectedPath === undefined) console.warn('stories260K is absent (MIRUST_ASSETS): its tests are skipped');

interface Expected {
  readonly greedy: { readonly generated_tokens: number; readonly first_ids_after_bos: number[]; readonly text: string };
  readonly prompt_token_counts_with_bos: Readonly<Record<string, number>>;
  readonly nll: {
    readonly measured_on_tinystories_sample_txt: number;
    readonly tokens: number;
    readonly per_document: [number, number][];
  };
  readonly parameters: { readonly stored_in_gguf_with_untied_output: number; readonly unique: number };
}

describe.skipIf(expectedPath === undefined)('stories260K', () => {
  const expected = JSON.parse(expectedPath === undefined ? '{}' : readFileSync(expectedPath, 'utf8')) as Expected;

  it.each([
    ['the GGUF', () => loadPath(gguf)],
    ["llama2.c's .bin", () => loadPath(llama2c)],
    ['SLM2 from the GGUF', async () => loadBytes(await packPath(gguf))],
    ['SLM2 at f32', async () => loadBytes(await packPath(gguf, { quant: 'f32' }))],
    ["SLM2 from llama2.c's .bin", async () => loadBytes(await packPath(llama2c))],
  ])('%s tells the greedy text to the letter', async (_name, load) => {
    const model = await load();
    const result = await model.complete('', { maxTokens: expected.greedy.generated_tokens });
    expect(result.tokenIds.slice(0, 10)).toEqual(expected.greedy.first_ids_after_bos);
    expect(result.text).toBe(expected.greedy.text);
    expect(result.tokenIds).toHaveLength(expected.greedy.generated_tokens);
    expect(result.promptTokenIds).toEqual([1]);
    model.free();
  });

  it('counts the tokens of the recorded prompts, from both tokenizer files', async () => {
    for (const path of [gguf, llama2c]) {
      const tokenizer = createTokenizer((await openTokenizerModel(await openPath(path))).model);
      for (const [prompt, count] of Object.entries(expected.prompt_token_counts_with_bos)) {
        expect(tokenizer.encode(prompt)).toHaveLength(count);
      }
    }
  });

  it('has the recorded likelihood, document by document', async () => {
    const model = await loadPath(gguf, { logitsRows: 64 });
    const result = await evaluate(model, splitDocuments(readFileSync(sample, 'utf8')));
    expect(result.tokens).toBe(expected.nll.tokens);
    expect(Math.abs(result.meanNll - expected.nll.measured_on_tinystories_sample_txt)).toBeLessThan(0.003);
    result.documents.forEach(({ tokens, meanNll }, index) => {
      const [count, nll] = expected.nll.per_document[index] ?? [0, 0];
      // The record counts BOS, which is not predicted.
      expect(tokens + 1).toBe(count);
      expect(Math.abs(meanNll - nll)).toBeLessThan(0.002);
    });
    model.free();
  });

  it.each([
    // Weight-only loss of likelihood, a two-sided window: too good would be a mistake, too.
    ['q8', -0.002, 0.01],
    ['q4', 0.02, 0.14],
  ])('%s costs a likelihood within its window', async (quant, least, most) => {
    const model = await loadBytes(await packPath(gguf, { quant }), { logitsRows: 64 });
    const { meanNll } = await evaluate(model, splitDocuments(readFileSync(sample, 'utf8')));
    const cost = meanNll - expected.nll.measured_on_tinystories_sample_txt;
    expect(cost).toBeGreaterThan(least);
    expect(cost).toBeLessThan(most);
    model.free();
  });

  it('is refused by SLM1 with every reason', async () => {
    await expect(packPath(gguf, { format: 'slm1', quant: 'f32' })).rejects.toMatchObject({
      code: 'PACK_SLM1_CANNOT_HOLD',
      message: expect.stringContaining('SentencePiece'),
      remedy: expect.stringContaining('--format slm2'),
    });
  });

  it('has its known oddities: rows that no block divides, an untied copy of the head', async () => {
    const checkpoint = await openModelFile(gguf);
    expect(checkpoint.model.hyperparameters.tiedOutput).toBe(false);
    expect(checkpoint.tensors.get('layers.0.w2.weight')?.shape).toEqual([64, 172]);
    await checkpoint.close();
  });
});
