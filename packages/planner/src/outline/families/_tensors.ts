/** The parts that layers are made of, under GGUF's names. Private to the families. */
import type { Shape } from '@mirust/core';
import type { OutlineTensor } from '../outline.ts';
import type { OutlineParameters } from '../parameters.ts';
import { layerOf, roleOf } from '../roles.ts';

/** What a part gives: tensors of one layer. */
export type LayerPart = (p: OutlineParameters, layer: number) => OutlineTensor[];

/** One tensor, its role and layer read off its name. */
export function tensor(name: string, shape: Shape, experts?: OutlineTensor['experts']): OutlineTensor {
  const layer = layerOf(name);
  return {
    name,
    shape,
    role: roleOf(name),
    ...(layer === undefined ? {} : { layer }),
    ...(experts === undefined ? {} : { experts }),
  };
}

/** A weight, and a bias of as many values as it has rows. */
export function linear(name: string, shape: Shape, bias = false): OutlineTensor[] {
  const weight = tensor(`${name}.weight`, shape);
  return bias ? [weight, tensor(`${name}.bias`, [shape[0] ?? 0])] : [weight];
}

/** A norm over `width` values: RMSNorm has a weight, LayerNorm mostly a bias as well. */
export function norm(name: string, width: number, bias = false): OutlineTensor[] {
  return linear(name, [width], bias);
}

/** A norm over the hidden size. */
export function hiddenNorm(name: string, bias = false): LayerPart {
  return (p, layer) => norm(`blk.${layer}.${name}`, p.hiddenSize, bias);
}

/** Queries, keys, values and output as four matrices. */
export const splitAttention: LayerPart = (p, layer) => {
  const at = `blk.${layer}.attn_`;
  return [
    ...linear(`${at}q`, [p.headCount * p.keyDim, p.hiddenSize], p.qkvBias),
    ...linear(`${at}k`, [p.kvHeadCount * p.keyDim, p.hiddenSize], p.qkvBias),
    ...linear(`${at}v`, [p.kvHeadCount * p.valueDim, p.hiddenSize], p.qkvBias),
    ...linear(`${at}output`, [p.hiddenSize, p.headCount * p.valueDim], p.attentionOutputBias),
  ];
};

/** Queries, keys and values in one matrix, and the output. */
export const fusedAttention: LayerPart = (p, layer) => {
  const rows = (p.headCount + p.kvHeadCount) * p.keyDim + p.kvHeadCount * p.valueDim;
  return [
    ...linear(`blk.${layer}.attn_qkv`, [rows, p.hiddenSize], p.qkvBias),
    ...linear(`blk.${layer}.attn_output`, [p.hiddenSize, p.headCount * p.valueDim], p.attentionOutputBias),
  ];
};

/** Norms of queries and keys, one weight per value of a head, shared by all heads. */
export const sharedHeadNorms: LayerPart = (p, layer) => [
  tensor(`blk.${layer}.attn_q_norm.weight`, [p.keyDim]),
  tensor(`blk.${layer}.attn_k_norm.weight`, [p.keyDim]),
];

/** Norms of queries and keys over all heads at once. */
export const rowNorms: LayerPart = (p, layer) => [
  tensor(`blk.${layer}.attn_q_norm.weight`, [p.headCount * p.keyDim]),
  tensor(`blk.${layer}.attn_k_norm.weight`, [p.kvHeadCount * p.keyDim]),
];

/** Norms of queries and keys with weights of their own for every head. */
export const perHeadNorms: LayerPart = (p, layer) => [
  tensor(`blk.${layer}.attn_q_norm.weight`, [p.headCount, p.keyDim]),
  tensor(`blk.${layer}.attn_k_norm.weight`, [p.kvHeadCount, p.keyDim]),
];

/** Gate, up and down: SwiGLU, GeGLU. */
export const gatedFfn: LayerPart = (p, layer) => gated(p, `blk.${layer}.ffn_`, '', p.ffnSize);

/** Up and down, without a gate. */
export const plainFfn: LayerPart = (p, layer) => [
  ...linear(`blk.${layer}.ffn_up`, [p.ffnSize, p.hiddenSize], p.ffnBias),
  ...linear(`blk.${layer}.ffn_down`, [p.hiddenSize, p.ffnSize], p.ffnBias),
];

/** Gate and up in one matrix, which GGUF calls `ffn_up`, and down. */
export const fusedFfn: LayerPart = (p, layer) => [
  ...linear(`blk.${layer}.ffn_up`, [2 * p.ffnSize, p.hiddenSize], p.ffnBias),
  ...linear(`blk.${layer}.ffn_down`, [p.hiddenSize, p.ffnSize], p.ffnBias),
];

/** A router and stacked experts, with the expert that all tokens share where there is one; dense layers are gated. */
export const expertFfn: LayerPart = (p, layer) => {
  const { experts } = p;
  if (experts === undefined || experts.denseLayers.has(layer)) return gatedFfn(p, layer);
  const at = `blk.${layer}.ffn_`;
  const stacked = (name: string, ...shape: number[]): OutlineTensor[] => {
    const routed = { count: experts.count, used: experts.used };
    const weight = tensor(`${at}${name}_exps.weight`, [experts.count, ...shape], routed);
    return p.ffnBias ? [weight, tensor(`${at}${name}_exps.bias`, [experts.count, shape[0] ?? 0], routed)] : [weight];
  };
  return [
    ...linear(`${at}gate_inp`, [experts.count, p.hiddenSize], p.ffnBias),
    ...stacked('gate', experts.ffnSize, p.hiddenSize),
    ...stacked('up', experts.ffnSize, p.hiddenSize),
    ...stacked('down', p.hiddenSize, experts.ffnSize),
    ...(experts.sharedFfnSize === undefined ? [] : gated(p, at, '_shexp', experts.sharedFfnSize)),
  ];
};

/** A layer out of its parts, in their order. */
export function layerOfParts(...parts: readonly LayerPart[]): LayerPart {
  return (p, layer) => parts.flatMap((part) => part(p, layer));
}

/** Embedding, last norm and, where it is not tied, the output matrix. */
export function outsideLayers(p: OutlineParameters, normBias = false): OutlineTensor[] {
  return [
    tensor('token_embd.weight', [p.vocabSize, p.hiddenSize]),
    ...norm('output_norm', p.hiddenSize, normBias),
    ...(p.tiedOutput ? [] : [tensor('output.weight', [p.vocabSize, p.hiddenSize])]),
  ];
}

function gated(p: OutlineParameters, at: string, suffix: string, ffnSize: number): OutlineTensor[] {
  return [
    ...linear(`${at}gate${suffix}`, [ffnSize, p.hiddenSize], p.ffnBias),
    ...linear(`${at}up${suffix}`, [ffnSize, p.hiddenSize], p.ffnBias),
    ...linear(`${at}down${suffix}`, [p.hiddenSize, ffnSize], p.ffnBias),
  ];
}
