/** What a tensor is for, by the name that GGUF gives it (ggml-org/llama.cpp, `gguf-py/gguf/constants.py`). */
import type { OutlineRole } from './outline.ts';

const ROLES: readonly (readonly [RegExp, OutlineRole])[] = [
  [/^(token_embd|position_embd|token_types)$/, 'embedding'],
  [/^output$/, 'output'],
  [/_norm(_\d+)?$/, 'norm'],
  // Learned logits per head, added like a bias.
  [/^attn_sinks$/, 'bias'],
  [/^ffn_gate_inp(_shexp)?$/, 'router'],
  [/^(rope_freqs|rope_factors_(long|short)|attn_rot_embd)$/, 'rope-factors'],
  [/^(attn_(q|k|v|qkv|output|q_a|q_b|kv_a_mqa|kv_b|k_b|v_b)|ffn_(gate|up|down)(_exps|_shexp)?)$/, 'matrix'],
];

/** The role of a tensor; `unknown` for a name that is none of GGUF's. */
export function roleOf(name: string): OutlineRole {
  if (name.endsWith('.bias')) return 'bias';
  const stem = name.replace(/^blk\.\d+\./, '').replace(/\.weight$/, '');
  return ROLES.find(([pattern]) => pattern.test(stem))?.[1] ?? 'unknown';
}

/** The layer of a tensor; undefined outside the layers. */
export function layerOf(name: string): number | undefined {
  const digits = /^blk\.(\d{1,4})\./.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
