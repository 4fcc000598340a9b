/** The runtime as a user of the library meets it: conversations, cache types, windows, aborts, errors. */
import type { CheckpointTensor } from '@mirust/checkpoint';
import { isMirustError } from '@mirust/core';
import type { Hyperparameters } from '@mirust/model';
import { argmax, type BackendName, type LoadOptions, loadModel, type Model } from '@mirust/runtime';
import { validateDiagnostics } from '@mirust/schemas';
import { byteTokenizerModel } from '@mirust/tokenizer';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BACKENDS } from './backends.ts';
import { loadBytes, loadPath, noiseCheckpoint, packPath, ROOT } from './support.ts';

const STORY = `${ROOT}/fixtures/story/hf`;
const SMALL: Hyperparameters = {
  vocabSize: 50,
  hiddenSize: 24,
  layerCount: 2,
  headCount: 4,
  kvHeadCount: 2,
  headDim: 6,
  ffnSize: 20,
  maxContext: 256,
  ropeTheta: 10_000,
  rmsNormEpsilon: 1e-5,
  tiedOutput: false,
};
const TOKENS = Array.from({ length: 40 }, (_, i) => (i * 17 + 3) % SMALL.vocabSize);

/** Logits of all positions, fed in chunks. */
async function allLogits(h: Hyperparameters, options: LoadOptions, tokens: readonly number[]): Promise<Float32Array> {
  const chunk = options.chunk ?? 64;
  const model = await loadModel(noiseCheckpoint(h), { ...options, logitsRows: chunk });
  const parts: number[] = [];
  for (let at = 0; at < tokens.length; at += chunk) {
    const part = tokens.slice(at, at + chunk);
    parts.push(...(await model.feed(part, { logitsRows: part.length })));
  }
  model.free();
  return Float32Array.from(parts);
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - (b[i] ?? Number.NaN))), 0);
}

async function rejection(run: () => Promise<unknown>): Promise<unknown> {
  return run().then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe.each(BACKENDS)('logits ($name)', ({ options: backend }) => {
  it('are the same to the bit for every chunk size', async () => {
    const whole = await allLogits(SMALL, { ...backend, chunk: 64 }, TOKENS);
    for (const chunk of [1, 3, 7, 39, 40]) {
      expect(largestDifference(await allLogits(SMALL, { ...backend, chunk }, TOKENS), whole)).toBe(0);
    }
  });

  it('with a window, are the same for every chunk size, also when the cache is a ring', async () => {
    for (const slidingWindow of [1, 5, 16]) {
      const h = { ...SMALL, slidingWindow };
      const whole = await allLogits(h, { ...backend, chunk: 64 }, TOKENS);
      for (const chunk of [1, 4, 9]) {
        expect(largestDifference(await allLogits(h, { ...backend, chunk, context: 200 }, TOKENS), whole)).toBe(0);
      }
    }
  });

  it('do not change by a window that covers everything, and do by one that does not', async () => {
    const plain = await allLogits(SMALL, backend, TOKENS);
    expect(largestDifference(await allLogits({ ...SMALL, slidingWindow: 40 }, backend, TOKENS), plain)).toBe(0);
    expect(largestDifference(await allLogits({ ...SMALL, slidingWindow: 39 }, backend, TOKENS), plain)).toBeGreaterThan(
      0,
    );
  });

  it('change little, but they do, with a cache of f16 or q8', async () => {
    const exact = await allLogits(SMALL, backend, TOKENS);
    const f16 = largestDifference(await allLogits(SMALL, { ...backend, kvType: 'f16' }, TOKENS), exact);
    const q8 = largestDifference(await allLogits(SMALL, { ...backend, kvType: 'q8' }, TOKENS), exact);
    expect(f16).toBeGreaterThan(0);
    expect(f16).toBeLessThan(0.01);
    expect(q8).toBeGreaterThan(f16);
    expect(q8).toBeLessThan(0.2);
  });

  it('do not change by what a window lets the cache forget, nor by a prefix that it kept', async () => {
    const h = { ...SMALL, slidingWindow: 8 };
    const model = await loadModel(noiseCheckpoint(h), { ...backend, chunk: 4 });
    const prompt = TOKENS.slice(0, 20);
    const expected = await model.complete(prompt, { maxTokens: 30 });
    // The ring went on past the prompt: what its beginning looks back at is gone.
    const overwritten = await model.complete([...prompt.slice(0, 12), 1], { maxTokens: 4 });
    expect(overwritten.reusedTokens).toBe(0);
    const kept = await model.complete([...prompt.slice(0, 12), 2], { maxTokens: 4 });
    expect(kept.reusedTokens).toBe(12);
    model.reset();
    expect((await model.complete([...prompt.slice(0, 12), 2], { maxTokens: 4 })).tokenIds).toEqual(kept.tokenIds);
    expect((await model.complete(prompt, { maxTokens: 30 })).tokenIds).toEqual(expected.tokenIds);
    model.free();
  });

  it('of a token depend on nothing behind it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 39 }), async (length) => {
        const whole = await allLogits(SMALL, backend, TOKENS);
        const head = await allLogits(SMALL, backend, TOKENS.slice(0, length));
        expect(largestDifference(head, whole.subarray(0, head.length))).toBe(0);
      }),
      { numRuns: 5 },
    );
  });
});

