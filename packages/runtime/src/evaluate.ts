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
  let sum = 0;
  for (const { tokens, targets, isFirst } of predictionSteps(ids, model.layout.options)) {
    const rows = await logitsOf(model, tokens, isFirst, signal);
    for (const [row, target] of targets.entries()) sum -= logProbability(rows[row] as Float32Array, target);
  }
  return sum;
}

/** Tokens that are fed together. */
export interface PredictionStep {
  readonly tokens: readonly number[];
  /** What follows each of them. */
  readonly targets: readonly number[];
  /** Whether a window starts: in an empty cache. */
  readonly isFirst: boolean;
}

/** Cuts a document into windows of the context and those into what one run takes. The last id is predicted, never fed. */
export function* predictionSteps(
  ids: readonly number[],
  { context, logitsRows }: { readonly context: number; readonly logitsRows: number },
): Generator<PredictionStep> {
  for (let windowStart = 0; windowStart < ids.length - 1; windowStart += context) {
    const end = Math.min(windowStart + context, ids.length - 1);
    for (let at = windowStart; at < end; at += logitsRows) {
      const to = Math.min(at + logitsRows, end);
      yield { tokens: ids.slice(at, to), targets: ids.slice(at + 1, to + 1), isFirst: at === windowStart };
    }
  }
}

/** Logits of every token of a step: a row of [vocabSize] each. */
export async function logitsOf(
  model: Model,
  tokens: readonly number[],
  isFirst: boolean,
  signal?: AbortSignal,
): Promise<Float32Array[]> {
  const { vocabSize } = model.description.hyperparameters;
  if (isFirst) model.reset();
  const logits = await model.feed(tokens, { logitsRows: tokens.length, ...(signal === undefined ? {} : { signal }) });
  return tokens.map((_, row) => logits.subarray(row * vocabSize, (row + 1) * vocabSize));
}

/** ln softmax(logits)[target], in f64, stable. */
export function logProbability(logits: Float32Array, target: number): number {
  return (logits[target] as number) - logSumExp(logits);
}

/** ln of the sum of e^logit, in f64, stable. */
export function logSumExp(logits: Float32Array): number {
  let maximum = Number.NEGATIVE_INFINITY;
  for (const logit of logits) maximum = Math.max(maximum, logit);
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - maximum);
  return maximum + Math.log(sum);
}
