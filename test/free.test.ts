/** Freeing a model gives its memory back, even while the model object itself is still held. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { loadModel, type Model } from '@mirust/runtime';
import { expect, it } from 'vitest';
import { noiseCheckpoint } from './support.ts';

/** Lets the collector run until the condition holds or it has had many chances: no waiting by the clock. */
async function collectUntil(done: () => boolean): Promise<boolean> {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  for (let round = 0; round < 100 && !done(); round++) {
    gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return done();
}

it('gives 32 MiB of cache back for every one of 20 freed models that are still held', async () => {
  const checkpoint = noiseCheckpoint({
    vocabSize: 8,
    hiddenSize: 8,
    layerCount: 1,
    headCount: 1,
    kvHeadCount: 1,
    headDim: 8,
    ffnSize: 8,
    maxContext: 2 ** 20,
    ropeTheta: 10_000,
    rmsNormEpsilon: 1e-5,
    tiedOutput: true,
  });
  const before = process.memoryUsage().arrayBuffers;
  const held: Model[] = [];
  for (let i = 0; i < 20; i++) {
    const model = await loadModel(checkpoint, { context: 2 ** 19 });
    await model.feed([1, 2, 3]);
    model.free();
    held.push(model);
  }
  const slack = 40 * 2 ** 20;
  expect(await collectUntil(() => process.memoryUsage().arrayBuffers < before + slack)).toBe(true);
  expect(held).toHaveLength(20);
});
