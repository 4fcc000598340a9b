/**
 * Grouped-query attention that streams over the cache with an online softmax (arXiv 1805.02867): one pass, no score
 * matrix. Several query heads share a key/value head.
 */
import type { VectorCache } from './kv-cache.ts';

/** What attention of one layer needs besides its buffers. */
export interface AttentionShape {
  readonly headCount: number;
  readonly kvHeadCount: number;
  readonly headDim: number;
  /** How many positions a token may look back, itself included. */
  readonly slidingWindow: number | undefined;
}

/**
 * output[t, h] = Σ_p softmax_p(query[t, h] · key[p] / √headDim) · value[p], p from the window's start to t's position.
 *
 * @param query, output [tokens, headCount · headDim]
 */
export function attend(
  shape: AttentionShape,
  keys: VectorCache,
  values: VectorCache,
  query: Float32Array,
  output: Float32Array,
  startPosition: number,
  tokens: number,
): void {
  const { headCount, kvHeadCount, headDim } = shape;
  const group = headCount / kvHeadCount;
  const scale = 1 / Math.sqrt(headDim);
  const vector = new Float32Array(headDim);
  const sum = new Float64Array(headDim);
  for (let t = 0; t < tokens; t++) {
    const position = startPosition + t;
    const first = shape.slidingWindow === undefined ? 0 : Math.max(0, position - shape.slidingWindow + 1);
    for (let h = 0; h < headCount; h++) {
      const kvHead = Math.floor(h / group);
      const at = (t * headCount + h) * headDim;
      let maximum = Number.NEGATIVE_INFINITY;
      let weightSum = 0;
      sum.fill(0);
      for (let p = first; p <= position; p++) {
        keys.load(kvHead, p, vector);
        let score = 0;
        for (let d = 0; d < headDim; d++) score += (query[at + d] as number) * (vector[d] as number);
        score *= scale;
        if (score > maximum) {
          // A new maximum: what was summed so far shrinks by e^(old - new).
          const shrink = Math.exp(maximum - score);
          weightSum *= shrink;
          for (let d = 0; d < headDim; d++) sum[d] = (sum[d] as number) * shrink;
          maximum = score;
        }
        const weight = Math.exp(score - maximum);
        weightSum += weight;
        values.load(kvHead, p, vector);
        for (let d = 0; d < headDim; d++) sum[d] = (sum[d] as number) + weight * (vector[d] as number);
      }
      for (let d = 0; d < headDim; d++) output[at + d] = (sum[d] as number) / weightSum;
    }
  }
}
