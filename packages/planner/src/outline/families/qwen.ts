/** Qwen 2 and 3 and their mixtures: as Llama, with biases of queries, keys and values (2) or norms of queries and keys (3). */
import { optionalBoolean, optionalNumber, requiredNumber } from '@mirust/model';
import { denseLayersOfQwen, readDecoder, windowEverywhere, windowOfQwen, withDefaults } from './_config.ts';
import {
  expertFfn,
  gatedFfn,
  hiddenNorm,
  layerOfParts,
  outsideLayers,
  sharedHeadNorms,
  splitAttention,
  tensor,
} from './_tensors.ts';
import type { OutlineFamily } from './family.ts';

/** `Qwen2ForCausalLM`: Qwen 2 and 2.5. */
export const qwen2: OutlineFamily = {
  architecture: 'qwen2',
  modelType: 'qwen2',
  className: 'Qwen2ForCausalLM',
  fullAttentionEvery: 0,
  read(config) {
    const complete = withDefaults(config, { max_position_embeddings: 32_768, num_key_value_heads: 32 });
    const p = readDecoder('qwen2', complete);
    return windowOfQwen({ ...p, qkvBias: true, attentionOutputBias: false, ffnBias: false }, complete);
  },
  outside: outsideLayers,
  layer: layerOfParts(hiddenNorm('attn_norm'), splitAttention, hiddenNorm('ffn_norm'), gatedFfn),
};

/** `Qwen2MoeForCausalLM`: besides the routed experts, one that all tokens share, behind a gate. */
export const qwen2moe: OutlineFamily = {
  architecture: 'qwen2moe',
  modelType: 'qwen2_moe',
  className: 'Qwen2MoeForCausalLM',
  fullAttentionEvery: 0,
  read(config) {
    const defaults = { max_position_embeddings: 32_768, num_key_value_heads: 16 };
    const complete = withDefaults(config, defaults);
    const p = readDecoder('qwen2moe', complete);
    const experts = {
      count: requiredNumber(complete, 'num_experts'),
      used: requiredNumber(complete, 'num_experts_per_tok'),
      ffnSize: requiredNumber(complete, 'moe_intermediate_size'),
      sharedFfnSize: requiredNumber(complete, 'shared_expert_intermediate_size'),
      denseLayers: denseLayersOfQwen(complete, p.layerCount),
    };
    const qkvBias = optionalBoolean(complete, 'qkv_bias') ?? true;
    return windowOfQwen({ ...p, qkvBias, attentionOutputBias: false, ffnBias: false, experts }, complete);
  },
  outside: outsideLayers,
  layer: layerOfParts(hiddenNorm('attn_norm'), splitAttention, hiddenNorm('ffn_norm'), expertFfn, (p, layer) =>
    p.experts === undefined || p.experts.denseLayers.has(layer)
      ? []
      : [tensor(`blk.${layer}.ffn_gate_inp_shexp.weight`, [p.hiddenSize])],
  ),
};

/** `Qwen3ForCausalLM`. */
export const qwen3: OutlineFamily = {
  architecture: 'qwen3',
  modelType: 'qwen3',
  className: 'Qwen3ForCausalLM',
  fullAttentionEvery: 0,
  read(config) {
    const defaults = { max_position_embeddings: 32_768, num_key_value_heads: 32, head_dim: 128 };
    const complete = withDefaults(config, defaults);
    return windowOfQwen({ ...readDecoder('qwen3', complete), ffnBias: false }, complete);
  },
  outside: outsideLayers,
  layer: layerOfParts(hiddenNorm('attn_norm'), splitAttention, sharedHeadNorms, hiddenNorm('ffn_norm'), gatedFfn),
};

/** `Qwen3MoeForCausalLM`. */
export const qwen3moe: OutlineFamily = {
  architecture: 'qwen3moe',
  modelType: 'qwen3_moe',
  className: 'Qwen3MoeForCausalLM',
  fullAttentionEvery: 0,
  read(config) {
    const complete = withDefaults(config, { max_position_embeddings: 32_768, num_key_value_heads: 4 });
    const p = readDecoder('qwen3moe', complete);
    const experts = {
      count: requiredNumber(complete, 'num_experts', 'num_local_experts'),
      used: optionalNumber(complete, 'num_experts_per_tok') ?? 8,
      ffnSize: requiredNumber(complete, 'moe_intermediate_size'),
      denseLayers: denseLayersOfQwen(complete, p.layerCount),
    };
    const mixture = { ...p, ffnBias: false, experts };
    return optionalBoolean(complete, 'use_sliding_window') === true ? windowEverywhere(mixture, complete) : mixture;
  },
  outside: outsideLayers,
  layer: layerOfParts(hiddenNorm('attn_norm'), splitAttention, sharedHeadNorms, hiddenNorm('ffn_norm'), expertFfn),
};
