/**
 * How far the predictions of a model lie from those of another: the Kullback-Leibler divergence of the next token's
 * distribution, in nats. Unlike perplexity it does not reward a model for being right by chance, so it shows what
 * quantization changes (https://github.com/ggml-org/llama.cpp/pull/5076 measures the same).
 */
import { runtimeError } from './errors.ts';
import { type EvaluateOptions, logitsOf, logSumExp, predictionSteps } from './evaluate.ts';
import type { Model } from './model.ts';

/** Result of {@link measureDivergence}. */
export interface Divergence {
  /** Predictions that were compared. */
  readonly tokens: number;
  /** Mean of KL(reference || model) over them. */
  readonly meanKl: number;
}

/**
 * Compares a model with its reference on documents. Both must have the same vocabulary and encode the documents alike, and
 * both should be loaded with `logitsRows` equal to their chunk.
 *
 * Throws `RUNTIME_NO_TOKENIZER`, `RUNTIME_REFERENCE` for a reference with other tokens, RangeError where no document has a
 * token to predict.
 */
export async function measureDivergence(
  model: Model,
  reference: Model,
  documents: readonly string[],
  { signal, onProgress }: EvaluateOptions = {},
): Promise<Divergence> {
  const [context, logitsRows] = (['context', 'logitsRows'] as const).map((key) =>
    Math.min(model.layout.options[key], reference.layout.options[key]),
  ) as [number, number];
  let tokens = 0;
  let sum = 0;
  for (const [index, document] of documents.entries()) {
    const ids = idsOf(model, reference, document);
    for (const step of predictionSteps(ids, { context, logitsRows })) {
      const actual = await logitsOf(model, step.tokens, step.isFirst, signal);
      const expected = await logitsOf(reference, step.tokens, step.isFirst, signal);
      for (const [row, logits] of actual.entries()) sum += klDivergence(expected[row] as Float32Array, logits);
      tokens += step.tokens.length;
    }
    onProgress?.(index + 1, documents.length);
  }
  if (tokens === 0) throw new RangeError('the text has no token to predict');
  return { tokens, meanKl: sum / tokens };
}

/** KL(p || q) of two distributions given as logits, in f64: sum of p * (ln p - ln q). */
export function klDivergence(p: Float32Array, q: Float32Array): number {
  const [pLog, qLog] = [logSumExp(p), logSumExp(q)];
  let sum = 0;
  for (let index = 0; index < p.length; index++) {
    const logP = (p[index] as number) - pLog;
    const probability = Math.exp(logP);
    // What the reference never says adds nothing, also where both say so with minus infinity.
    if (probability > 0) sum += probability * (logP - ((q[index] as number) - qLog));
  }
  return sum;
}

function idsOf(model: Model, reference: Model, document: string): number[] {
  const [own, theirs] = [model, reference].map(({ tokenizer }) => {
    if (tokenizer !== undefined) return tokenizer.encode(document, { parseSpecial: false });
    throw runtimeError('RUNTIME_NO_TOKENIZER', 'the model has no tokenizer, so text cannot be evaluated');
  }) as [number[], number[]];
  const [size, otherSize] = [model, reference].map(({ description }) => description.hyperparameters.vocabSize);
  if (size !== otherSize || own.length !== theirs.length || own.some((id, index) => id !== theirs[index])) {
    throw runtimeError('RUNTIME_REFERENCE', 'the reference has other tokens than the model');
  }
  return own;
}
