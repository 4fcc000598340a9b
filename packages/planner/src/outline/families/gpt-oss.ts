/** `GptOssForCausalLM`: biases everywhere, the experts' too, learned attention sinks, a window in every second layer. */
import { expertsEverywhere, readDecoder, windowByPattern, withDefaults } from './_config.ts';
import { expertFfn, hiddenNorm, layerOfParts, outsideLayers, splitAttention, tensor } from './_tensors.ts';
import type { OutlineFamily } from './family.ts';

/** See the module comment. */
export const gptOss: OutlineFamily = {
  architecture: 'gpt-oss',
  modelType: 'gpt_oss',
  className: 'GptOssForCausalLM',
  fullAttentionEvery: 2,
  read(config) {
    const defaults = { max_position_embeddings: 131_072, head_dim: 64, sliding_window: 128, attention_bias: true };
    const complete = withDefaults(config, defaults);
    const p = { ...readDecoder('gpt-oss', complete), ffnBias: true, experts: expertsEverywhere(complete) };
    return windowByPattern(p, complete, 2);
  },
  outside: outsideLayers,
  layer: layerOfParts(
    hiddenNorm('attn_norm'),
    splitAttention,
    (p, layer) => [tensor(`blk.${layer}.attn_sinks.weight`, [p.headCount])],
    hiddenNorm('post_attention_norm'),
    expertFfn,
  ),
};
