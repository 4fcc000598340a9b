/**
 * The shapes of the random models. Speed depends on shapes and types, not on values, so a random model stands for the
 * published one it is named after.
 */

/** A llama as `describeModel` takes it; `maxContext` leaves room to decode behind 2,048 positions in every shape. */
function llama(hyperparameters) {
  return { maxContext: 4096, rmsNormEpsilon: 1e-5, headDim: 64, ...hyperparameters };
}

/** Shapes by the name that rows and file names carry. */
export const SHAPES = {
  '135M': llama({
    vocabSize: 49_152,
    hiddenSize: 576,
    layerCount: 30,
    headCount: 9,
    kvHeadCount: 3,
    ffnSize: 1536,
    ropeTheta: 100_000,
    tiedOutput: true,
  }),
  '1.1B': llama({
    vocabSize: 32_000,
    hiddenSize: 2048,
    layerCount: 22,
    headCount: 32,
    kvHeadCount: 4,
    ffnSize: 5632,
    ropeTheta: 10_000,
    tiedOutput: false,
  }),
  /** For what does not depend on the size, and for tests: any backend runs it at once. */
  '1M': llama({
    vocabSize: 1024,
    hiddenSize: 128,
    layerCount: 4,
    headCount: 4,
    kvHeadCount: 2,
    ffnSize: 352,
    ropeTheta: 10_000,
    tiedOutput: true,
    headDim: 32,
  }),
};
