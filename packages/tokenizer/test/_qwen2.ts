/** Qwen2's tokenizer, of which the conformance data has the vocabulary and the merges as lists. */
import type { GgufMetadata, GgufValue } from '@mirust/gguf';
import { createTokenizer, type Tokenizer, tokenizerFromGguf } from '../src/index.ts';
import { assetText } from './_assets.ts';

/** The keys that a GGUF file of the model has. */
export function qwen2Metadata(): GgufMetadata {
  const lines = (name: string): string[] => assetText(`tokenizers/qwen3/${name}`).replace(/\n$/, '').split('\n');
  const tokens = lines('vocab.txt');
  const types = Int32Array.from(tokens, (_, id) => (id < 151_643 ? 1 : id < 151_669 ? 3 : 5));
  return new Map<string, GgufValue>([
    ['tokenizer.ggml.model', { type: 'string', value: 'gpt2' }],
    ['tokenizer.ggml.pre', { type: 'string', value: 'qwen2' }],
    ['tokenizer.ggml.tokens', { type: 'array', elementType: 'string', values: tokens }],
    ['tokenizer.ggml.token_type', { type: 'array', elementType: 'int32', values: types }],
    ['tokenizer.ggml.merges', { type: 'array', elementType: 'string', values: lines('merges.txt') }],
    ['tokenizer.ggml.eos_token_id', { type: 'uint32', value: 151_645 }],
  ]);
}

export function qwen2Tokenizer(): Tokenizer {
  return createTokenizer(tokenizerFromGguf(qwen2Metadata()).model);
}
