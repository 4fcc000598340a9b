/** @packageDocumentation The memory of a model, from the layout that the runtime allocates. */

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
export type { LayerCache, ModelOutline, OutlineRole, OutlineTensor } from './outline/outline.ts';
export * from './plan.ts';
