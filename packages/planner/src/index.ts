/** @packageDocumentation The memory of a model, from the layout that the runtime allocates. */

export * from './host/index.ts';
export type { LayerCache, ModelOutline, OutlineRole, OutlineTensor } from './outline/outline.ts';
export * from './plan.ts';
