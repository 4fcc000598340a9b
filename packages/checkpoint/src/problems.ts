/** Everything about a checkpoint that breaks the contract of its architecture. */
import { type MirustError, sanitizeText } from '@mirust/core';
import { contractProblems, type ModelDescription, modelError } from '@mirust/model';
import type { CheckpointTensor } from './checkpoint.ts';

/** Problems that are made into errors: a hostile file can have a hundred thousand. */
export const MAX_LISTED_PROBLEMS = 200;

/** What a checkpoint's tensors break. */
export interface CheckpointProblems {
  /** In contract order, unknown tensors last; the first {@link MAX_LISTED_PROBLEMS}. */
  readonly problems: readonly MirustError[];
  /** Of all. */
  readonly problemCount: number;
}

/** Tensors of a source, sorted by whether the architecture knows them. */
export interface MappedTensors {
  /** By canonical name. */
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  /**
   * Names, as the source spells them, of tensors that have no place in the architecture. They are kept apart because
   * such a name may be a canonical one: a source must not reach a place under a name that its format does not use.
   */
  readonly strangers: readonly string[];
}

/**
 * Holds tensors against the contract: `MODEL_TENSOR_MISSING`, `MODEL_TENSOR_SHAPE`, `MODEL_TENSOR_UNKNOWN`. `others`
 * are problems that the reader of the format has found, which come first.
 */
export function findProblems(
  model: ModelDescription,
  { tensors, strangers }: MappedTensors,
  others: readonly MirustError[],
): CheckpointProblems {
  const shapes = new Map([...tensors].map(([name, { shape }]) => [name, shape]));
  const found = contractProblems(model.contract, shapes);
  const problems: MirustError[] = others.slice(0, MAX_LISTED_PROBLEMS);
  for (const { code, message, tensor } of found.slice(0, MAX_LISTED_PROBLEMS - problems.length)) {
    problems.push(modelError(code, message, { tensor: sanitizeText(tensor) }));
  }
  for (const name of strangers.slice(0, MAX_LISTED_PROBLEMS - problems.length)) {
    const tensor = sanitizeText(name);
    problems.push(modelError('MODEL_TENSOR_UNKNOWN', `tensor ${tensor} has no place in this architecture`, { tensor }));
  }
  return { problems, problemCount: others.length + found.length + strangers.length };
}
