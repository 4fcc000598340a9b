/** Backends against each other: the same text, the same bits on any number of threads, floats within a stated bound. */
import type { Hyperparameters, KvType } from '@mirust/model';
import { loadModel } from '@mirust/runtime';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BACKENDS, type BackendCase } from './backends.ts';
import { loadBytes, noiseCheckpoint, openBytes, packCheckpoint, packPath, ROOT, withTokenizer } from './support.ts';

const STORY = `${ROOT}/fixtures/story/hf`;
const WASM = BACKENDS.filter(({ options }) => options.backend === 'wasm');

describe.each(['keep', 'f16', 'q8', 'q4'])('the shipped model at %s', (quant) => {
  it('tells the same greedy story on every backend, in every chunk', async () => {
    const artifact = await packPath(STORY, { quant });
    const texts = new Set<string>();
    for (const { options } of BACKENDS) {
      for (const chunk of options.backend === 'reference' ? [64] : [64, 5]) {
        const model = await loadBytes(artifact, { ...options, chunk, context: 256 });
        texts.add((await model.complete('Once upon a time, there was a little boat', { maxTokens: 150 })).text);
        model.free();
      }
    }
    expect([...texts]).toHaveLength(1);
  });
});

/** Shapes that real models have and shapes that only a test has. */
const shapes: fc.Arbitrary<Hyperparameters> = fc
  .record({
    headDim: fc.constantFrom(2, 4, 6, 16, 20, 64, 80, 128, 256),
    kvHeadCount: fc.constantFrom(1, 2, 3),
    group: fc.integer({ min: 1, max: 8 }),
    hiddenSize: fc.constantFrom(8, 24, 32, 40, 64, 100),
    ffnSize: fc.constantFrom(1, 7, 20, 32, 172),
    vocabSize: fc.constantFrom(260, 261, 300),
    layerCount: fc.constantFrom(1, 2),
    slidingWindow: fc.constantFrom(undefined, 1, 7, 40),
    tiedOutput: fc.boolean(),
  })
  .map(({ group, slidingWindow, ...rest }) => ({
    ...rest,
    headCount: rest.kvHeadCount * group,
    maxContext: 512,
    ropeTheta: 10_000,
    rmsNormEpsilon: 1e-5,
    ...(slidingWindow === undefined ? {} : { slidingWindow }),
  }));

describe('models of random shapes', () => {
  /** Logits behind each of the tokens. */
  async function run(
    artifact: Uint8Array,
    { options }: BackendCase,
    kvType: KvType,
    chunk: number,
    tokens: readonly number[],
  ): Promise<Float32Array> {
    const model = await loadModel(await openBytes(artifact), { ...options, kvType, chunk, logitsRows: chunk });
    const parts: Float32Array[] = [];
    for (let at = 0; at < tokens.length; at += chunk) {
      const part = tokens.slice(at, at + chunk);
      parts.push(await model.feed(part, { logitsRows: part.length }));
    }
    model.free();
    return Float32Array.from(parts.flatMap((part) => [...part]));
  }

  it('give logits of the same bits on 1 to 4 threads and in any chunks, near the reference', async () => {
    await fc.assert(
      fc.asyncProperty(
        shapes,
        fc.constantFrom('f32', 'bf16', 'q8', 'q4'),
        fc.constantFrom<KvType>('f32', 'f16', 'q8'),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 70 }),
        async (h, quant, kvType, chunk, length) => {
          const artifact = await packCheckpoint(withTokenizer(noiseCheckpoint(h)), { quant });
          const tokens = Array.from({ length }, (_, i) => (i * 7 + 3) % h.vocabSize);
          const reference = await run(artifact, BACKENDS[0] as BackendCase, kvType, length, tokens);
          // A rounding that falls the other way moves a code of activations or cache by one step, so the bound follows the types.
          const scale = Math.max(1e-3, ...reference.map(Math.abs));
          const bound =
            scale * (quant === 'q8' || quant === 'q4' || kvType === 'q8' ? 0.05 : kvType === 'f16' ? 5e-3 : 1e-4);
          const byBuild = new Map<string, Float32Array>();
          for (const backend of WASM) {
            const logits = await run(artifact, backend, kvType, chunk, tokens);
            const difference = logits.reduce(
              (most, value, i) => Math.max(most, Math.abs(value - (reference[i] ?? NaN))),
              0,
            );
            expect(difference).toBeLessThan(bound);
            // Threads use the best build, which is the last one: its bits are theirs.
            byBuild.set(backend.name, logits);
          }
          const threaded = [...byBuild].filter(([name]) => name.includes('threads')).map(([, logits]) => logits);
          for (const logits of threaded) expect(logits).toEqual(threaded[0]);
          const single = await run(
            artifact,
            { name: '', options: { backend: 'wasm', threads: 1 } },
            kvType,
            length,
            tokens,
          );
          expect(single).toEqual(threaded[0]);
        },
      ),
      { numRuns: 25 },
    );
  });
});