describe.each(BACKENDS)('a conversation ($name)', ({ options: backend }) => {
  let model: Model;
  beforeAll(async () => {
    model = await loadPath(STORY, { ...backend, context: 128 });
  });
  afterAll(() => model.free());

  it('streams pieces that add up to the text', async () => {
    const stream = model.generate('Once upon a time', { maxTokens: 30 });
    let text = '';
    const ids: number[] = [];
    for (;;) {
      const next = await stream.next();
      if (next.done === true) {
        expect(next.value.text).toBe(text);
        expect(next.value.tokenIds).toEqual(ids);
        expect(next.value.stopReason).toBe('max-tokens');
        break;
      }
      text += next.value.text;
      ids.push(next.value.tokenId);
    }
    expect(ids).toHaveLength(30);
  });

  it('gives the same twice: nothing of one conversation reaches the next', async () => {
    const first = await model.complete('The dog', { maxTokens: 20 });
    await model.complete('Something else entirely', { maxTokens: 20, temperature: 1, seed: 5 });
    const again = await model.complete('The dog', { maxTokens: 20 });
    expect(again.tokenIds).toEqual(first.tokenIds);
  });

  it('runs a beginning that it shares with the last prompt only once, and tells the same', async () => {
    const first = await model.complete('Once upon a time there was', { maxTokens: 5 });
    const ran = model.diagnostics().prefill?.tokens ?? 0;
    const second = await model.complete('Once upon a time there was a dog', { maxTokens: 12 });
    // The continuation may have been tokenized otherwise at the seam.
    expect(second.reusedTokens).toBeGreaterThanOrEqual(first.promptTokenIds.length - 2);
    const newTokens = second.promptTokenIds.length - second.reusedTokens;
    // A single token counts as decode.
    expect((model.diagnostics().prefill?.tokens ?? 0) - ran).toBe(newTokens > 1 ? newTokens : 0);
    const again = await model.complete('Once upon a time there was a dog', { maxTokens: 12 });
    expect(again.reusedTokens).toBe(second.promptTokenIds.length - 1);
    expect(again.tokenIds).toEqual(second.tokenIds);
    model.reset();
    const fresh = await model.complete('Once upon a time there was a dog', { maxTokens: 12 });
    expect(fresh.reusedTokens).toBe(0);
    expect(fresh.tokenIds).toEqual(second.tokenIds);
  });

  it('measures operations only while it is told to', async () => {
    const calls = () => model.diagnostics().operations?.find(({ kind }) => kind === 'matmul')?.calls ?? 0;
    const before = calls();
    await model.complete('Lily', { maxTokens: 2 });
    expect(calls()).toBe(before);
    model.setProfiling(true);
    await model.complete('Tom', { maxTokens: 2 });
    model.setProfiling(false);
    expect(calls()).toBeGreaterThan(before);
  });

  it('step and feed agree with generate', async () => {
    const { tokenIds, promptTokenIds } = await model.complete('Lily', { maxTokens: 8 });
    model.reset();
    let logits = await model.feed(promptTokenIds);
    const stepped: number[] = [];
    for (let i = 0; i < 8; i++) {
      const token = argmax(logits);
      stepped.push(token);
      logits = (await model.step(token)).slice();
    }
    expect(stepped).toEqual(tokenIds);
    expect(model.position).toBe(promptTokenIds.length + 8);
  });

  it('draws by the seed', async () => {
    const draw = (seed: number) => model.complete('', { maxTokens: 25, temperature: 1.2, topK: 0, seed });
    const [a, b, c] = [await draw(1), await draw(1), await draw(2)];
    expect(a.tokenIds).toEqual(b.tokenIds);
    expect(a.tokenIds).not.toEqual(c.tokenIds);
  });

  it('stops at a stop string that straddles tokens, and shows nothing of it', async () => {
    const { text } = await model.complete('', { maxTokens: 60 });
    const at = text.indexOf(' lived in');
    expect(at).toBeGreaterThan(0);
    const stopped = await model.complete('', { maxTokens: 60, stop: ['nowhere', 'ed in'] });
    expect(stopped.stopReason).toBe('stop-string');
    expect(text.startsWith(stopped.text)).toBe(true);
    expect(text.slice(stopped.text.length).startsWith('ed in')).toBe(true);
  });

  it('ends at the end of the context, and says so', async () => {
    const result = await model.complete('', { maxTokens: 1000, ignoreEndOfGeneration: true });
    expect(result.stopReason).toBe('context');
    // BOS and all but the last generated token are in the cache.
    expect(result.tokenIds).toHaveLength(128);
  });

  it('refuses a prompt that is longer than the context, before running it', async () => {
    const error = await rejection(() => model.complete(Array<number>(129).fill(1)));
    expect(isMirustError(error, 'RUNTIME_CONTEXT')).toBe(true);
    const fits = await model.complete(Array<number>(128).fill(65), { maxTokens: 5 });
    expect(fits.stopReason).toBe('context');
    expect(fits.tokenIds).toHaveLength(1);
  });

  it('refuses bad arguments with RangeError and stays usable', async () => {
    for (const options of [{ maxTokens: -1 }, { maxTokens: 1.5 }, { temperature: -1 }, { stop: [''] }]) {
      expect(await rejection(() => model.complete('', options))).toBeInstanceOf(RangeError);
    }
    for (const prompt of [[], [-1], [1024], [0.5], [Number.NaN]]) {
      expect(await rejection(() => model.complete(prompt))).toBeInstanceOf(RangeError);
    }
    expect(await rejection(() => model.feed([1], { logitsRows: 2 }))).toBeInstanceOf(RangeError);
    expect((await model.complete('', { maxTokens: 1 })).tokenIds).toHaveLength(1);
    expect((await model.complete('', { maxTokens: 0 })).tokenIds).toHaveLength(0);
  });

  it('is one at a time', async () => {
    const running = model.complete('', { maxTokens: 5 });
    expect(await rejection(() => model.complete('', { maxTokens: 1 }))).toBeInstanceOf(TypeError);
    await running;
    // A stream that its reader leaves gives the model back.
    for await (const _piece of model.generate('', { maxTokens: 5 })) break;
    expect((await model.complete('', { maxTokens: 1 })).tokenIds).toHaveLength(1);
  });

  it('aborts between operations and keeps the model', async () => {
    const expected = await model.complete('', { maxTokens: 10 });
    const controller = new AbortController();
    const stream = model.generate('', { maxTokens: 50, signal: controller.signal });
    await stream.next();
    controller.abort();
    expect(await rejection(() => stream.next())).toMatchObject({ name: 'AbortError' });
    const gone = AbortSignal.abort(new Error('never started'));
    expect(await rejection(() => model.complete('', { signal: gone }))).toMatchObject({ message: 'never started' });
    expect((await model.complete('', { maxTokens: 10 })).tokenIds).toEqual(expected.tokenIds);
  });

  it('lets events through between the short runs of a small model', async () => {
    const controller = new AbortController();
    setImmediate(() => controller.abort());
    const long = { maxTokens: 400, ignoreEndOfGeneration: true, signal: controller.signal };
    expect(await rejection(() => model.complete('', long))).toMatchObject({ name: 'AbortError' });
  });

  it('wipes the cache on request', async () => {
    await model.complete('A secret', { maxTokens: 2 });
    model.reset({ wipe: true });
    expect(model.position).toBe(0);
  });

  it('has diagnostics that follow their schema, measured or absent', async () => {
    const fresh = await loadBytes(await packPath(STORY), { ...backend, context: 64 });
    expect(validateDiagnostics(fresh.diagnostics())).toMatchObject({ ok: true });
    expect(fresh.diagnostics().prefill).toBeUndefined();
    expect(fresh.diagnostics().operations).toBeUndefined();
    expect(fresh.diagnostics().artifact.rootDigest).toMatch(/^[0-9a-f]{64}$/);
    await fresh.complete('Once upon', { maxTokens: 3 });
    const after = fresh.diagnostics();
    expect(validateDiagnostics(after)).toMatchObject({ ok: true });
    expect(after.prefill?.tokens).toBeGreaterThan(1);
    expect(after.decode?.tokens).toBe(2);
    fresh.free();
    const profiled = await loadPath(STORY, { ...backend, profile: true, context: 64 });
    await profiled.complete('Once upon', { maxTokens: 3 });
    const operations = profiled.diagnostics().operations ?? [];
    expect(operations.find(({ phase, kind }) => phase === 'decode' && kind === 'attention')?.calls).toBe(2 * 4);
    profiled.free();
  });

  it('says that it was freed', async () => {
    const freed = await loadPath(STORY, { ...backend, context: 16 });
    freed.free();
    freed.free();
    expect(await rejection(() => freed.step(1))).toBeInstanceOf(TypeError);
    expect(() => freed.reset()).toThrow(TypeError);
    expect(() => freed.diagnostics()).toThrow(TypeError);
  });
});

