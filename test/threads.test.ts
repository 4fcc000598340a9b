/** Threads of the engine: chosen, refused, cancelled, ended. */
import { isMirustError } from '@mirust/core';
import { physicalCores } from '@mirust/kernels';
import type { Hyperparameters } from '@mirust/model';
import { loadModel } from '@mirust/runtime';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { noiseCheckpoint } from './support.ts';

const SMALL: Hyperparameters = {
  vocabSize: 64,
  hiddenSize: 32,
  layerCount: 2,
  headCount: 4,
  kvHeadCount: 2,
  headDim: 8,
  ffnSize: 64,
  maxContext: 512,
  ropeTheta: 10_000,
  rmsNormEpsilon: 1e-5,
  tiedOutput: true,
};
/** 13 MB of f32: large enough for threads unasked. */
const LARGER: Hyperparameters = { ...SMALL, hiddenSize: 256, ffnSize: 2048, vocabSize: 512 };

afterEach(() => vi.unstubAllGlobals());

describe('how many', () => {
  it('one for a small model, one per physical core for a larger one, and as many as are asked for', async () => {
    const threads = async (h: Hyperparameters, asked?: number): Promise<number> => {
      const model = await loadModel(noiseCheckpoint(h), asked === undefined ? {} : { threads: asked });
      model.free();
      return model.layout.options.threads;
    };
    expect(await threads(SMALL)).toBe(1);
    expect(await threads(LARGER)).toBe(physicalCores());
    expect(await threads(SMALL, 3)).toBe(3);
  });

  it('one where memory cannot be shared; more, when asked for, are refused', async () => {
    vi.stubGlobal('SharedArrayBuffer', undefined);
    const model = await loadModel(noiseCheckpoint(LARGER));
    expect(model.layout.options.threads).toBe(1);
    expect(await model.feed([1, 2, 3])).toHaveLength(LARGER.vocabSize);
    model.free();
    const error = await loadModel(noiseCheckpoint(SMALL), { threads: 2 }).catch((cause: unknown) => cause);
    expect(isMirustError(error, 'RUNTIME_THREADS')).toBe(true);
  });

  it('at least one core', () => {
    expect(physicalCores()).toBeGreaterThanOrEqual(1);
  });
});

describe('a platform without WebAssembly', () => {
  it('runs the reference backend unasked, and refuses the other one', async () => {
    const expected = await loadModel(noiseCheckpoint(SMALL), { backend: 'reference' });
    const logits = await expected.feed([1, 2, 3]);
    vi.stubGlobal('WebAssembly', undefined);
    const model = await loadModel(noiseCheckpoint(SMALL));
    expect(model.diagnostics().backend).toBe('reference');
    expect(await model.feed([1, 2, 3])).toEqual(logits);
    const error = await loadModel(noiseCheckpoint(SMALL), { backend: 'wasm' }).catch((cause: unknown) => cause);
    expect(isMirustError(error, 'RUNTIME_BACKEND')).toBe(true);
  });
});

describe('a pool', () => {
  it('stops in the middle of a prompt, and goes on as if nothing had been', async () => {
    const model = await loadModel(noiseCheckpoint(LARGER), { threads: 2, chunk: 256 });
    const tokens = Array.from({ length: 500 }, (_, i) => (i * 7) % LARGER.vocabSize);
    const expected = await model.feed(tokens);
    model.reset();
    const controller = new AbortController();
    const running = model.feed(tokens, { signal: controller.signal });
    setImmediate(() => controller.abort(new Error('enough')));
    await expect(running).rejects.toThrow('enough');
    expect(model.position).toBeLessThan(500);
    model.reset();
    expect(await model.feed(tokens)).toEqual(expected);
    model.free();
  });

  it('ends with its model, also in the middle of a run', async () => {
    const model = await loadModel(noiseCheckpoint(LARGER), { threads: 3 });
    const running = model.feed(Array.from({ length: 400 }, () => 1));
    model.free();
    await expect(running).rejects.toThrow('the model was freed');
    await expect(model.feed([1])).rejects.toThrow('the model was freed');
  });

  it('gives back its memory and threads: 30 models, one after the other', async () => {
    for (let round = 0; round < 30; round++) {
      const model = await loadModel(noiseCheckpoint(SMALL), { threads: 2 });
      await model.feed([round % 64]);
      model.free();
    }
  });
});

it('100 models on one thread, freed and still held, leave room for another', async () => {
  const held = [];
  for (let round = 0; round < 100; round++) {
    const model = await loadModel(noiseCheckpoint(SMALL), { threads: 1 });
    await model.feed([round % 64]);
    model.free();
    held.push(model);
  }
  expect(held).toHaveLength(100);
});
