/** Exact cases: prompts with the text that greedy decoding must give, to the letter (`eval-cases.schema.json`). */
import { type CommandContext, present, UsageError } from '@mirust/cli';
import { sanitizeText } from '@mirust/core';
import type { Model } from '@mirust/runtime';
import { type EvalCase, validateEvalCases } from '@mirust/schemas';
import { readTextFile } from './text-file.ts';

/** How one case ended. */
export interface CaseResult {
  /** The case's own, or `case 1`, `case 2` ... by its place in the file. */
  readonly name: string;
  readonly passed: boolean;
  /** What the model said. */
  readonly text: string;
}

/** Reads a file of cases. It is the user's own, so a mistake in it is a UsageError; throws what reading throws. */
export async function readCases(path: string, context: CommandContext): Promise<readonly EvalCase[]> {
  const result = validateEvalCases(parseJson(await readTextFile(path, context), sanitizeText(path)));
  if (result.ok) return result.value;
  const { path: at, message } = result.errors[0] ?? { path: '', message: 'is invalid' };
  throw new UsageError(
    `${sanitizeText(path)}: ${[at, message]
      .map((part) => sanitizeText(part))
      .join(' ')
      .trim()}`,
  );
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`${name} is not JSON`, { cause });
  }
}

/** Runs all cases, also behind one that fails. */
export async function runCases(
  model: Model,
  cases: readonly EvalCase[],
  { signal }: CommandContext,
): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const [index, { name, prompt, expected, maxTokens }] of cases.entries()) {
    const { text } = await model.complete(prompt, { ...present({ maxTokens }), signal });
    results.push({ name: name ?? `case ${index + 1}`, passed: text === expected, text });
  }
  return results;
}
