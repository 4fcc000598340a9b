/** The outline of a model that the runtime runs. */
import type { ModelDescription, TensorSpec } from '@mirust/model';
import type { ModelOutline, OutlineTensor } from './outline.ts';

/** The contract under GGUF's names, every layer with the same cache. */
export function outlineOfDescription(description: ModelDescription): ModelOutline {
  const h = description.hyperparameters;
  const layer = {
    kvHeadCount: h.kvHeadCount,
    keyDim: h.headDim,
    valueDim: h.headDim,
    ...(h.slidingWindow === undefined ? {} : { slidingWindow: h.slidingWindow }),
  };
  return {
    architecture: description.architecture,
    tensors: description.contract.map(outlineTensor),
    cache: Array.from({ length: h.layerCount }, () => layer),
    attention: { headCount: h.headCount, headDim: h.headDim },
    maxContext: h.maxContext,
    description,
  };
}

function outlineTensor({ aliases, shape, role }: TensorSpec): OutlineTensor {
  const layer = /^blk\.(\d+)\./.exec(aliases.gguf)?.[1];
  return { name: aliases.gguf, shape, role, ...(layer === undefined ? {} : { layer: Number(layer) }) };
}
