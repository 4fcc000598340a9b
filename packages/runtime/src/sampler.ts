/**
 * Chooses the next token from logits. The order is fixed, and part of the contract:
 *
 * 1. repetition penalty on the logits of recent tokens (arXiv 1909.05858: positive ones divided, negative multiplied);
 * 2. temperature 0: the highest logit, the lowest id among equals; no random number is drawn;
 * 3. candidates sorted by logit, highest first, the lower id first among equals; the first topK stay;
 * 4. softmax of logit / temperature over them;
 * 5. topP: the shortest head whose probabilities sum to at least topP stays (arXiv 1904.09751);
 * 6. minP: those below minP times the highest probability go (arXiv 2407.01082);
 * 7. one random number u in [0, 1) is drawn per token: the first candidate whose running sum of the probabilities
 *    that stayed exceeds u times their total is chosen.
 */
import { MAX_CANDIDATES } from '@mirust/model';
import { createRandom, type RandomSource } from './random.ts';

/** How to choose tokens. */
export interface SamplingOptions {
  /** 0: greedy. Default 0. */
  readonly temperature?: number;
  /** 1 to 1,024 candidates, or 0 for all. Default 1 at temperature 0, else 40. */
  readonly topK?: number;
  /** In (0, 1]; 1 keeps all. Default 1. */
  readonly topP?: number;
  /** In [0, 1]; 0 keeps all. Default 0. */
  readonly minP?: number;
  /** Above 0; 1 changes nothing. Default 1. */
  readonly repetitionPenalty?: number;
  /** How many of the last tokens the penalty sees, the prompt included. Default 64. */
  readonly repetitionWindow?: number;
  /** Any safe integer. Default 1. */
  readonly seed?: number;
}

/** Largest topK: SLM1's runtime contract. */
export const MAX_TOP_K: number = MAX_CANDIDATES;

/** Searches over a row of logits that a backend does faster. */
export interface LogitSearch {
  /** {@link argmax} */
  argmax?(row: Float32Array): number;
  /** Indices of the `count` (at most {@link MAX_TOP_K}) highest, in no order; NaN is passed over. */
  topK?(row: Float32Array, count: number): number[];
}

/** Chooses tokens; keeps the random state of one generation. */
export interface Sampler {
  /** The chosen id. `history`: all tokens so far. `logits` is changed in place by a repetition penalty. */
  sample(logits: Float32Array, history: readonly number[]): number;
}

type Resolved = Required<SamplingOptions>;

/**
 * Makes a sampler. Throws RangeError, naming the option, for a value out of range.
 *
 * @param search what the backend brings; it must give the same ids
 */
export function createSampler(options: SamplingOptions = {}, search: LogitSearch = {}): Sampler {
  const resolved = resolveSampling(options);
  const random = createRandom(resolved.seed);
  return {
    sample(logits, history) {
      penalize(logits, history, resolved);
      if (resolved.temperature === 0) return search.argmax?.(logits) ?? argmax(logits);
      return draw(logits, resolved, random, search);
    },
  };
}

/** The options with their defaults. Throws RangeError, naming the option, for a value out of range. */
export function resolveSampling(options: SamplingOptions): Resolved {
  const temperature = options.temperature ?? 0;
  const resolved: Resolved = {
    temperature,
    topK: options.topK ?? (temperature === 0 ? 1 : 40),
    topP: options.topP ?? 1,
    minP: options.minP ?? 0,
    repetitionPenalty: options.repetitionPenalty ?? 1,
    repetitionWindow: options.repetitionWindow ?? 64,
    seed: options.seed ?? 1,
  };
  const check = (ok: boolean, name: keyof Resolved, expected: string): void => {
    if (!ok) throw new RangeError(`${name} must be ${expected}, got ${resolved[name]}`);
  };
  check(Number.isFinite(temperature) && temperature >= 0, 'temperature', 'a finite number of at least 0');
  check(
    Number.isInteger(resolved.topK) && resolved.topK >= 0 && resolved.topK <= MAX_TOP_K,
    'topK',
    `an integer from 0 to ${MAX_TOP_K}`,
  );
  check(resolved.topP > 0 && resolved.topP <= 1, 'topP', 'above 0 and at most 1');
  check(resolved.minP >= 0 && resolved.minP <= 1, 'minP', 'from 0 to 1');
  check(
    Number.isFinite(resolved.repetitionPenalty) && resolved.repetitionPenalty > 0,
    'repetitionPenalty',
    'a finite number above 0',
  );
  check(
    Number.isSafeInteger(resolved.repetitionWindow) && resolved.repetitionWindow >= 0,
    'repetitionWindow',
    'a non-negative integer',
  );
  check(Number.isSafeInteger(resolved.seed), 'seed', 'an integer');
  return resolved;
}

