/** Phi: 1 to 2 with one LayerNorm for both parts and biases everywhere, 3 and 4 as Llama with fused matrices. */
import { optionalBoolean } from '@mirust/model';
import { readDecoder, windowEverywhere, withDefaults } from './_config.ts';
import {
  fusedAttention,
  fusedFfn,
  hiddenNorm,
  layerOfParts,
  outsideLayers,
  plainFfn,
  splitAttention,
  tensor,
} from './_tensors.ts';
import type { OutlineFamily } from './family.ts';

/** `PhiForCausalLM`: Phi-1, 1.5 and 2. Its output matrix has a bias. */
export const phi2: OutlineFamily = {
  architecture: 'phi2',
  modelType: 'phi',
  className: 'PhiForCausalLM',
  read(config) {
    // No published model normalises queries and keys, and GGUF has no place for it.
    if (optionalBoolean(config, 'qk_layernorm') === true) return undefined;
    const p = readDecoder('phi2', withDefaults(config, { max_position_embeddings: 2048 }));
    return { ...p, qkvBias: true, attentionOutputBias: true, ffnBias: true };
  },
  outside: (p) => [...outsideLayers(p, true), tensor('output.bias', [p.vocabSize])],
  layer: layerOfParts(hiddenNorm('attn_norm', true), splitAttention, plainFfn),
};

/** `Phi3ForCausalLM`: Phi-3, 3.5 and 4 (not those with experts). */
export const phi3: OutlineFamily = {
  architecture: 'phi3',
  modelType: 'phi3',
  className: 'Phi3ForCausalLM',
  fullAttentionEvery: 0,
  read(config) {
    const complete = withDefaults(config, { max_position_embeddings: 4096 });
    const p = readDecoder('phi3', complete);
    return windowEverywhere({ ...p, qkvBias: false, attentionOutputBias: false, ffnBias: false }, complete);
  },
  outside: outsideLayers,
  layer: layerOfParts(hiddenNorm('attn_norm'), fusedAttention, hiddenNorm('ffn_norm'), fusedFfn),
};
