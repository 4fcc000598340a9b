/**
 * Rotary position embedding: the angle by which position p turns the pair (2i, 2i+1) of a head is p · frequency[i].
 *
 * Rows of wq and wk are in pair order (adjacent elements form a pair), as GGUF's llama and llama2.c store them.
 * Hugging Face stores the first elements of all pairs of a head, then all second ones; `ropeRowOrder` maps between.
 */
import type { Hyperparameters } from './hyperparameters.ts';

/**
 * Frequencies in radians per position, one per pair: theta^(-2i / headDim), then the scaling.
 *
 * Sources: RoFormer (arXiv 2104.09864) eq. 15; position interpolation (arXiv 2306.15595); the Llama 3 rule as
 * `_compute_llama3_parameters` in huggingface/transformers states it; divisors as ggml's `rope_ext` applies them.
 *
 * @param factors divisors for `ropeScaling.type === 'factors'`, headDim / 2 of them; RangeError when they are missing.
 */
export function ropeFrequencies(h: Hyperparameters, factors?: Float32Array): Float64Array {
  const pairs = h.headDim / 2;
  const frequencies = new Float64Array(pairs);
  for (let i = 0; i < pairs; i++) frequencies[i] = h.ropeTheta ** ((-2 * i) / h.headDim);
  const scaling = h.ropeScaling;
  if (scaling === undefined) return frequencies;
  if (scaling.type === 'linear') return frequencies.map((frequency) => frequency / scaling.factor);
  if (scaling.type === 'factors') {
    if (factors?.length !== pairs) throw new RangeError(`rope factors: expected ${pairs}, got ${factors?.length ?? 0}`);
    return frequencies.map((frequency, i) => frequency / (factors[i] ?? 1));
  }
  const { factor, lowFrequencyFactor, highFrequencyFactor, originalContext } = scaling;
  return frequencies.map((frequency) => {
    /** How often this pair turns within the trained context. */
    const turns = (originalContext * frequency) / (2 * Math.PI);
    if (turns > highFrequencyFactor) return frequency;
    if (turns < lowFrequencyFactor) return frequency / factor;
    const smooth = (turns - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
    return (1 - smooth) * (frequency / factor) + smooth * frequency;
  });
}

/**
 * Where row `row` of our wq/wk lies in a Hugging Face checkpoint: our row 2i + s of a head is its row i + s · headDim/2.
 * A permutation of whole rows: it loses nothing, whatever the storage type.
 */
export function huggingFaceRopeRow(row: number, headDim: number): number {
  const within = row % headDim;
  return row - within + (within >> 1) + (within & 1) * (headDim / 2);
}
