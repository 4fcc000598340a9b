/**
 * Mean negative log-likelihood of text: how surprised a model is by each next token, in nats.
 *
 * Every document starts from BOS in an empty cache; each of its tokens is predicted from those before it. A document
 * longer than the context is cut into windows of the context, each of which starts anew with the last token of the
 * one before, so every token is predicted exactly once.
 */
import { runtimeError } from './errors.ts';
import type { Model } from './model.ts';

/** Result of {@link evaluate}. */
export interface Evaluation {
  /** Predicted tokens. */
  readonly tokens: number;
  /** Mean of -ln p over all predicted tokens. */
  readonly meanNll: number;
  /** e^meanNll */
  readonly perplexity: number;
  readonly documents: readonly { readonly tokens: number; readonly meanNll: number }[];
}

/** Options of {@link evaluate}. */
export interface EvaluateOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (doneDocuments: number, documents: number) => void;
}

/** Splits a text file into documents: at `<|endoftext|>`, trimmed, empty ones dropped. */
export function splitDocuments(text: string): string[] {
  return text
    .split('<|endoftext|>')
    .map((document) => document.trim())
    .filter((document) => document.length > 0);
}

/**
 * Evaluates a model that was loaded with `logitsRows` equal to its chunk (else one token is run at a time).
 * Throws `RUNTIME_NO_TOKENIZER`, RangeError where no document has a token to predict.
 */
export async function evaluate(
  model: Model,
  documents: readonly string[],
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  const { tokenizer } = model;
  if (tokenizer === undefined) {
    throw runtimeError('RUNTIME_NO_TOKENIZER', 'the model has no tokenizer, so text cannot be evaluated');
  }
  const results: { tokens: number; meanNll: number }[] = [];
  let tokens = 0;
  let sum = 0;
  for (const document of documents) {
    const ids = tokenizer.encode(document, { parseSpecial: false });
    if (ids.length < 2) continue;
    const nll = await documentNll(model, ids, options.signal);
    results.push({ tokens: ids.length - 1, meanNll: nll / (ids.length - 1) });
    tokens += ids.length - 1;
    sum += nll;
    options.onProgress?.(results.length, documents.length);
  }
  if (tokens === 0) throw new RangeError('the text has no token to predict');
  const meanNll = sum / tokens;
  return { tokens, meanNll, perplexity: Math.exp(meanNll), documents: results };
}

/** Sum of -ln p(ids[i] | ids before it) for i >= 1. */
async function documentNll(model: Model, ids: readonly number[], signal?: AbortSignal): Promise<number> {
  const { context, logitsRows } = model.layout.options;
  const { vocabSize } = model.description.hyperparameters;
  let sum = 0;
  for (let windowStart = 0; windowStart < ids.length - 1; windowStart += context) {
    model.reset();
    // Inputs of this window; the last id of the document is predicted but never fed.
    const end = Math.min(windowStart + context, ids.length - 1);
    for (let at = windowStart; at < end; at += logitsRows) {
      const part = ids.slice(at, Math.min(at + logitsRows, end));
      const logits = await model.feed(part, {
        logitsRows: part.length,
        ...(signal === undefined ? {} : { signal }),
      });
      for (let row = 0; row < part.length; row++) {
        const target = ids[at + row + 1] as number;
        sum -= logProbability(logits.subarray(row * vocabSize, (row + 1) * vocabSize), target);
      }
    }
  }
  return sum;
}

/** ln softmax(logits)[target], in f64, stable. */
export function logProbability(logits: Float32Array, target: number): number {
  let maximum = Number.NEGATIVE_INFINITY;
  for (const logit of logits) maximum = Math.max(maximum, logit);
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - maximum);
  return (logits[target] as number) - maximum - Math.log(sum);
}
