/** The pre-tokenizers that GGUF files name in `tokenizer.ggml.pre`. */
import { sanitizeText } from '@mirust/core';
import { tokenizerError } from './errors.ts';
import type { PreTokenizerStep, TokenizerModel } from './model.ts';

/** What follows from a name. */
export interface GgufPreTokenizer extends Pick<TokenizerModel, 'preTokenizer' | 'normalizer' | 'ignoreMerges'> {
  /** Whether a prompt starts with BOS unless the file says otherwise. */
  readonly addBos: boolean;
}

const GPT2: readonly PreTokenizerStep[] = ['gpt2'];
const SINGLE_DIGITS: readonly PreTokenizerStep[] = ['digit', 'gpt2'];

/** Only patterns that are known for certain: a wrong one would cut words elsewhere and say nothing. */
const STEPS: ReadonlyMap<string, readonly PreTokenizerStep[]> = new Map([
  ['default', ['punctuation-default', 'gpt2', 'digits', 'digit-triples']],
  ['falcon', ['punctuation-falcon', 'gpt2', 'digit-triples']],
  ...['gpt-2', 'phi-2', 'roberta-bpe', 'gigachat', 'mpt', 'olmo', 'jais'].map((name) => [name, GPT2] as const),
  ...['starcoder', 'refact', 'command-r', 'smollm', 'codeshell', 'exaone', 'minerva-7b'].map(
    (name) => [name, SINGLE_DIGITS] as const,
  ),
  ...['llama3', 'llama-v3', 'llama-bpe', 'falcon3', 'dbrx', 'smaug-bpe'].map((name) => [name, ['llama3']] as const),
  ...['qwen2', 'stablelm2', 'megrez', 'deepseek-r1-qwen'].map((name) => [name, ['qwen2']] as const),
  ['tekken', ['tekken']],
] as const);

/** These take a piece that is a token whole, and start a prompt with BOS. */
const WHOLE_PIECES: ReadonlySet<string> = new Set(['llama3', 'llama-v3', 'llama-bpe', 'falcon3', 'tekken']);

/** Their originals normalize to NFC. */
const NFC: ReadonlySet<string> = new Set(['qwen2', 'deepseek-r1-qwen']);

/** The rules of a name. Throws `TOKENIZER_UNSUPPORTED` with the name where it is not known. */
export function ggufPreTokenizer(name: string): GgufPreTokenizer {
  const steps = STEPS.get(name);
  if (steps === undefined) {
    throw tokenizerError('TOKENIZER_UNSUPPORTED', `the pre-tokenizer "${sanitizeText(name)}" is not known`, {
      key: 'tokenizer.ggml.pre',
      expected: [...STEPS.keys()].join(', '),
      actual: sanitizeText(name),
      remedy: 'Convert the model from its original Hugging Face directory, whose tokenizer.json holds the pattern.',
    });
  }
  return {
    preTokenizer: steps,
    normalizer: NFC.has(name) ? 'nfc' : 'none',
    ignoreMerges: WHOLE_PIECES.has(name),
    addBos: WHOLE_PIECES.has(name),
  };
}
