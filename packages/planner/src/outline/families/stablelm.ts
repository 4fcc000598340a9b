/** `StableLmForCausalLM`: LayerNorm, SwiGLU; the 12B normalises queries and keys and has its parts side by side. */
import { optionalBoolean } from '@mirust/model';
import { readDecoder, withDefaults } from './_config.ts';
import { gatedFfn, hiddenNorm, layerOfParts, outsideLayers, perHeadNorms, splitAttention } from './_tensors.ts';
import type { OutlineFamily } from './family.ts';

/** See the module comment. */
export const stablelm: OutlineFamily = {
  architecture: 'stablelm',
  modelType: 'stablelm',
  className: 'StableLmForCausalLM',
  read(config) {
    const p = readDecoder('stablelm', withDefaults(config, { max_position_embeddings: 4096, num_key_value_heads: 32 }));
    return {
      ...p,
      qkvBias: optionalBoolean(config, 'use_qkv_bias') ?? false,
      attentionOutputBias: false,
      ffnBias: false,
      qkNorm: optionalBoolean(config, 'qk_layernorm') ?? false,
      layerNormCount: optionalBoolean(config, 'use_parallel_residual') === true ? 1 : 2,
    };
  },
  outside: (p) => outsideLayers(p, true),
  layer: layerOfParts(
    hiddenNorm('attn_norm', true),
    splitAttention,
    (p, layer) => (p.qkNorm ? perHeadNorms(p, layer) : []),
    (p, layer) => (p.layerNormCount === 2 ? hiddenNorm('ffn_norm', true)(p, layer) : []),
    gatedFfn,
  ),
};
