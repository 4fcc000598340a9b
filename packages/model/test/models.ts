/** Hyperparameters of known models, and random small ones: inputs of this package's tests. */
import fc from 'fast-check';
import type { Hyperparameters } from '../src/index.ts';

const llama = (hiddenSize: number, layerCount: number, headCount: number, ffnSize: number): Hyperparameters => ({
  vocabSize: 32_000,
  hiddenSize,
  layerCount,
  headCount,
  kvHeadCount: headCount,
  headDim: hiddenSize / headCount,
  ffnSize,
  maxContext: 4096,
  ropeTheta: 10_000,
  rmsNormEpsilon: 1e-6,
  tiedOutput: false,
});

/** LLaMA sizes with their exact parameter counts (arXiv 2302.13971 and the released checkpoints). */
export const LLAMA_SIZES: readonly (readonly [string, Hyperparameters, number])[] = [
  ['7B', llama(4096, 32, 32, 11_008), 6_738_415_616],
  ['13B', llama(5120, 40, 40, 13_824), 13_015_864_320],
  ['30B', llama(6656, 60, 52, 17_920), 32_528_943_616],
  ['65B', llama(8192, 80, 64, 22_016), 65_285_660_672],
];

/** TinyLM-16M: the published shape of SLM1's golden files. */
export const TINY_LM: Hyperparameters = { ...llama(512, 4, 8, 2048), vocabSize: 260, maxContext: 512 };

/** SLM1's tiny fixture. */
export const TINY_FIXTURE: Hyperparameters = { ...llama(8, 1, 2, 16), vocabSize: 260, maxContext: 16 };

/** Small models of every shape that the contract allows. */
export const smallModels: fc.Arbitrary<Hyperparameters> = fc
  .record({
    kvHeadCount: fc.integer({ min: 1, max: 4 }),
    group: fc.integer({ min: 1, max: 4 }),
    halfHeadDim: fc.integer({ min: 1, max: 8 }),
    hiddenSize: fc.integer({ min: 1, max: 70 }),
    ffnSize: fc.integer({ min: 1, max: 70 }),
    layerCount: fc.integer({ min: 1, max: 4 }),
    vocabSize: fc.integer({ min: 1, max: 300 }),
    tiedOutput: fc.boolean(),
    slidingWindow: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
    factors: fc.boolean(),
  })
  .map(({ group, halfHeadDim, slidingWindow, factors, ...rest }) => ({
    ...rest,
    headCount: rest.kvHeadCount * group,
    headDim: halfHeadDim * 2,
    maxContext: 128,
    ropeTheta: 10_000,
    rmsNormEpsilon: 1e-5,
    ...(slidingWindow === undefined ? {} : { slidingWindow }),
    ...(factors ? { ropeScaling: { type: 'factors' as const } } : {}),
  }));
