/** Our own storage types on an outline, as `mirust-pack` would choose them by the same name. */
import type { TensorEncoding } from '@mirust/core';
import { createEncoding } from '@mirust/core';
import { createRecipe, parseRecipeType, resolveRecipe } from '@mirust/quant';
import type { ModelOutline } from '../outline/outline.ts';

/**
 * The encoding of every tensor of an outline, by its name, for a type of a recipe: `f32`, `f16`, `bf16`, `q8`, `q4`,
 * `q4/64` or `keep`. Tensors of rank 1 stay f32, and q8 takes the place of q4 where its blocks do not divide the rows.
 * Throws RangeError for another name, for a block size that cannot be, and for `keep` where the encodings of the source
 * are not known.
 */
export function recipeEncodings(
  outline: ModelOutline,
  name: string,
  storedEncodings?: ReadonlyMap<string, TensorEncoding>,
): ReadonlyMap<string, TensorEncoding> {
  const keeps = parseRecipeType(name).dtype === 'keep';
  const tensors = outline.tensors.map((tensor) => {
    const storedEncoding = storedEncodings?.get(tensor.name);
    if (keeps && storedEncoding === undefined) {
      throw new RangeError('"keep" needs a source that says how its tensors are stored');
    }
    return { ...tensor, storedEncoding: storedEncoding ?? createEncoding('f32', tensor.shape) };
  });
  const resolved = resolveRecipe(createRecipe({ default: name }), tensors);
  return new Map(resolved.tensors.map(({ name: tensor, encoding }) => [tensor, encoding]));
}
