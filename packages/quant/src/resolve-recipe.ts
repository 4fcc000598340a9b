/** A recipe applied to the tensors of a model. */
import { createEncoding, rowDivides, rowLength, type Shape, type TensorEncoding } from '@mirust/core';
import { matchesGlob } from './glob.ts';
import { parseRecipeType, type Recipe, type RecipeRule } from './recipe.ts';

/** A tensor that a recipe is to decide on. */
export interface RecipeTensor {
  /** Canonical name. */
  readonly name: string;
  readonly shape: Shape;
  /** How the source stores it: what `keep` keeps. */
  readonly storedEncoding: TensorEncoding;
}

/** Why a tensor is not stored as requested. */
export interface FallbackReason {
  /** `row-not-divisible`: the row does not divide into q4 blocks; q8, which has no blocks, takes its place. */
  readonly code: 'row-not-divisible';
  /** For people. */
  readonly message: string;
}

/** What a recipe decided for one tensor. */
export interface ResolvedTensor {
  readonly name: string;
  readonly encoding: TensorEncoding;
  /** The type that the recipe names for it. */
  readonly requested: string;
  /** Absent where the encoding is the requested one. */
  readonly fallbackReason?: FallbackReason;
}

/** A recipe's decisions, in the order of the tensors. */
export interface ResolvedRecipe {
  readonly tensors: readonly ResolvedTensor[];
  /** Rules that match no tensor: most likely a misspelt name. */
  readonly unusedRules: readonly RecipeRule[];
}

/** Applies a recipe. Never fails for a recipe that `createRecipe` made. */
export function resolveRecipe(recipe: Recipe, tensors: readonly RecipeTensor[]): ResolvedRecipe {
  const unused = new Set(recipe.rules);
  const resolved = tensors.map((tensor) => {
    const matching = recipe.rules.filter(({ pattern }) => matchesGlob(pattern, tensor.name));
    for (const rule of matching) unused.delete(rule);
    return resolveTensor(recipe, tensor, matching.at(-1)?.type ?? defaultType(recipe, tensor));
  });
  return { tensors: resolved, unusedRules: [...unused] };
}

function defaultType(recipe: Recipe, { shape }: RecipeTensor): string {
  return shape.length === 1 && recipe.default !== 'keep' ? 'f32' : recipe.default;
}

function resolveTensor(recipe: Recipe, tensor: RecipeTensor, requested: string): ResolvedTensor {
  const { name, shape } = tensor;
  const { dtype, blockSize = recipe.q4BlockSize } = parseRecipeType(requested);
  if (dtype === 'keep') return { name, encoding: tensor.storedEncoding, requested };
  const { scaleType } = recipe;
  const encoding = createEncoding(dtype, shape, { blockSize, scaleType });
  if (rowDivides(encoding, rowLength(shape))) return { name, encoding, requested };
  const message = `a row of ${rowLength(shape)} values does not divide into q4 blocks of ${blockSize}`;
  const fallback = createEncoding('q8', shape, { scaleType });
  return { name, encoding: fallback, requested, fallbackReason: { code: 'row-not-divisible', message } };
}
