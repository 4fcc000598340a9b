/** Granite 3 and SmolLM3: Llama's tensors under names of their own, since their programs differ. */
import { optionalBoolean } from '@mirust/model';
import { expertsEverywhere, readDecoder, windowByLayerTypes, withDefaults } from './_config.ts';
import { expertFfn, hiddenNorm, layerOfParts, outsideLayers, splitAttention } from './_tensors.ts';
import type { OutlineFamily } from './family.ts';

const shared = {
  outside: outsideLayers,
  layer: layerOfParts(hiddenNorm('attn_norm'), splitAttention, hiddenNorm('ffn_norm'), expertFfn),
} as const;

/** `GraniteForCausalLM`. */
export const granite: OutlineFamily = {
  ...shared,
  architecture: 'granite',
  modelType: 'granite',
  className: 'GraniteForCausalLM',
  read: (config) => readDecoder('granite', withDefaults(config, { max_position_embeddings: 2048 })),
};

/** `GraniteMoeForCausalLM`. */
export const granitemoe: OutlineFamily = {
  ...shared,
  architecture: 'granitemoe',
  modelType: 'granitemoe',
  className: 'GraniteMoeForCausalLM',
  read(config) {
    const p = readDecoder('granitemoe', withDefaults(config, { max_position_embeddings: 2048 }));
    return { ...p, ffnBias: false, experts: expertsEverywhere(config) };
  },
};

/** `SmolLM3ForCausalLM`. */
export const smollm3: OutlineFamily = {
  ...shared,
  architecture: 'smollm3',
  modelType: 'smollm3',
  className: 'SmolLM3ForCausalLM',
  read(config) {
    const defaults = { max_position_embeddings: 32_768, num_key_value_heads: 4, tie_word_embeddings: true };
    const complete = withDefaults(config, defaults);
    const p = readDecoder('smollm3', complete);
    // Which layers have windows follows from which rotate; only models that say it by layer are known.
    if (optionalBoolean(complete, 'use_sliding_window') !== true) return p;
    return complete.has('layer_types') ? windowByLayerTypes(p, complete, () => false) : undefined;
  },
};
