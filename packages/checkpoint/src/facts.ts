/** What a source says about itself, within bounds: whatever a file says here can be stored and shown. */
import type { Warning } from '@mirust/core';
import type { SourceFile } from '@mirust/schemas';
import { type ImportedTokenizer, tokenCount, withEndOfGeneration } from '@mirust/tokenizer';
import type { CheckpointFacts } from './checkpoint.ts';
import { checkpointError } from './errors.ts';

/** Longest chat template: the limit of SLM2's META. Templates in use have up to 20,000 characters. */
export const MAX_CHAT_TEMPLATE_CHARACTERS = 262_144;

/** Ids that end a generation: the limit of SLM2's META. A handful are in use. */
export const MAX_END_IDS = 256;

/** Facts as a format's reader finds them. */
export interface RawFacts {
  readonly name?: string | undefined;
  readonly license?: string | undefined;
  readonly baseModel?: string | undefined;
  readonly sources?: readonly SourceFile[] | undefined;
  readonly chatTemplate?: string | undefined;
  /** Of any JSON type: what is no token of the model is left out. */
  readonly endOfGeneration?: readonly unknown[] | undefined;
  readonly quantizationError?: number | undefined;
}

/**
 * Facts that can be relied on: texts are not empty, ids are tokens of the model. What is left out is told by a warning.
 * Throws `CHECKPOINT_TOO_LARGE` for more than {@link MAX_END_IDS} ids.
 */
export function boundedFacts(
  raw: RawFacts,
  vocabSize: number,
): { readonly facts: CheckpointFacts; readonly warnings: readonly Warning[] } {
  const warnings: Warning[] = [];
  const facts: { -readonly [K in keyof CheckpointFacts]: CheckpointFacts[K] } = {};
  for (const key of ['name', 'license', 'baseModel'] as const) {
    const text = raw[key]?.trim();
    if (text !== undefined && text.length > 0) facts[key] = text;
  }
  if (raw.sources !== undefined) facts.sources = raw.sources;
  if (raw.quantizationError !== undefined) facts.quantizationError = raw.quantizationError;
  const template = raw.chatTemplate;
  if (template !== undefined && template.length > MAX_CHAT_TEMPLATE_CHARACTERS) {
    const message = `the chat template has ${template.length} characters and is left out`;
    warnings.push({ code: 'CHECKPOINT_CHAT_TEMPLATE', message });
  } else if (template !== undefined) facts.chatTemplate = template;
  const stated = new Set(raw.endOfGeneration);
  const ids = [...stated].filter((id): id is number => isId(id, vocabSize)).sort((a, b) => a - b);
  if (ids.length > MAX_END_IDS) {
    const context = { limit: MAX_END_IDS, actual: ids.length };
    throw checkpointError('CHECKPOINT_TOO_LARGE', `${ids.length} ids are to end a generation`, context);
  }
  if (ids.length < stated.size) warnings.push(endIdWarning(stated.size - ids.length, `the ${vocabSize} tokens`));
  if (ids.length > 0) facts.endOfGeneration = ids;
  return { facts, warnings };
}

function isId(id: unknown, count: number): boolean {
  return Number.isSafeInteger(id) && (id as number) >= 0 && (id as number) < count;
}

function endIdWarning(count: number, among: string): Warning {
  const verb = count === 1 ? 'is' : 'are';
  const message = `${count} of the ids that are to end a generation ${verb} not among ${among}: ignored`;
  return { code: 'CHECKPOINT_END_ID', message };
}

/** A tokenizer that knows the ids that end a generation. Embeddings may have rows behind the last token. */
export function withEndIds(tokenizer: ImportedTokenizer, { endOfGeneration = [] }: CheckpointFacts): ImportedTokenizer {
  const count = tokenCount(tokenizer.model.tokens);
  const ids = endOfGeneration.filter((id) => id < count);
  const outside = endOfGeneration.length - ids.length;
  const warnings = outside === 0 ? [] : [endIdWarning(outside, `the tokenizer's ${count} tokens`)];
  return { model: withEndOfGeneration(tokenizer.model, ids), warnings: [...tokenizer.warnings, ...warnings] };
}
