/** @packageDocumentation Converts: source, recipe, artifact. Layout first, tiles, atomic output. */
export { type ConversionReport, type ConvertedTensor, type ConvertOptions, convert } from './convert.ts';
export * from './errors.ts';
export { FIXTURE_NAMES, fixtureCheckpoint } from './fixture.ts';
export { type ManifestOptions, manifestOf, sidecarOf } from './manifest.ts';
export { type ConversionPlan, planConversion } from './plan.ts';
export type { ArtifactFormat, ConversionRequest, RowLayout } from './request.ts';
export {
  beginSourceDigests,
  type DigestOptions,
  digestSources,
  pendingSources,
  type SourceDigests,
} from './source-digests.ts';
export type { ArtifactDigest } from './target.ts';
export { cutTiles, type Tile } from './tiles.ts';
export { defaultThreads, startWorkers, type Workers } from './workers.ts';
