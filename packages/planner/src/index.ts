/** @packageDocumentation The memory of a model, from the layout that the runtime allocates. */

export type { PlanComponent, PlanReport } from '@mirust/schemas';
export { type BudgetQuestion, planBudget, type QuantizationChoice, tradeoffTable } from './budget/index.ts';
export type { CatalogueEntry } from './catalogue/entry.ts';
export { catalogue, catalogueEntryOf, findModel, nearModelNames, outlineOfEntry } from './catalogue/find.ts';
export { createComponentPlanner, type PlannedMemory, sumOf } from './components.ts';
export { PLANNER_ERRORS } from './errors.ts';
export * from './host/index.ts';
export { type PlanInput, planInputOf, planInputOfConfiguration, planInputOfEntry, planInputOfModel } from './input.ts';
export {
  FILE_TYPE_ALIASES,
  FILE_TYPE_NAMES,
  FILE_TYPES,
  type FileType,
  type FileTypeName,
  fileTypeInfo,
  findFileType,
} from './mixes/file-types.ts';
export { type MixOptions, mixEncodings } from './mixes/mix-encodings.ts';
export { bitsPerWeight, QUANTIZATION_NAMES, quantizedEncodings } from './mixes/quantized-encodings.ts';
export { recipeEncodings } from './mixes/recipe-encodings.ts';
export { PLANNED_KV_TYPES, type PlannedKvType, type PlanOptions } from './options.ts';
export { outlineOfConfig, readOutlineConfig } from './outline/config.ts';
export { outlineOfDescription } from './outline/description.ts';
export { type ListedTensor, outlineOfMetadata, outlineOfTensors, readOutlineMetadata } from './outline/metadata.ts';
export type { LayerCache, ModelOutline, OutlineRole, OutlineTensor } from './outline/outline.ts';
export { parameterCounts } from './outline/parameter-counts.ts';
export type {
  AttentionParameters,
  ExpertParameters,
  LatentParameters,
  OutlineParameters,
} from './outline/parameters.ts';
export { planMemory } from './plan.ts';
export { planProcess, processTotal } from './process.ts';
export { quantizationChoices, quantizedInput } from './quantized.ts';
