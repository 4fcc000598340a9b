/** Command R: one LayerNorm without bias for both parts, which lie side by side; tied. */
import { optionalBoolean } from '@mirust/model';
import { readDecoder, windowByPattern, withDefaults } from './_config.ts';
import { gatedFfn, hiddenNorm, layerOfParts, outsideLayers, perHeadNorms, splitAttention } from './_tensors.ts';
import type { OutlineFamily } from './family.ts';

const defaults = { max_position_embeddings: 8192, tie_word_embeddings: true };

/** `CohereForCausalLM`: Command R, R+ (which normalises queries and keys), Aya. */
export const commandR: OutlineFamily = {
  architecture: 'command-r',
  modelType: 'cohere',
  className: 'CohereForCausalLM',
  read(config) {
    const p = readDecoder('command-r', withDefaults(config, defaults));
    return { ...p, ffnBias: false, qkNorm: optionalBoolean(config, 'use_qk_norm') ?? false };
  },
  outside: outsideLayers,
  layer: layerOfParts(
    hiddenNorm('attn_norm'),
    splitAttention,
    (p, layer) => (p.qkNorm ? perHeadNorms(p, layer) : []),
    gatedFfn,
  ),
};

/** `Cohere2ForCausalLM`: Command R7B; every fourth layer sees all positions. */
export const cohere2: OutlineFamily = {
  architecture: 'cohere2',
  modelType: 'cohere2',
  className: 'Cohere2ForCausalLM',
  fullAttentionEvery: 4,
  read(config) {
    const complete = withDefaults(config, { ...defaults, sliding_window: 4096 });
    return windowByPattern({ ...readDecoder('cohere2', complete), ffnBias: false }, complete, 4);
  },
  outside: outsideLayers,
  layer: layerOfParts(hiddenNorm('attn_norm'), splitAttention, gatedFfn),
};
