/** DeepSeek 2 and 3: latent attention, dense layers first, then many small experts and shared ones. GGUF has one name for both. */
import { type FieldTable, optionalNumber, requiredNumber } from '@mirust/model';
import type { OutlineTensor } from '../outline.ts';
import { type ExpertParameters, MAX_LAYERS, type OutlineParameters, rangeError } from '../parameters.ts';
import { readDecoder, withDefaults } from './_config.ts';
import {
  expertFfn,
  hiddenNorm,
  type LayerPart,
  layerOfParts,
  linear,
  norm,
  outsideLayers,
  tensor,
} from './_tensors.ts';
import type { OutlineFamily } from './family.ts';

/** Queries by way of a low rank or not, keys and values by way of a joint one, split as GGUF stores them. */
const latentAttention: LayerPart = (p, layer) => {
  const { latent, headCount: heads, keyDim, valueDim, hiddenSize } = p;
  if (latent === undefined) return [];
  const at = `blk.${layer}.attn_`;
  const { queryRank, kvRank, ropeDim } = latent;
  const queries: OutlineTensor[] =
    queryRank === undefined
      ? [tensor(`${at}q.weight`, [heads * keyDim, hiddenSize])]
      : [
          ...linear(`${at}q_a`, [queryRank, hiddenSize], p.qkvBias),
          ...norm(`${at}q_a_norm`, queryRank),
          tensor(`${at}q_b.weight`, [heads * keyDim, queryRank]),
        ];
  return [
    ...queries,
    ...linear(`${at}kv_a_mqa`, [kvRank + ropeDim, hiddenSize], p.qkvBias),
    ...norm(`${at}kv_a_norm`, kvRank),
    tensor(`${at}k_b.weight`, [heads, kvRank, keyDim - ropeDim]),
    tensor(`${at}v_b.weight`, [heads, valueDim, kvRank]),
    ...linear(`${at}output`, [hiddenSize, heads * valueDim], p.attentionOutputBias),
  ];
};

const layer = layerOfParts(hiddenNorm('attn_norm'), latentAttention, hiddenNorm('ffn_norm'), expertFfn);

/** `DeepseekV2ForCausalLM`: V2 and V2-Lite. */
export const deepseek2: OutlineFamily = {
  architecture: 'deepseek2',
  modelType: 'deepseek_v2',
  className: 'DeepseekV2ForCausalLM',
  read: (config) => readLatent(withDefaults(config, { max_position_embeddings: 2048, first_k_dense_replace: 0 })),
  outside: outsideLayers,
  layer,
};

/** `DeepseekV3ForCausalLM`: V3 and R1. The layers that predict further tokens ahead are not of the outline. */
export const deepseek3: OutlineFamily = {
  architecture: 'deepseek2',
  modelType: 'deepseek_v3',
  className: 'DeepseekV3ForCausalLM',
  read: (config) => readLatent(withDefaults(config, { max_position_embeddings: 4096, first_k_dense_replace: 3 })),
  outside: outsideLayers,
  layer: layerOfParts(layer, (p, n) =>
    p.experts === undefined || p.experts.denseLayers.has(n)
      ? []
      : [tensor(`blk.${n}.exp_probs_b.bias`, [p.experts.count])],
  ),
};

function readLatent(config: FieldTable): OutlineParameters {
  const p = readDecoder('deepseek2', config);
  const ropeDim = requiredNumber(config, 'qk_rope_head_dim');
  const queryRank = optionalNumber(config, 'q_lora_rank');
  const kvRank = requiredNumber(config, 'kv_lora_rank');
  return {
    ...p,
    // Every head has keys and values of its own; what is kept of them is another matter.
    kvHeadCount: p.headCount,
    keyDim: requiredNumber(config, 'qk_nope_head_dim') + ropeDim,
    valueDim: requiredNumber(config, 'v_head_dim'),
    ffnBias: false,
    latent: { kvRank, ropeDim, ...(queryRank === undefined ? {} : { queryRank }) },
    experts: readExperts(config),
  };
}

function readExperts(config: FieldTable): ExpertParameters {
  const ffnSize = requiredNumber(config, 'moe_intermediate_size');
  const first = requiredNumber(config, 'first_k_dense_replace');
  if (!Number.isInteger(first) || first < 0 || first > MAX_LAYERS) {
    throw rangeError('first_k_dense_replace', first, `must be an integer from 0 to ${MAX_LAYERS}`);
  }
  const shared = optionalNumber(config, 'n_shared_experts');
  return {
    count: requiredNumber(config, 'n_routed_experts'),
    used: requiredNumber(config, 'num_experts_per_tok'),
    ffnSize,
    ...(shared === undefined ? {} : { sharedFfnSize: shared * ffnSize }),
    denseLayers: new Set(Array.from({ length: first }, (_, n) => n)),
  };
}