/** Index of the highest value, the lowest among equals; NaN never wins. RangeError for no values at all. */
export function argmax(logits: Float32Array): number {
  if (logits.length === 0) throw new RangeError('there are no logits to choose from');
  let best = 0;
  for (let id = 1; id < logits.length; id++) {
    const value = logits[id] as number;
    if (value > (logits[best] as number) || Number.isNaN(logits[best])) best = id;
  }
  return best;
}

function penalize(logits: Float32Array, history: readonly number[], options: Resolved): void {
  const { repetitionPenalty: penalty, repetitionWindow: window } = options;
  if (penalty === 1 || window === 0) return;
  for (const id of new Set(history.slice(-window))) {
    const logit = logits[id];
    if (logit !== undefined) logits[id] = logit > 0 ? logit / penalty : logit * penalty;
  }
}

function draw(logits: Float32Array, options: Resolved, random: RandomSource, search: LogitSearch): number {
  const ids = highest(logits, options.topK === 0 ? logits.length : Math.min(options.topK, logits.length), search);
  const top = logits[ids[0] as number] as number;
  const weights = ids.map((id) => Math.exp(((logits[id] as number) - top) / options.temperature));
  let kept = options.topP < 1 ? headLength(weights, options.topP) : weights.length;
  // Weights fall, so the ones below the floor are a tail. The highest has weight 1 and always stays.
  while (kept > 1 && (weights[kept - 1] as number) < options.minP) kept--;
  let total = 0;
  for (let i = 0; i < kept; i++) total += weights[i] as number;
  const target = random() * total;
  let sum = 0;
  for (let i = 0; i < kept; i++) {
    sum += weights[i] as number;
    if (sum > target) return ids[i] as number;
  }
  return ids[kept - 1] as number;
}

/** How many of the first weights are needed to reach `share` of their sum. */
function headLength(weights: readonly number[], share: number): number {
  const needed = share * weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  for (const [index, weight] of weights.entries()) {
    sum += weight;
    if (sum >= needed) return index + 1;
  }
  return weights.length;
}

/** Ids of the `count` highest logits, highest first, lower id first among equals; NaN is never one of them. */
function highest(logits: Float32Array, count: number, search: LogitSearch): number[] {
  const found =
    search.topK !== undefined && count <= MAX_TOP_K ? search.topK(logits, count) : highestHeap(logits, count);
  if (found.length === 0) return [argmax(logits)];
  return found.sort((a, b) => (isBetter(logits, a, b) ? -1 : 1));
}

function isBetter(logits: Float32Array, a: number, b: number): boolean {
  const difference = (logits[a] as number) - (logits[b] as number);
  return difference > 0 || (difference === 0 && a < b);
}

/**
 * The same, in no order: a bounded heap whose root is the worst kept candidate, n · log(count), no sort of a whole
 * vocabulary for a small count.
 */
function highestHeap(logits: Float32Array, count: number): number[] {
  const better = (a: number, b: number): boolean => isBetter(logits, a, b);
  const heap: number[] = [];
  const sinkDown = (): void => {
    let at = 0;
    for (;;) {
      let worst = at;
      for (const child of [2 * at + 1, 2 * at + 2]) {
        if (child < heap.length && better(heap[worst] as number, heap[child] as number)) worst = child;
      }
      if (worst === at) return;
      [heap[at], heap[worst]] = [heap[worst] as number, heap[at] as number];
      at = worst;
    }
  };
  for (let id = 0; id < logits.length; id++) {
    if (Number.isNaN(logits[id])) continue;
    if (heap.length < count) {
      heap.push(id);
      for (let at = heap.length - 1; at > 0; ) {
        const parent = (at - 1) >> 1;
        if (!better(heap[parent] as number, heap[at] as number)) break;
        [heap[at], heap[parent]] = [heap[parent] as number, heap[at] as number];
        at = parent;
      }
    } else if (better(id, heap[0] as number)) {
      heap[0] = id;
      sinkDown();
    }
  }
  return heap;
}
