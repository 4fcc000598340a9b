/** @packageDocumentation Loads a verified artifact and generates text. */
export type { Backend, RunRequest } from './backend.ts';
export type { Diagnostics } from './diagnostics.ts';
export { type Divergence, klDivergence, measureDivergence } from './divergence.ts';
export * from './errors.ts';
export { type EvaluateOptions, type Evaluation, evaluate, logProbability, splitDocuments } from './evaluate.ts';
export * from './generate.ts';
export { type BackendName, type LoadOptions, loadModel } from './load.ts';
export { measureSpeed, type SpeedOptions, type SpeedReport } from './measure-speed.ts';
export { allocateMemory, type ModelMemory } from './memory.ts';
export type { ArtifactIdentity, FeedOptions, Model } from './model.ts';
export type { OperationTime, Phase } from './profile.ts';
export { createRandom, type RandomSource } from './random.ts';
export {
  argmax,
  createSampler,
  type LogitSearch,
  MAX_TOP_K,
  resolveSampling,
  type Sampler,
  type SamplingOptions,
} from './sampler.ts';
export { createStopWatch, type StopWatch } from './stop-strings.ts';
export { Tape, type TapeBlock, type TapeMark, type TapeOptions, type TapeStat } from './tape.ts';
