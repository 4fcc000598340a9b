/** A platform that has shared memory and starts no threads: a page whose policy forbids workers from a blob, say. */
import { isMirustError } from '@mirust/core';
import type { Hyperparameters } from '@mirust/model';
import { loadModel } from '@mirust/runtime';
import { describe, expect, it, vi } from 'vitest';
import { noiseCheckpoint } from './support.ts';

const attempts = vi.hoisted(() => ({ count: 0 }));

vi.mock('@mirust/kernels', async (importOriginal) => ({
  ...(await importOriginal<typeof import('@mirust/kernels')>()),
  physicalCores: () => 2,
  startThread() {
    attempts.count++;
    throw new Error('refused by the policy of this page');
  },
}));

/** 13 MB of f32: large enough for threads unasked. */
const LARGER: Hyperparameters = {
  vocabSize: 512,
  hiddenSize: 256,
  layerCount: 2,
  headCount: 4,
  kvHeadCount: 2,
  headDim: 8,
  ffnSize: 2048,
  maxContext: 512,
  ropeTheta: 10_000,
  rmsNormEpsilon: 1e-5,
  tiedOutput: true,
};

describe('where no thread can be started', () => {
  it('a model runs on the thread of its caller, if nobody asked for more', async () => {
    const model = await loadModel(noiseCheckpoint(LARGER));
    expect(attempts.count).toBeGreaterThan(0);
    expect(model.layout.options.threads).toBe(1);
    const one = await loadModel(noiseCheckpoint(LARGER), { threads: 1 });
    expect(await model.feed([1, 2, 3])).toEqual(await one.feed([1, 2, 3]));
    model.free();
    one.free();
  });

  it('is an error, if somebody did', async () => {
    const error = await loadModel(noiseCheckpoint(LARGER), { threads: 2 }).catch((cause: unknown) => cause);
    expect(isMirustError(error, 'RUNTIME_THREADS')).toBe(true);
    expect(isMirustError(error) && String(error.cause)).toContain('refused by the policy');
  });
});