describe('an embedding with spare rows behind the vocabulary', () => {
  it('never says an id that has no token, greedy or drawn, and takes one in a prompt', async () => {
    const imported = { model: byteTokenizerModel(), warnings: [] };
    const padded = { ...noiseCheckpoint({ ...SMALL, vocabSize: 900 }), readTokenizer: async () => imported };
    const model = await loadModel(padded);
    for (const temperature of [0, 2]) {
      for (const prompt of ['abc', [256, 899]]) {
        const { tokenIds } = await model.complete(prompt, { maxTokens: 40, temperature, topK: 0 });
        expect(tokenIds.every((id) => id < 260)).toBe(true);
      }
    }
    model.free();
  });
});

describe('loading', () => {
  it('refuses a context beyond the declared one, impossible threads, an unknown type', async () => {
    const load = (options: LoadOptions) => rejection(() => loadModel(noiseCheckpoint(SMALL), options));
    expect(isMirustError(await load({ context: 257 }), 'MODEL_CONTEXT')).toBe(true);
    expect(await load({ threads: 0 })).toBeInstanceOf(RangeError);
    expect(await load({ threads: 65 })).toBeInstanceOf(RangeError);
    expect(await load({ context: 0 })).toBeInstanceOf(RangeError);
    const odd = noiseCheckpoint(SMALL);
    const tensor = odd.tensors.get('norm.weight') as CheckpointTensor;
    const encoding = { dtype: 'i32', blockSize: 0, scaleType: 'f32' } as const;
    const tensors = new Map([...odd.tensors, ['norm.weight', { ...tensor, encoding }]]);
    const error = await rejection(() => loadModel({ ...odd, tensors }));
    expect(isMirustError(error, 'RUNTIME_DTYPE')).toBe(true);
  });

  it('refuses more memory than the platform gives, as a typed error', async () => {
    const h = { ...SMALL, maxContext: 2 ** 30 };
    const load = (backend: BackendName) =>
      rejection(() => loadModel(noiseCheckpoint(h), { context: 2 ** 30, backend }));
    expect(isMirustError(await load('auto'), 'RUNTIME_WASM_CEILING')).toBe(true);
    expect(isMirustError(await load('reference'), 'RUNTIME_MEMORY')).toBe(true);
  });

  it('passes on what reading throws, and an abort', async () => {
    const checkpoint = noiseCheckpoint(SMALL);
    const broken = new Error('the disk is gone');
    const tensor = checkpoint.tensors.get('layers.1.w2.weight') as CheckpointTensor;
    const failing = { ...tensor, readRows: () => Promise.reject(broken) };
    const tensors = new Map([...checkpoint.tensors, ['layers.1.w2.weight', failing]]);
    expect(await rejection(() => loadModel({ ...checkpoint, tensors }))).toBe(broken);
    const signal = AbortSignal.abort(new Error('enough'));
    expect(await rejection(() => loadModel(checkpoint, { signal }))).toMatchObject({ message: 'enough' });
  });

  it('needs a tokenizer for text alone', async () => {
    const model = await loadModel(noiseCheckpoint(SMALL));
    const error = await rejection(() => model.complete('hello'));
    expect(isMirustError(error, 'RUNTIME_NO_TOKENIZER')).toBe(true);
    expect((await model.complete([1, 2], { maxTokens: 3 })).tokenIds).toHaveLength(3);
    model.free();
  });

  it('reports progress that ends at the whole', async () => {
    const seen: number[] = [];
    let whole = 0;
    await loadModel(noiseCheckpoint(SMALL), {
      onProgress: (done, total) => {
        seen.push(done);
        whole = total;
      },
    });
    expect(seen.at(-1)).toBe(whole);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });
});
