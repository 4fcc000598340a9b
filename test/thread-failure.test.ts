/** A platform that has shared memory and starts no threads: a page whose policy forbids workers from a blob, say. */
import { isMirustError } from '@mirust/core';
import type { Hyperparameters } from '@mirust/model';
import { loadModel } from '@mirust/runtime';
import { expectNoLeaks, type Ledger } from '@mirust/runtime/leaks';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { noiseCheckpoint } from './support.ts';

/** Threads that were asked for, and how many of them the platform starts. */
const attempts = vi.hoisted(() => ({ count: 0, granted: 0 }));

vi.mock('@mirust/kernels', async (importOriginal) => {
  const kernels = await importOriginal<typeof import('@mirust/kernels')>();
  const startThread: typeof kernels.startThread = (...parameters) => {
    if (attempts.count++ < attempts.granted) return kernels.startThread(...parameters);
    throw new Error('refused by the policy of this page');
  };
  return { ...kernels, physicalCores: () => 2, startThread };
});

beforeEach(() => Object.assign(attempts, { count: 0, granted: 0 }));

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

  it.each([0, 1, 2])('nothing stays of a load that got %i of three', async (granted) => {
    attempts.granted = granted;
    const work = async (ledger: Ledger): Promise<void> => {
      await loadModel(noiseCheckpoint(LARGER), { threads: 3, ledger });
    };
    await expect(expectNoLeaks(work)).rejects.toMatchObject({ code: 'RUNTIME_THREADS' });
    expect(attempts.count).toBe(3);
  });

  it('nothing stays of the first attempt where a second one does without', async () => {
    attempts.granted = 1;
    await expectNoLeaks(async (ledger) => {
      const model = await loadModel(noiseCheckpoint(LARGER), { ledger });
      expect(model.layout.options.threads).toBe(1);
      model.free();
    });
  });
});
