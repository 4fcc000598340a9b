/** Exact cases: prompts with the text that greedy decoding must give, to the letter (`eval-cases.schema.json`). */
import { type CommandContext, present, readTextFile, UsageError } from '@mirust/cli';
import { sanitizeText } from '@mirust/core';
import type { Model } from '@mirust/runtime';
import { type EvalCase, validateEvalCases } from '@mirust/schemas';

/** How one case ended. */
export interface CaseResult {
  /** The case's own, or `case 1`, `case 2` ... by its place in the file. */
  readonly name: string;
  readonly passed: boolean;
  readonly expected: string;
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
    results.push({ name: name ?? `case ${index + 1}`, passed: text === expected, expected, text });
  }
  return results;
}

/** Characters of a text that are shown where a case failed. */
const MAX_SHOWN_CHARACTERS = 60;

/** The results for a person: of a failed case, where the texts part. */
export function formatCases(results: readonly CaseResult[]): string[] {
  const lines = results.flatMap(({ name, passed, expected, text }) => {
    const title = `${passed ? 'passed' : 'FAILED'}  ${sanitizeText(name)}`;
    if (passed) return [title];
    const at = commonLength(expected, text);
    const rest = (whole: string): string => `"${sanitizeText(whole.slice(at), MAX_SHOWN_CHARACTERS)}"`;
    return [title, `  from character ${at}, expected ${rest(expected)}`, `  and got ${rest(text)}`];
  });
  const passed = results.filter((result) => result.passed).length;
  return [...lines, `${passed} of ${results.length} cases passed`];
}

function commonLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}
