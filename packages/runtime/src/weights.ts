/** The weights of a loaded model: stored tensors whose bytes lie in the weight tape. */
import type { StoredTensor } from '@mirust/quant';

/** Canonical name → stored tensor over the tape's bytes. */
export type LoadedWeights = ReadonlyMap<string, StoredTensor>;

/** The tensor of a name. Throws RangeError for a name that is not loaded: a mistake in a program, not in a file. */
export function weightOf(weights: LoadedWeights, name: string): StoredTensor {
  const tensor = weights.get(name);
  if (tensor === undefined) throw new RangeError(`no weight named ${name}`);
  return tensor;
}
