/** @packageDocumentation The memory of a model, from the layout that the runtime allocates. */

export type { CatalogueEntry } from './catalogue/entry.ts';
export { catalogue, catalogueEntryOf, findModel, nearModelNames, outlineOfEntry } from './catalogue/find.ts';
export { outlineOfConfig, readOutlineConfig } from './outline/config.ts';
export { outlineOfDescription } from './outline/description.ts';
export { type ListedTensor, outlineOfMetadata, outlineOfTensors, readOutlineMetadata } from './outline/metadata.ts';
export type { LayerCache, ModelOutline, OutlineRole, OutlineTensor } from './outline/outline.ts';
export { type ParameterCounts, parameterCounts } from './outline/parameter-counts.ts';
export type {
  AttentionParameters,
  ExpertParameters,
  LatentParameters,
  OutlineParameters,
} from './outline/parameters.ts';
export * from './plan.ts';
