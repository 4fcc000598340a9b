/** OLMo: 1 with norms that have no weights, 2 with norms behind its parts, OLMoE with experts. */
import { expertsEverywhere, readDecoder, withDefaults } from './_config.ts';
import { expertFfn, gatedFfn, hiddenNorm, layerOfParts, outsideLayers, rowNorms, splitAttention } from './_tensors.ts';
import type { OutlineFamily } from './family.ts';

/** `OlmoForCausalLM`. */
export const olmo: OutlineFamily = {
  architecture: 'olmo',
  modelType: 'olmo',
  className: 'OlmoForCausalLM',
  read: (config) => ({
    ...readDecoder('olmo', withDefaults(config, { max_position_embeddings: 2048 })),
    ffnBias: false,
  }),
  outside: (p) => outsideLayers(p).filter(({ role }) => role !== 'norm'),
  layer: layerOfParts(splitAttention, gatedFfn),
};

/** `Olmo2ForCausalLM`. */
export const olmo2: OutlineFamily = {
  architecture: 'olmo2',
  modelType: 'olmo2',
  className: 'Olmo2ForCausalLM',
  read: (config) => ({
    ...readDecoder('olmo2', withDefaults(config, { max_position_embeddings: 2048 })),
    ffnBias: false,
  }),
  outside: outsideLayers,
  layer: layerOfParts(
    splitAttention,
    rowNorms,
    hiddenNorm('post_attention_norm'),
    gatedFfn,
    hiddenNorm('post_ffw_norm'),
  ),
};

/** `OlmoeForCausalLM`. */
export const olmoe: OutlineFamily = {
  architecture: 'olmoe',
  modelType: 'olmoe',
  className: 'OlmoeForCausalLM',
  read(config) {
    const p = readDecoder('olmoe', withDefaults(config, { max_position_embeddings: 4096 }));
    return { ...p, ffnBias: false, experts: expertsEverywhere(config) };
  },
  outside: outsideLayers,
  layer: layerOfParts(hiddenNorm('attn_norm'), splitAttention, rowNorms, hiddenNorm('ffn_norm'), expertFfn),
};
