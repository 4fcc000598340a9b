/** `Exaone4ForCausalLM`: norms behind each part, norms of queries and keys; in the 32B every fourth layer sees all positions. */
import { optionalField } from '@mirust/model';
import { readDecoder, windowByLayerTypes, withDefaults } from './_config.ts';
import { gatedFfn, hiddenNorm, layerOfParts, outsideLayers, sharedHeadNorms, splitAttention } from './_tensors.ts';
import type { OutlineFamily } from './family.ts';

/** See the module comment. */
export const exaone4: OutlineFamily = {
  architecture: 'exaone4',
  modelType: 'exaone4',
  className: 'Exaone4ForCausalLM',
  fullAttentionEvery: 4,
  read(config) {
    const complete = withDefaults(config, {
      max_position_embeddings: 2048,
      num_key_value_heads: 32,
      sliding_window: 4096,
    });
    const p = { ...readDecoder('exaone4', complete), qkvBias: false, attentionOutputBias: false, ffnBias: false };
    // A number, or a text of local and global layers; other texts than the published one have no settled meaning.
    const pattern = optionalField(complete, 'sliding_window_pattern') ?? 4;
    const period = pattern === 'LLLG' ? 4 : pattern;
    if (complete.has('layer_types')) return windowByLayerTypes(p, complete, () => false);
    if (typeof period !== 'number' || !Number.isSafeInteger(period) || period < 1) return undefined;
    return windowByLayerTypes(p, complete, (layer) => (layer + 1) % period !== 0);
  },
  outside: outsideLayers,
  layer: layerOfParts(
    splitAttention,
    sharedHeadNorms,
    hiddenNorm('post_attention_norm'),
    gatedFfn,
    hiddenNorm('post_ffw_norm'),
  ),
};
