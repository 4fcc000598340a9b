/** Families that differ from Llama in one respect: Nemotron, Arcee, ERNIE 4.5, Seed-OSS. */
import { optionalBoolean } from '@mirust/model';
import { readDecoder, withDefaults } from './_config.ts';
import { gatedFfn, hiddenNorm, layerOfParts, outsideLayers, plainFfn, splitAttention } from './_tensors.ts';
import type { OutlineFamily } from './family.ts';

/** `NemotronForCausalLM`: LayerNorm, no gate. */
export const nemotron: OutlineFamily = {
  architecture: 'nemotron',
  modelType: 'nemotron',
  className: 'NemotronForCausalLM',
  read: (config) => readDecoder('nemotron', withDefaults(config, { max_position_embeddings: 4096 })),
  outside: (p) => outsideLayers(p, true),
  layer: layerOfParts(hiddenNorm('attn_norm', true), splitAttention, hiddenNorm('ffn_norm', true), plainFfn),
};

/** `ArceeForCausalLM`: no gate. */
export const arcee: OutlineFamily = {
  architecture: 'arcee',
  modelType: 'arcee',
  className: 'ArceeForCausalLM',
  read: (config) => readDecoder('arcee', withDefaults(config, { max_position_embeddings: 4096 })),
  outside: outsideLayers,
  layer: layerOfParts(hiddenNorm('attn_norm'), splitAttention, hiddenNorm('ffn_norm'), plainFfn),
};

/** `Ernie4_5ForCausalLM`: tied, heads of their own length. */
export const ernie: OutlineFamily = {
  architecture: 'ernie4_5',
  modelType: 'ernie4_5',
  className: 'Ernie4_5ForCausalLM',
  read(config) {
    const defaults = {
      max_position_embeddings: 131_072,
      num_key_value_heads: 2,
      head_dim: 128,
      tie_word_embeddings: true,
    };
    const bias = optionalBoolean(config, 'use_bias') ?? false;
    const p = readDecoder('ernie4_5', withDefaults(config, defaults));
    return { ...p, qkvBias: bias, attentionOutputBias: bias, ffnBias: bias };
  },
  outside: outsideLayers,
  layer: layerOfParts(hiddenNorm('attn_norm'), splitAttention, hiddenNorm('ffn_norm'), gatedFfn),
};

/** `SeedOssForCausalLM`: biases of queries, keys and values; GGUF calls the second norm after what it follows. */
export const seedOss: OutlineFamily = {
  architecture: 'seed_oss',
  modelType: 'seed_oss',
  className: 'SeedOssForCausalLM',
  read(config) {
    const defaults = { max_position_embeddings: 524_288, num_key_value_heads: 8, head_dim: 128, attention_bias: true };
    const p = readDecoder('seed_oss', withDefaults(config, defaults));
    return { ...p, attentionOutputBias: optionalBoolean(config, 'attention_out_bias') ?? false };
  },
  outside: outsideLayers,
  layer: layerOfParts(hiddenNorm('attn_norm'), splitAttention, hiddenNorm('post_attention_norm'), gatedFfn),
};
