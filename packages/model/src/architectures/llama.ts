/**
 * The llama family: Llama 1-3, Mistral, TinyLlama, SmolLM2, stories260K. Pre-norm transformer with RMSNorm, rotary
 * positions, grouped-query attention and a SwiGLU feed-forward layer; no biases.
 *
 * H hidden, F ffn, Q query heads, K key/value heads, D head dim, V vocabulary, T tokens of a chunk, R logits rows.
 */
import type { TensorRole, TensorSpec } from '../contract.ts';
import type { Hyperparameters } from '../hyperparameters.ts';
import type { BufferSpec, Operation, Program } from '../program.ts';

/** Every tensor of the model, in the order of SLM1's specification. */
export function llamaContract(h: Hyperparameters): TensorSpec[] {
  const { vocabSize: V, hiddenSize: H, ffnSize: F } = h;
  const queryRows = h.headCount * h.headDim;
  const kvRows = h.kvHeadCount * h.headDim;
  const contract: TensorSpec[] = [
    spec('tok_embeddings.weight', [V, H], 'embedding', 'model.embed_tokens.weight', 'token_embd.weight'),
    spec('norm.weight', [H], 'norm', 'model.norm.weight', 'output_norm.weight'),
  ];
  if (!h.tiedOutput) contract.push(spec('output.weight', [V, H], 'output', 'lm_head.weight', 'output.weight'));
  if (h.ropeScaling?.type === 'factors') {
    contract.push(spec('rope_factors.weight', [h.headDim / 2], 'rope-factors', undefined, 'rope_freqs.weight'));
  }
  for (let n = 0; n < h.layerCount; n++) {
    const layer = (ours: string, shape: readonly number[], role: TensorRole, hf: string, gguf: string): TensorSpec =>
      spec(`layers.${n}.${ours}.weight`, shape, role, `model.layers.${n}.${hf}.weight`, `blk.${n}.${gguf}.weight`);
    contract.push(
      layer('attn_norm', [H], 'norm', 'input_layernorm', 'attn_norm'),
      { ...layer('wq', [queryRows, H], 'matrix', 'self_attn.q_proj', 'attn_q'), ropeRows: true },
      { ...layer('wk', [kvRows, H], 'matrix', 'self_attn.k_proj', 'attn_k'), ropeRows: true },
      layer('wv', [kvRows, H], 'matrix', 'self_attn.v_proj', 'attn_v'),
      layer('wo', [H, queryRows], 'matrix', 'self_attn.o_proj', 'attn_output'),
      layer('ffn_norm', [H], 'norm', 'post_attention_layernorm', 'ffn_norm'),
      layer('w1', [F, H], 'matrix', 'mlp.gate_proj', 'ffn_gate'),
      layer('w3', [F, H], 'matrix', 'mlp.up_proj', 'ffn_up'),
      layer('w2', [H, F], 'matrix', 'mlp.down_proj', 'ffn_down'),
    );
  }
  return contract;
}

function spec(
  name: string,
  shape: readonly number[],
  role: TensorRole,
  huggingFace: string | undefined,
  gguf: string,
): TensorSpec {
  return { name, shape, role, aliases: { huggingFace, gguf }, ropeRows: false };
}

/** The forward pass, from token ids to logits. */
export function llamaProgram(h: Hyperparameters): Program {
  const epsilon = h.rmsNormEpsilon;
  const operations: Operation[] = [
    { kind: 'embedding', weight: 'tok_embeddings.weight', tokens: 'tokens', output: 'hidden' },
    { kind: 'rope-angles', output: 'angles' },
  ];
  for (let n = 0; n < h.layerCount; n++) {
    const weight = (name: string): string => `layers.${n}.${name}.weight`;
    operations.push(
      { kind: 'rms-norm', input: 'hidden', weight: weight('attn_norm'), output: 'normed', epsilon },
      { kind: 'matmul', weight: weight('wq'), input: 'normed', output: 'query' },
      { kind: 'matmul', weight: weight('wk'), input: 'normed', output: 'key' },
      { kind: 'matmul', weight: weight('wv'), input: 'normed', output: 'value' },
      { kind: 'rope', buffer: 'query', angles: 'angles', headDim: h.headDim },
      { kind: 'rope', buffer: 'key', angles: 'angles', headDim: h.headDim },
      { kind: 'kv-append', layer: n, key: 'key', value: 'value' },
      { kind: 'attention', layer: n, query: 'query', output: 'mixed' },
      { kind: 'matmul', weight: weight('wo'), input: 'mixed', output: 'projected' },
      { kind: 'add', target: 'hidden', input: 'projected' },
      { kind: 'rms-norm', input: 'hidden', weight: weight('ffn_norm'), output: 'normed', epsilon },
      { kind: 'matmul', weight: weight('w1'), input: 'normed', output: 'gate' },
      { kind: 'matmul', weight: weight('w3'), input: 'normed', output: 'up' },
      { kind: 'swiglu', gate: 'gate', up: 'up', output: 'gate' },
      { kind: 'matmul', weight: weight('w2'), input: 'gate', output: 'projected' },
      { kind: 'add', target: 'hidden', input: 'projected' },
    );
  }
  operations.push(
    { kind: 'select-rows', input: 'hidden', output: 'selected' },
    { kind: 'rms-norm', input: 'selected', weight: 'norm.weight', output: 'final', epsilon },
    {
      kind: 'matmul',
      weight: h.tiedOutput ? 'tok_embeddings.weight' : 'output.weight',
      input: 'final',
      output: 'logits',
    },
  );
  return { buffers: llamaBuffers(h), operations, inputs: ['tokens'], outputs: ['logits'] };
}

function llamaBuffers(h: Hyperparameters): BufferSpec[] {
  const queryRow = h.headCount * h.headDim;
  const kvRow = h.kvHeadCount * h.headDim;
  const chunk = (name: string, rowElements: number, dtype: 'f32' | 'u32' = 'f32'): BufferSpec => ({
    name,
    rows: 'chunk',
    rowElements,
    dtype,
  });
  const logits = (name: string, rowElements: number): BufferSpec => ({
    name,
    rows: 'logits',
    rowElements,
    dtype: 'f32',
  });
  return [
    chunk('tokens', 1, 'u32'), // [T]
    chunk('angles', h.headDim), // [T, D/2] pairs of cos, sin
    chunk('hidden', h.hiddenSize), // [T, H] the residual stream
    chunk('normed', h.hiddenSize), // [T, H]
    chunk('query', queryRow), // [T, Q·D]
    chunk('key', kvRow), // [T, K·D]
    chunk('value', kvRow), // [T, K·D]
    chunk('mixed', queryRow), // [T, Q·D] what attention gives
    chunk('projected', h.hiddenSize), // [T, H]
    chunk('gate', h.ffnSize), // [T, F]
    chunk('up', h.ffnSize), // [T, F]
    logits('selected', h.hiddenSize), // [R, H]
    logits('final', h.hiddenSize), // [R, H]
    logits('logits', h.vocabSize), // [R, V]
  ];
}
