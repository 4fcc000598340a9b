/** Which ids end a generation besides EOS. */
import { tokenizerError } from './errors.ts';
import { TOKEN_TYPE, type TokenizerModel } from './model.ts';
import { tokenCount, tokenText } from './token-table.ts';

/**
 * Names of special tokens that end a turn or a text. Files seldom list them, and a model that was tuned to chat puts
 * out one of them where its `eos` is another. Source: llama.cpp's `llama-vocab.cpp`.
 */
export const END_OF_TURN_NAMES: ReadonlySet<string> = new Set([
  '<|eot_id|>',
  '<|eom_id|>',
  '<|end_of_text|>',
  '<|im_end|>',
  '<|end|>',
  '<|return|>',
  '<|call|>',
  '<end_of_turn>',
  '<end_of_utterance>',
  '<|endoftext|>',
  '<EOT>',
  '_<EOT>',
  '<\uff5cend\u2581of\u2581sentence\uff5c>',
]);

/** Names of tokens for filling in the middle that end a generation too: another file or padding would follow. */
const END_OF_FILE_NAMES: ReadonlySet<string> = new Set(['<|fim_pad|>', '<|repo_name|>', '<|file_sep|>']);

/** The special tokens among these that end a generation, by their names. */
export function endOfGenerationByName({ tokens, types }: Pick<TokenizerModel, 'tokens' | 'types'>): number[] {
  const ids: number[] = [];
  for (let id = 0; id < tokenCount(tokens); id++) {
    // In SmolLM2 the unknown token is one of them.
    if (types[id] !== TOKEN_TYPE.control && types[id] !== TOKEN_TYPE.unknown) continue;
    const name = tokenText(tokens, id);
    if (END_OF_TURN_NAMES.has(name) || END_OF_FILE_NAMES.has(name)) ids.push(id);
  }
  return ids;
}

/**
 * The model with more ids that end a generation: those of a `generation_config.json`, for one. Throws
 * `TOKENIZER_ID_RANGE` for an id outside the vocabulary.
 */
export function withEndOfGeneration(model: TokenizerModel, ids: Iterable<number>): TokenizerModel {
  const count = tokenCount(model.tokens);
  const all = new Set(model.endOfGeneration);
  for (const id of ids) {
    if (!Number.isInteger(id) || id < 0 || id >= count) {
      throw tokenizerError('TOKENIZER_ID_RANGE', `the id ${id}, which ends a generation, is none of ${count} tokens`, {
        limit: count - 1,
        actual: id,
      });
    }
    if (id !== model.special.eos) all.add(id);
  }
  return { ...model, endOfGeneration: [...all].sort((a, b) => a - b) };
}
