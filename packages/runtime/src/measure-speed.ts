/**
 * How fast a model runs. Prompts and tokens are drawn from a seed: what is measured does not depend on what they mean. The
 * document follows `schemas/speed-report.schema.json`.
 */
import type { SpeedReport } from '@mirust/schemas';
import type { Model } from './model.ts';
import { createRandom } from './random.ts';

export type { SpeedReport } from '@mirust/schemas';

/** What to measure. */
export interface SpeedOptions {
  /** Tokens of the prompt. Default 512, at most what leaves room in the context for the decoded ones. */
  readonly promptTokens?: number;
  /** Tokens to decode, one by one. Default 128. */
  readonly decodeTokens?: number;
  /** How many tokens the cache holds when decoding starts. Default 16. */
  readonly startPosition?: number;
  /** Prompts to measure. Default 3. */
  readonly rounds?: number;
  readonly signal?: AbortSignal;
  /** Called as steps are done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Measures a model, whose conversation is lost. One prompt and some tokens beforehand are not counted: compilers are still
 * at work. The times of operations come from a prompt and tokens of their own, because measuring them costs time.
 * Throws RangeError where the options do not fit the context, and the signal's reason.
 */
export async function measureSpeed(model: Model, options: SpeedOptions = {}): Promise<SpeedReport> {
  const { context } = model.layout.options;
  const decodeTokens = options.decodeTokens ?? Math.min(128, Math.ceil(context / 2));
  const startPosition = options.startPosition ?? Math.min(16, context - decodeTokens);
  const promptTokens = options.promptTokens ?? Math.min(512, context);
  const rounds = options.rounds ?? 3;
  check({ decodeTokens, startPosition, promptTokens, rounds }, context);
  const random = createRandom(1);
  const { vocabSize } = model.description.hyperparameters;
  const draw = (count: number): number[] => Array.from({ length: count }, () => Math.floor(random() * vocabSize));
  const total = rounds + 2 + 2;
  let done = 0;
  const step = (): void => options.onProgress?.(++done, total);

  async function prefill(): Promise<number> {
    const tokens = draw(promptTokens);
    model.reset();
    const started = performance.now();
    await model.feed(tokens, signalOf(options));
    return performance.now() - started;
  }
  async function decode(count: number, profiled = false): Promise<number[]> {
    model.reset();
    if (startPosition > 0) await model.feed(draw(startPosition), { logitsRows: 0, ...signalOf(options) });
    const samples: number[] = [];
    model.setProfiling(profiled);
    for (const token of draw(count)) {
      const started = performance.now();
      await model.step(token, options.signal);
      samples.push(performance.now() - started);
    }
    return samples;
  }

  await prefill();
  await decode(Math.min(decodeTokens, 16));
  step();
  const prefills: number[] = [];
  for (let round = 0; round < rounds; round++) {
    prefills.push(await prefill());
    step();
  }
  const decodes = await decode(decodeTokens);
  step();
  model.setProfiling(true);
  await prefill();
  step();
  model.setProfiling(false);
  await decode(Math.min(decodeTokens, 32), true);
  model.setProfiling(false);
  step();

  const median = percentile(prefills, 0.5);
  const p50 = percentile(decodes, 0.5);
  return {
    version: 1,
    diagnostics: model.diagnostics(),
    prefill: {
      tokens: promptTokens,
      samplesMilliseconds: prefills,
      medianMilliseconds: median,
      tokensPerSecond: (promptTokens / median) * 1000,
    },
    decode: {
      startPosition,
      samplesMilliseconds: decodes,
      p50Milliseconds: p50,
      p95Milliseconds: percentile(decodes, 0.95),
      p99Milliseconds: percentile(decodes, 0.99),
      tokensPerSecond: 1000 / p50,
    },
  };
}

function signalOf({ signal }: SpeedOptions): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

function check(numbers: Required<Omit<SpeedOptions, 'signal' | 'onProgress'>>, context: number): void {
  for (const [name, value] of Object.entries(numbers)) {
    const least = name === 'startPosition' ? 0 : 1;
    if (!Number.isSafeInteger(value) || value < least) {
      throw new RangeError(`${name} must be an integer of at least ${least}, got ${value}`);
    }
  }
  const { promptTokens, startPosition, decodeTokens } = numbers;
  const needed = Math.max(promptTokens, startPosition + decodeTokens);
  if (needed > context) throw new RangeError(`${needed} positions are to be measured, the context has ${context}`);
}

/** The sample below which `share` of all samples lie: the nearest rank. */
function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
