/** Llama, Mistral and Mixtral: RMSNorm, grouped-query attention, SwiGLU, in Mixtral as experts. GGUF calls all of them llama. */
import { expertsEverywhere, readDecoder, windowEverywhere, withDefaults } from './_config.ts';
import { expertFfn, hiddenNorm, layerOfParts, outsideLayers, splitAttention } from './_tensors.ts';
import type { OutlineFamily } from './family.ts';

const shared = {
  architecture: 'llama',
  fullAttentionEvery: 0,
  outside: outsideLayers,
  layer: layerOfParts(hiddenNorm('attn_norm'), splitAttention, hiddenNorm('ffn_norm'), expertFfn),
} as const;

/** `LlamaForCausalLM`; it has no window, whatever its configuration says. */
export const llama: OutlineFamily = {
  ...shared,
  modelType: 'llama',
  className: 'LlamaForCausalLM',
  read: (config) => readDecoder('llama', withDefaults(config, { max_position_embeddings: 2048 })),
};

/** `MistralForCausalLM`. */
export const mistral: OutlineFamily = {
  ...shared,
  modelType: 'mistral',
  className: 'MistralForCausalLM',
  read(config) {
    const defaults = { max_position_embeddings: 131_072, num_key_value_heads: 8, sliding_window: 4096 };
    const complete = withDefaults(config, defaults);
    return windowEverywhere(withoutBias(readDecoder('llama', complete)), complete);
  },
};

/** `MixtralForCausalLM`. */
export const mixtral: OutlineFamily = {
  ...shared,
  modelType: 'mixtral',
  className: 'MixtralForCausalLM',
  read(config) {
    const defaults = {
      max_position_embeddings: 131_072,
      num_key_value_heads: 8,
      num_local_experts: 8,
      num_experts_per_tok: 2,
    };
    const complete = withDefaults(config, defaults);
    const p = withoutBias(readDecoder('llama', complete));
    return windowEverywhere({ ...p, experts: expertsEverywhere(complete) }, complete);
  },
};

/** Mistral's classes have no biases, whatever the configuration says. */
function withoutBias<T extends object>(p: T): T & { qkvBias: false; attentionOutputBias: false; ffnBias: false } {
  return { ...p, qkvBias: false, attentionOutputBias: false, ffnBias: false };
}
