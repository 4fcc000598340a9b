/** Gemma 1 to 3: tied, heads of their own length; from 2 on norms behind each part too, and windows in most layers. */
import { readDecoder, windowByPattern, withDefaults } from './_config.ts';
import { gatedFfn, hiddenNorm, layerOfParts, outsideLayers, sharedHeadNorms, splitAttention } from './_tensors.ts';
import type { OutlineFamily } from './family.ts';

/** `GemmaForCausalLM`. */
export const gemma: OutlineFamily = {
  architecture: 'gemma',
  modelType: 'gemma',
  className: 'GemmaForCausalLM',
  read: (config) =>
    readDecoder(
      'gemma',
      withDefaults(config, {
        max_position_embeddings: 8192,
        num_key_value_heads: 16,
        head_dim: 256,
        tie_word_embeddings: true,
      }),
    ),
  outside: outsideLayers,
  layer: layerOfParts(hiddenNorm('attn_norm'), splitAttention, hiddenNorm('ffn_norm'), gatedFfn),
};

/** `Gemma2ForCausalLM`: every second layer sees all positions. */
export const gemma2: OutlineFamily = {
  architecture: 'gemma2',
  modelType: 'gemma2',
  className: 'Gemma2ForCausalLM',
  fullAttentionEvery: 2,
  read(config) {
    const defaults = {
      vocab_size: 256_000,
      hidden_size: 2304,
      intermediate_size: 9216,
      num_hidden_layers: 26,
      num_attention_heads: 8,
      num_key_value_heads: 4,
      head_dim: 256,
      max_position_embeddings: 8192,
      sliding_window: 4096,
      tie_word_embeddings: true,
    };
    const complete = withDefaults(config, defaults);
    return windowByPattern(readDecoder('gemma2', complete), complete, 2);
  },
  outside: outsideLayers,
  layer: layerOfParts(
    hiddenNorm('attn_norm'),
    splitAttention,
    hiddenNorm('post_attention_norm'),
    hiddenNorm('ffn_norm'),
    gatedFfn,
    hiddenNorm('post_ffw_norm'),
  ),
};

/** `Gemma3ForCausalLM`: every sixth layer sees all positions. */
export const gemma3: OutlineFamily = {
  architecture: 'gemma3',
  modelType: 'gemma3_text',
  className: 'Gemma3ForCausalLM',
  fullAttentionEvery: 6,
  read(config) {
    // What a published text_config leaves out is what transformers takes it for.
    const defaults = {
      vocab_size: 262_208,
      hidden_size: 2304,
      intermediate_size: 9216,
      num_hidden_layers: 26,
      num_attention_heads: 8,
      num_key_value_heads: 4,
      head_dim: 256,
      max_position_embeddings: 131_072,
      sliding_window: 4096,
      tie_word_embeddings: true,
    };
    const complete = withDefaults(config, defaults);
    return windowByPattern(readDecoder('gemma3', complete), complete, 6);
  },
  outside: outsideLayers,
  layer: layerOfParts(
    hiddenNorm('attn_norm'),
    splitAttention,
    sharedHeadNorms,
    hiddenNorm('post_attention_norm'),
    hiddenNorm('ffn_norm'),
    gatedFfn,
    hiddenNorm('post_ffw_norm'),
  ),
};
