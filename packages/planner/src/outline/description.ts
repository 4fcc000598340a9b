/** The outline of a model that the runtime has a program for. */
import type { ModelDescription } from '@mirust/model';
import type { ModelOutline } from './outline.ts';
import { layerOf } from './roles.ts';

/** The outline of a description: its contract under GGUF's names, and the description itself. */
export function outlineOfDescription(model: ModelDescription): ModelOutline {
  const { hyperparameters: h, contract } = model;
  const cache = {
    kvHeadCount: h.kvHeadCount,
    keyDim: h.headDim,
    valueDim: h.headDim,
    ...(h.slidingWindow === undefined ? {} : { slidingWindow: h.slidingWindow }),
  };
  return {
    architecture: model.architecture,
    tensors: contract.map(({ shape, role, aliases }) => {
      const layer = layerOf(aliases.gguf);
      return { name: aliases.gguf, shape, role, ...(layer === undefined ? {} : { layer }) };
    }),
    cache: Array.from({ length: h.layerCount }, () => cache),
    attention: { headCount: h.headCount, headDim: h.headDim },
    maxContext: h.maxContext,
    description: model,
  };
}
