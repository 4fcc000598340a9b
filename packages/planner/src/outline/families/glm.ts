/** `Glm4ForCausalLM`: norms before and behind each part, biases of queries, keys and values, gate and up in one matrix. */
import { readDecoder, withDefaults } from './_config.ts';
import { fusedFfn, hiddenNorm, layerOfParts, outsideLayers, splitAttention } from './_tensors.ts';
import type { OutlineFamily } from './family.ts';

/** See the module comment. */
export const glm4: OutlineFamily = {
  architecture: 'glm4',
  modelType: 'glm4',
  className: 'Glm4ForCausalLM',
  read(config) {
    const defaults = { max_position_embeddings: 131_072, num_key_value_heads: 2, head_dim: 128, attention_bias: true };
    return { ...readDecoder('glm4', withDefaults(config, defaults)), attentionOutputBias: false, ffnBias: false };
  },
  outside: outsideLayers,
  layer: layerOfParts(
    hiddenNorm('attn_norm'),
    splitAttention,
    hiddenNorm('post_attention_norm'),
    hiddenNorm('ffn_norm'),
    fusedFfn,
    hiddenNorm('post_ffw_norm'),
  ),
};
