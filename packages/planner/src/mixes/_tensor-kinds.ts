/**
 * How llama-quantize tells tensors apart: by parts of their GGUF names.
 *
 * Source: `src/llama-quant.cpp` of ggml-org/llama.cpp, commit 007dbbf3 (which tensors are quantized, their kinds), and
 * `convert_hf_to_gguf.py` of the same (what its converter stores the others as).
 */
import type { OutlineTensor } from '../outline/outline.ts';

/** Kinds with rules of their own, named as in GGUF. `attn_v` covers all that holds values: fused QKV and KV, too. */
export type TensorKind =
  | 'output'
  | 'token_embd'
  | 'attn_v'
  | 'attn_k'
  | 'attn_q'
  | 'attn_output'
  | 'ffn_up'
  | 'ffn_gate'
  | 'ffn_down'
  | 'other';

const WHOLE_NAMES: ReadonlyMap<string, TensorKind> = new Map([
  ['output.weight', 'output'],
  ['token_embd.weight', 'token_embd'],
  ['per_layer_token_embd.weight', 'token_embd'],
]);

/** The first part that a name contains decides. */
const NAME_PARTS: readonly (readonly [part: string, kind: TensorKind])[] = [
  ['attn_qkv.weight', 'attn_v'],
  ['attn_kv_b.weight', 'attn_v'],
  ['attn_v.weight', 'attn_v'],
  ['attn_k.weight', 'attn_k'],
  ['attn_q.weight', 'attn_q'],
  ['attn_output.weight', 'attn_output'],
  ['ffn_up', 'ffn_up'],
  ['ffn_gate', 'ffn_gate'],
  ['ffn_down', 'ffn_down'],
];

/** The kind of a tensor. */
export function tensorKind(name: string): TensorKind {
  return WHOLE_NAMES.get(name) ?? NAME_PARTS.find(([part]) => name.includes(part))?.[1] ?? 'other';
}

/**
 * Never quantized: norms, routers, positions, small convolutions, small parts of RWKV and of multimodal models. In f32,
 * but for the i32 of `tid2eid`, which has the same size.
 */
const ALWAYS_F32: readonly string[] = [
  '_norm.weight',
  'ffn_gate_inp.weight',
  'ffn_gate_tid2eid.weight',
  'altup_correct_coef',
  'altup_predict_coef',
  'ssm_conv1d',
  'shortconv.conv.weight',
  'time_mix_first.weight',
  'time_mix_w0.weight',
  'time_mix_w1.weight',
  'time_mix_w2.weight',
  'time_mix_v0.weight',
  'time_mix_a0.weight',
  'time_mix_decay_w1.weight',
  'time_mix_decay_w2.weight',
  'time_mix_lerp_fused.weight',
  '.position_embd',
  'sam.pos_embd',
];

/** Never quantized either, and left by the converter in the type of the unquantized file. */
const AS_CONVERTED: readonly string[] = [
  'altup',
  'laurel',
  'per_layer_model_proj',
  'indexer.k_proj.weight',
  'indexer.q_proj.weight',
  'time_mix_v1.weight',
  'time_mix_v2.weight',
  'time_mix_a1.weight',
  'time_mix_a2.weight',
  'time_mix_g1.weight',
  'time_mix_g2.weight',
  'attn_rel_b.weight',
  'sam.neck.',
  'sam.net_',
  '.rel_pos',
  '.patch_embd',
  '.patch_merger',
  'a.rvq.codebook',
  'mm.a.code_embd',
];

const POSITIONS: ReadonlySet<string> = new Set(['position_embd.weight', 'token_types.weight']);

/**
 * Whether a mix quantizes a tensor, or how it is kept. Vectors are kept, and what GGUF sees as one: outer dimensions of
 * one do not count there.
 */
export function quantizability({ name, shape }: OutlineTensor): 'quantized' | 'f32' | 'as-converted' {
  const isVector = shape.slice(0, -1).every((dimension) => dimension === 1);
  if (isVector || !name.endsWith('weight') || POSITIONS.has(name)) return 'f32';
  if (ALWAYS_F32.some((part) => name.includes(part))) return 'f32';
  return AS_CONVERTED.some((part) => name.includes(part)) ? 'as-converted' : 'quantized';
}
