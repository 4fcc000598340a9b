/** The model that the repository ships: the same story from every format, the likelihoods that its oracle measured. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { evaluate, splitDocuments } from '@mirust/runtime';
import { describe, expect, it } from 'vitest';
import { loadBytes, loadPath, packPath, ROOT } from './support.ts';

const FOLDER = join(ROOT, 'fixtures', 'story');
const HF = join(FOLDER, 'hf');
const heldout = splitDocuments(readFileSync(join(FOLDER, 'heldout.txt'), 'utf8'));

interface Greedy {
  readonly prompt: string;
  readonly promptTokenIds: number[];
  readonly generatedTokenIds: number[];
  readonly text: string;
}
interface Expected {
  readonly parameterCount: number;
  readonly greedy: Greedy;
  readonly greedyPrompts: readonly Greedy[];
  readonly tokenIds: readonly { readonly name: string; readonly text: string; readonly withBos: number[] }[];
  readonly firstLogitsAfterBos: number[];
  /** Per document: predicted tokens, mean NLL. */
  readonly heldout: { readonly perDocument: readonly (readonly [number, number])[] };
}
const EOS = 257;
const expected = JSON.parse(readFileSync(join(FOLDER, 'expected.json'), 'utf8')) as Expected;

const FORMATS: readonly (readonly [string, () => ReturnType<typeof loadPath>])[] = [
  ['the Hugging Face directory', () => loadPath(HF)],
  ['SLM1 at f32', async () => loadBytes(await packPath(HF, { format: 'slm1', quant: 'f32' }))],
  ['SLM2 as stored', async () => loadBytes(await packPath(HF))],
];

describe.each(FORMATS)('the shipped model from %s', (_name, load) => {
  it("tells transformers' greedy story and goes on from its prompts", async () => {
    const model = await load();
    for (const { prompt, promptTokenIds, generatedTokenIds, text } of [expected.greedy, ...expected.greedyPrompts]) {
      const result = await model.complete(prompt, { maxTokens: 200 });
      expect(result.promptTokenIds).toEqual(promptTokenIds);
      expect(result.tokenIds).toEqual(generatedTokenIds.filter((id) => id !== EOS));
      expect(result.text).toBe(text);
      expect(result.stopReason).toBe(generatedTokenIds.includes(EOS) ? 'end-of-generation' : 'max-tokens');
    }
    model.free();
  });

  it("has transformers' logits behind BOS", async () => {
    const model = await load();
    const logits = await model.step(256);
    expected.firstLogitsAfterBos.forEach((value, index) => {
      expect(Math.abs((logits[index] ?? Number.NaN) - value)).toBeLessThan(1e-3);
    });
    model.free();
  });

  it('encodes odd texts as the tokenizers library does, and decodes them back', async () => {
    const model = await load();
    for (const { text, withBos } of expected.tokenIds) {
      expect(model.tokenizer?.encode(text)).toEqual(withBos);
      // Special tokens in the text are taken as such, and left out when decoding.
      if (!text.includes('<s>')) expect(model.tokenizer?.decode(withBos)).toBe(text);
    }
    model.free();
  });
});

describe('likelihood of held-out stories', () => {
  // The first documents are enough: the whole file is the business of `mirust-run eval`.
  const count = 8;
  const records = expected.heldout.perDocument.slice(0, count);
  const predicted = records.reduce((sum, [tokens]) => sum + tokens, 0);
  const oracle = records.reduce((sum, [tokens, meanNll]) => sum + tokens * meanNll, 0) / predicted;

  it.each([
    ['keep', -0.0001, 0.0001],
    ['q8', -0.001, 0.005],
    ['q4', 0.0005, 0.02],
  ])("%s stays within its window of the oracle's", async (quant, least, most) => {
    const model = await loadBytes(await packPath(HF, { quant }), { logitsRows: 64 });
    const { meanNll, tokens } = await evaluate(model, heldout.slice(0, count));
    expect(tokens).toBe(predicted);
    expect(meanNll - oracle).toBeGreaterThan(least);
    expect(meanNll - oracle).toBeLessThan(most);
    model.free();
  });
});
