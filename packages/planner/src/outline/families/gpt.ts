/** The older kind: LayerNorm, biases, a feed-forward part without a gate. GPT-2, StarCoder, GPT-NeoX, BLOOM, Falcon. */
import { type FieldTable, optionalBoolean, optionalNumber, requiredNumber } from '@mirust/model';
import type { OutlineTensor } from '../outline.ts';
import type { OutlineParameters } from '../parameters.ts';
import { readDecoder, windowEverywhere, withDefaults, withRenamed } from './_config.ts';
import {
  fusedAttention,
  hiddenNorm,
  layerOfParts,
  norm,
  outsideLayers,
  plainFfn,
  splitAttention,
  tensor,
} from './_tensors.ts';
import type { OutlineFamily } from './family.ts';

const biases = { qkvBias: true, attentionOutputBias: true, ffnBias: true } as const;

/** A layer with a LayerNorm before each part and one matrix for queries, keys and values. */
const fusedLayer = layerOfParts(hiddenNorm('attn_norm', true), fusedAttention, hiddenNorm('ffn_norm', true), plainFfn);

/** Embeddings of tokens and, looked up as they are, of positions. */
function outsideWithPositions(p: OutlineParameters): OutlineTensor[] {
  const positions = p.maxContext === undefined ? [] : [tensor('position_embd.weight', [p.maxContext, p.hiddenSize])];
  return [...outsideLayers(p, true), ...positions];
}

function readLearnedPositions(architecture: string, config: FieldTable): OutlineParameters {
  const names = {
    n_embd: 'hidden_size',
    n_layer: 'num_hidden_layers',
    n_head: 'num_attention_heads',
    n_positions: 'max_position_embeddings',
    n_inner: 'intermediate_size',
  };
  const renamed = withRenamed(config, names);
  const complete = withDefaults(renamed, { max_position_embeddings: 1024, tie_word_embeddings: true });
  return { ...readDecoder(architecture, withFourfoldFfn(complete)), ...biases };
}

/** `GPT2LMHeadModel`. */
export const gpt2: OutlineFamily = {
  architecture: 'gpt2',
  modelType: 'gpt2',
  className: 'GPT2LMHeadModel',
  read: (config) => readLearnedPositions('gpt2', config),
  outside: outsideWithPositions,
  layer: fusedLayer,
};

/** `GPTBigCodeForCausalLM`: the first StarCoder, SantaCoder; mostly one head of keys and values. */
export const starcoder: OutlineFamily = {
  architecture: 'starcoder',
  modelType: 'gpt_bigcode',
  className: 'GPTBigCodeForCausalLM',
  read(config) {
    const p = readLearnedPositions('starcoder', config);
    return { ...p, kvHeadCount: (optionalBoolean(config, 'multi_query') ?? true) ? 1 : p.headCount };
  },
  outside: outsideWithPositions,
  layer: fusedLayer,
};

/** `GPTNeoXForCausalLM`: GPT-NeoX-20B, Pythia. */
export const gptneox: OutlineFamily = {
  architecture: 'gptneox',
  modelType: 'gpt_neox',
  className: 'GPTNeoXForCausalLM',
  read(config) {
    const p = readDecoder('gptneox', withDefaults(config, { max_position_embeddings: 2048 }));
    const bias = optionalBoolean(config, 'attention_bias') ?? true;
    return { ...p, ...biases, qkvBias: bias, attentionOutputBias: bias };
  },
  outside: (p) => outsideLayers(p, true),
  layer: fusedLayer,
};

/** `BloomForCausalLM`: a norm right behind the embedding. */
export const bloom: OutlineFamily = {
  architecture: 'bloom',
  modelType: 'bloom',
  className: 'BloomForCausalLM',
  read(config) {
    const names = {
      n_embed: 'hidden_size',
      n_layer: 'num_hidden_layers',
      n_head: 'num_attention_heads',
      seq_length: 'max_position_embeddings',
    };
    const complete = withDefaults(withRenamed(config, names), { tie_word_embeddings: true });
    return { ...readDecoder('bloom', withFourfoldFfn(complete)), ...biases };
  },
  outside: (p) => [...outsideLayers(p, true), ...norm('token_embd_norm', p.hiddenSize, true)],
  layer: fusedLayer,
};

/** `Starcoder2ForCausalLM`. */
export const starcoder2: OutlineFamily = {
  architecture: 'starcoder2',
  modelType: 'starcoder2',
  className: 'Starcoder2ForCausalLM',
  fullAttentionEvery: 0,
  read(config) {
    const defaults = { max_position_embeddings: 4096, num_key_value_heads: 2, tie_word_embeddings: true };
    const complete = withDefaults(config, defaults);
    const bias = optionalBoolean(complete, 'use_bias') ?? true;
    const p = { ...readDecoder('starcoder2', complete), qkvBias: bias, attentionOutputBias: bias, ffnBias: bias };
    return windowEverywhere(p, complete);
  },
  outside: (p) => outsideLayers(p, true),
  layer: layerOfParts(hiddenNorm('attn_norm', true), splitAttention, hiddenNorm('ffn_norm', true), plainFfn),
};

/** `FalconForCausalLM`: attention and feed-forward part side by side, behind one norm (7B, 11B) or one each (40B, 180B). */
export const falcon: OutlineFamily = {
  architecture: 'falcon',
  modelType: 'falcon',
  className: 'FalconForCausalLM',
  read: readFalcon,
  outside: (p) => outsideLayers(p, true),
  layer: layerOfParts(
    hiddenNorm('attn_norm', true),
    (p, layer) => (p.layerNormCount === 2 ? hiddenNorm('attn_norm_2', true)(p, layer) : []),
    fusedAttention,
    plainFfn,
  ),
};

function readFalcon(config: FieldTable): OutlineParameters | undefined {
  const isNew = optionalBoolean(config, 'new_decoder_architecture') ?? false;
  // One part behind the other (falcon-rw) is a kind of layer that GGUF's falcon has no names for.
  if (!isNew && optionalBoolean(config, 'parallel_attn') === false) return undefined;
  const names = { ffn_hidden_size: 'intermediate_size', n_layer: 'num_hidden_layers', n_head: 'num_attention_heads' };
  const complete = withDefaults(withRenamed(config, names), {
    max_position_embeddings: 2048,
    tie_word_embeddings: true,
  });
  const p = readDecoder('falcon', withFourfoldFfn(complete));
  const isMultiQuery = optionalBoolean(config, 'multi_query') ?? true;
  const bias = optionalBoolean(config, 'bias') ?? false;
  return {
    ...p,
    kvHeadCount: isNew ? (optionalNumber(config, 'num_kv_heads') ?? p.headCount) : isMultiQuery ? 1 : p.headCount,
    layerNormCount: isNew ? (optionalNumber(config, 'num_ln_in_parallel_attn') ?? 2) : 1,
    qkvBias: bias,
    attentionOutputBias: bias,
    ffnBias: bias,
  };
}

/** Where no inner size is given it is four times the hidden one. */
function withFourfoldFfn(config: FieldTable): FieldTable {
  if (optionalNumber(config, 'intermediate_size') !== undefined) return config;
  return new Map([...config, ['intermediate_size', 4 * requiredNumber(config, 'hidden_size')]]);
}
