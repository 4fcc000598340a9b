/** The loop of a generation: sample, decode, watch for stops, append. */
import type { Conversation } from './conversation.ts';
import { runtimeError } from './errors.ts';
import {
  DEFAULT_MAX_TOKENS,
  type GeneratedPiece,
  type GenerateOptions,
  type GenerationResult,
  type StopReason,
} from './generate.ts';
import type { ModelParts } from './parts.ts';
import { createSampler } from './sampler.ts';
import { createStopWatch } from './stop-strings.ts';

/**
 * Generates from a fresh conversation. Options and prompt are checked before the conversation is touched.
 * Throws as `Model.generate` says.
 */
export async function* runGeneration(
  { tokenizer, layout, backend }: ModelParts,
  conversation: Conversation,
  prompt: string | readonly number[],
  options: GenerateOptions,
): AsyncGenerator<GeneratedPiece, GenerationResult, void> {
  const maxTokens = options.maxTokens ?? DEFAULT_MAX_TOKENS;
  if (!Number.isSafeInteger(maxTokens) || maxTokens < 0) {
    throw new RangeError(`maxTokens must be a non-negative integer, got ${maxTokens}`);
  }
  const sampler = createSampler(options, backend);
  const stopWatch = createStopWatch(options.stop ?? []);
  const promptTokenIds = encodePrompt(tokenizer, prompt);
  // Behind a prompt the text goes on; from BOS alone it begins, and the space that a tokenizer puts in front goes.
  const continuation = promptTokenIds.some((id) => !isSpecial(tokenizer, id));
  const decoder = tokenizer?.createDecoder({ continuation });
  const history = [...promptTokenIds];
  const tokenIds: number[] = [];
  let text = '';
  let stopReason: StopReason = 'max-tokens';

  const reusedTokens = conversation.restartWith(promptTokenIds);
  const started = performance.now();
  const rest = promptTokenIds.slice(reusedTokens);
  let logits = maxTokens === 0 ? undefined : await conversation.append(rest, 1, options.signal);
  const prefillMilliseconds = performance.now() - started;
  while (logits !== undefined) {
    // Embeddings may have spare rows behind the vocabulary: no token stands for them, so none is chosen.
    const tokenId = sampler.sample(logits.subarray(0, tokenizer?.vocabSize ?? logits.length), history);
    if (options.ignoreEndOfGeneration !== true && tokenizer?.isEndOfGeneration(tokenId) === true) {
      stopReason = 'end-of-generation';
      break;
    }
    tokenIds.push(tokenId);
    history.push(tokenId);
    const piece = stopWatch.push(decoder?.push(tokenId) ?? '');
    text += piece;
    yield { text: piece, tokenId };
    if (stopWatch.stopped !== undefined) {
      stopReason = 'stop-string';
      break;
    }
    if (tokenIds.length === maxTokens) break;
    if (conversation.position >= layout.options.context) {
      stopReason = 'context';
      break;
    }
    logits = await conversation.append([tokenId], 1, options.signal);
  }
  const held = stopWatch.push(decoder?.flush() ?? '') + stopWatch.flush();
  const lastId = tokenIds.at(-1);
  if (held.length > 0 && lastId !== undefined) {
    text += held;
    yield { text: held, tokenId: lastId };
  }
  if (stopWatch.stopped !== undefined) stopReason = 'stop-string';
  const decodeMilliseconds = performance.now() - started - prefillMilliseconds;
  return { text, tokenIds, promptTokenIds, reusedTokens, stopReason, prefillMilliseconds, decodeMilliseconds };
}

/** Whether an id is a special token; one of a spare row is not. */
function isSpecial(tokenizer: ModelParts['tokenizer'], id: number): boolean {
  return tokenizer !== undefined && id < tokenizer.vocabSize && tokenizer.isSpecial(id);
}

function encodePrompt(tokenizer: ModelParts['tokenizer'], prompt: string | readonly number[]): readonly number[] {
  const ids = typeof prompt === 'string' ? encodeText(tokenizer, prompt) : prompt;
  if (ids.length === 0) throw new RangeError('the prompt has no tokens, and the tokenizer adds no BOS');
  return ids;
}

function encodeText(tokenizer: ModelParts['tokenizer'], text: string): readonly number[] {
  if (tokenizer !== undefined) return tokenizer.encode(text);
  throw runtimeError('RUNTIME_NO_TOKENIZER', 'the model has no tokenizer, so text cannot be a prompt');
}
