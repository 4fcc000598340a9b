/** The budget of a team: a file of its own, so mistakes in it are wrong usage. */
import { dirname, isAbsolute, join } from 'node:path';
import { type CommandContext, readTextFile, UsageError } from '@mirust/cli';
import { isMirustError, parseStrictJson, sanitizeText } from '@mirust/core';
import { type MemoryBudget, validateMemoryBudget } from '@mirust/schemas';
import stripJsonComments from 'strip-json-comments';
import { isPath } from './open-model.ts';

/** Longest budget: a thousand plans of a few lines. */
const MAX_BUDGET_BYTES = 4 * 2 ** 20;

/** A budget and where the paths in it begin. */
export interface LoadedBudget {
  readonly document: MemoryBudget;
  readonly folder: string;
}

/** Reads a budget. Comments and trailing commas are allowed. Throws UsageError, and what reading throws. */
export async function loadBudget(path: string, context: CommandContext): Promise<LoadedBudget> {
  const text = await readTextFile(path, context);
  const name = sanitizeText(path);
  // Comments become blanks, so that offsets stay.
  const json = stripJsonComments(text, { trailingCommas: true });
  try {
    parseStrictJson(json, { what: 'the budget', maxBytes: MAX_BUDGET_BYTES });
  } catch (error) {
    if (!isMirustError(error)) throw error;
    const place = error.offset === undefined ? '' : ` (at byte ${error.offset})`;
    throw new UsageError(`${name}: ${error.message}${place}`, { cause: error });
  }
  const result = validateMemoryBudget(JSON.parse(json));
  if (result.ok) return { document: result.value, folder: dirname(path) };
  const { path: at, message } = result.errors[0] ?? { path: '', message: 'is wrong' };
  throw new UsageError(`${name}: ${sanitizeText(`${at} ${message}`)}`);
}

/** Paths are relative to the budget, so that it can be checked from anywhere. */
export function pathFrom(folder: string, model: string): string {
  return isPath(model) && !isAbsolute(model) ? join(folder, model) : model;
}
