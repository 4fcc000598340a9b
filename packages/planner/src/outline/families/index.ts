/** Every family whose tensors are known, each held against huggingface/transformers (`fixtures/oracles/outlines.py`). */
import { cohere2, commandR } from './cohere.ts';
import { deepseek2, deepseek3 } from './deepseek.ts';
import { exaone4 } from './exaone.ts';
import type { OutlineFamily } from './family.ts';
import { gemma, gemma2, gemma3 } from './gemma.ts';
import { glm4 } from './glm.ts';
import { bloom, falcon, gpt2, gptneox, starcoder, starcoder2 } from './gpt.ts';
import { gptOss } from './gpt-oss.ts';
import { granite, granitemoe, smollm3 } from './granite.ts';
import { llama, mistral, mixtral } from './llama.ts';
import { arcee, ernie, nemotron, seedOss } from './llama-like.ts';
import { olmo, olmo2, olmo3, olmoe } from './olmo.ts';
import { phi2, phi3 } from './phi.ts';
import { qwen2, qwen2moe, qwen3, qwen3moe } from './qwen.ts';
import { stablelm } from './stablelm.ts';

/** See the module comment. */
export const FAMILIES: readonly OutlineFamily[] = [
  llama,
  mistral,
  mixtral,
  qwen2,
  qwen2moe,
  qwen3,
  qwen3moe,
  gemma,
  gemma2,
  gemma3,
  phi2,
  phi3,
  gpt2,
  gptneox,
  bloom,
  starcoder,
  starcoder2,
  falcon,
  stablelm,
  olmo,
  olmo2,
  olmo3,
  olmoe,
  granite,
  granitemoe,
  smollm3,
  nemotron,
  arcee,
  ernie,
  seedOss,
  glm4,
  exaone4,
  commandR,
  cohere2,
  gptOss,
  deepseek2,
  deepseek3,
];
