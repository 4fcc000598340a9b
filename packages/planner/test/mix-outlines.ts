/** Outlines of models, made by hand: inputs of the tests of mixes. */
import { describeModel, type Hyperparameters } from '@mirust/model';
import type { LayerCache, ModelOutline, OutlineRole, OutlineTensor } from '../src/index.ts';

/** A llama from its hyperparameters, with the names of GGUF. */
export function llamaOutline(hyperparameters: Hyperparameters): ModelOutline {
  const description = describeModel('llama', hyperparameters);
  const { headCount, kvHeadCount, headDim, layerCount } = hyperparameters;
  return {
    architecture: 'llama',
    tensors: description.contract.map(({ aliases, shape, role }) => ({ name: aliases.gguf, shape, role })),
    cache: Array.from({ length: layerCount }, () => ({ kvHeadCount, keyDim: headDim, valueDim: headDim })),
    attention: { headCount, headDim },
  };
}

/** Hyperparameters of Llama 3 and 3.1 in the sizes with shared heads (published configurations). */
export const llama3 = (
  hiddenSize: number,
  layerCount: number,
  headCount: number,
  ffnSize: number,
): Hyperparameters => ({
  vocabSize: 128_256,
  hiddenSize,
  layerCount,
  headCount,
  kvHeadCount: 8,
  headDim: 128,
  ffnSize,
  maxContext: 131_072,
  ropeTheta: 500_000,
  ropeScaling: { type: 'factors' },
  rmsNormEpsilon: 1e-5,
  tiedOutput: false,
});

/** What a dense model with grouped heads is made from, where norms differ between families. */
export interface DenseShape {
  readonly architecture: string;
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly layerCount: number;
  readonly headCount: number;
  readonly kvHeadCount: number;
  readonly headDim: number;
  readonly ffnSize: number;
  readonly tiedOutput: boolean;
  /** Norms of a layer, by the vector that each scales. */
  readonly norms: { readonly hidden: readonly string[]; readonly head: readonly string[] };
}

export function denseOutline(of: DenseShape): ModelOutline {
  const { vocabSize: V, hiddenSize: H, ffnSize: F, headDim: D, layerCount } = of;
  const [Q, K] = [of.headCount * D, of.kvHeadCount * D];
  const tensor = (name: string, shape: readonly number[], role: OutlineRole): OutlineTensor => ({ name, shape, role });
  const layer = (index: number): OutlineTensor[] => {
    const named = (name: string, shape: readonly number[], role: OutlineRole = 'matrix'): OutlineTensor => ({
      ...tensor(`blk.${index}.${name}.weight`, shape, role),
      layer: index,
    });
    return [
      ...of.norms.hidden.map((name) => named(name, [H], 'norm')),
      ...of.norms.head.map((name) => named(name, [D], 'norm')),
      named('attn_q', [Q, H]),
      named('attn_k', [K, H]),
      named('attn_v', [K, H]),
      named('attn_output', [H, Q]),
      named('ffn_gate', [F, H]),
      named('ffn_up', [F, H]),
      named('ffn_down', [H, F]),
    ];
  };
  const layers = Array.from({ length: layerCount }, (_, index) => index);
  const cache = layers.map((): LayerCache => ({ kvHeadCount: of.kvHeadCount, keyDim: D, valueDim: D }));
  return {
    architecture: of.architecture,
    tensors: [
      tensor('token_embd.weight', [V, H], 'embedding'),
      tensor('output_norm.weight', [H], 'norm'),
      ...(of.tiedOutput ? [] : [tensor('output.weight', [V, H], 'output')]),
      ...layers.flatMap(layer),
    ],
    cache,
    attention: { headCount: of.headCount, headDim: D },
  };
}

/** Gemma 3, without its vision part. */
export const gemma3 = (shape: Omit<DenseShape, 'architecture' | 'tiedOutput' | 'norms'>): ModelOutline =>
  denseOutline({
    ...shape,
    architecture: 'gemma3',
    tiedOutput: true,
    norms: {
      hidden: ['attn_norm', 'post_attention_norm', 'ffn_norm', 'post_ffw_norm'],
      head: ['attn_q_norm', 'attn_k_norm'],
    },
  });

/** Qwen 3, dense. */
export const qwen3 = (shape: Omit<DenseShape, 'architecture' | 'norms'>): ModelOutline =>
  denseOutline({
    ...shape,
    architecture: 'qwen3',
    norms: { hidden: ['attn_norm', 'ffn_norm'], head: ['attn_q_norm', 'attn_k_norm'] },
  });
