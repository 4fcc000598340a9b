/**
 * The tensors of an SLM1 model. Names are not stored: a reader hashes the names that a model of this shape has and
 * looks the directory's hashes up.
 */
import type { Shape } from '@mirust/core';
import { fnv1a64 } from '@mirust/integrity';
import type { HyperparameterRecord } from '@mirust/schemas';

/** Name and shape of every tensor, in the order in which the forward pass needs them, the output matrix third. */
export function slm1TensorShapes(h: HyperparameterRecord): { readonly name: string; readonly shape: Shape }[] {
  const { vocabSize, hiddenSize, ffnSize, kvHeadCount, headDim } = h;
  const kvSize = kvHeadCount * headDim;
  const shapes: { name: string; shape: Shape }[] = [
    { name: 'tok_embeddings.weight', shape: [vocabSize, hiddenSize] },
    { name: 'norm.weight', shape: [hiddenSize] },
  ];
  if (!h.tiedOutput) shapes.push({ name: 'output.weight', shape: [vocabSize, hiddenSize] });
  for (let layer = 0; layer < h.layerCount; layer++) {
    const add = (name: string, ...shape: number[]): void => {
      shapes.push({ name: `layers.${layer}.${name}.weight`, shape });
    };
    add('attn_norm', hiddenSize);
    add('wq', hiddenSize, hiddenSize);
    add('wk', kvSize, hiddenSize);
    add('wv', kvSize, hiddenSize);
    add('wo', hiddenSize, hiddenSize);
    add('ffn_norm', hiddenSize);
    add('w1', ffnSize, hiddenSize);
    add('w3', ffnSize, hiddenSize);
    add('w2', hiddenSize, ffnSize);
  }
  return shapes;
}

/** How many tensors a model of this shape has. */
export function slm1TensorCount(h: HyperparameterRecord): number {
  return (h.tiedOutput ? 2 : 3) + 9 * h.layerCount;
}

/** The hash that the directory stores for a name. */
export function slm1NameHash(name: string): bigint {
  return fnv1a64(name);
}
