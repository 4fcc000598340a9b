/** OLMo: 1 with norms that have no weights, 2 and 3 with norms behind its parts, OLMoE with experts. */
import { expertsEverywhere, readDecoder, windowByPattern, withDefaults } from './_config.ts';
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

const postNormed = {
  architecture: 'olmo2',
  fullAttentionEvery: 4,
  outside: outsideLayers,
  layer: layerOfParts(
    splitAttention,
    rowNorms,
    hiddenNorm('post_attention_norm'),
    gatedFfn,
    hiddenNorm('post_ffw_norm'),
  ),
} as const;

/** `Olmo2ForCausalLM`; it has no windows. */
export const olmo2: OutlineFamily = {
  ...postNormed,
  modelType: 'olmo2',
  className: 'Olmo2ForCausalLM',
  read: (config) => ({
    ...readDecoder('olmo2', withDefaults(config, { max_position_embeddings: 2048 })),
    ffnBias: false,
  }),
};

/** `Olmo3ForCausalLM`: every fourth layer sees all positions. GGUF has it as olmo2. */
export const olmo3: OutlineFamily = {
  ...postNormed,
  modelType: 'olmo3',
  className: 'Olmo3ForCausalLM',
  read(config) {
    const complete = withDefaults(config, { max_position_embeddings: 2048, sliding_window: 4096 });
    return windowByPattern({ ...readDecoder('olmo2', complete), ffnBias: false }, complete, 4);
  },
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
