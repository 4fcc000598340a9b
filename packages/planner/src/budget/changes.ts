/**
 * Changes that make a model fit, cheapest first. What costs time alone is cheaper than what costs precision, and that is
 * cheaper than what the user then cannot do.
 */
import { formatBytes } from '@mirust/core';
import type { BudgetChange } from '@mirust/schemas';
import type { PlanInput } from '../input.ts';
import { type PlannedKvType, type PlanOptions, type ResolvedPlanOptions, resolvePlanOptions } from '../options.ts';
import { atContext } from './answers.ts';
import { type BudgetQuestion, fittingTotal, largestFitting } from './questions.ts';

/** Changes that are shown. */
const MOST_CHANGES = 3;

/** One step towards a smaller total. */
interface Step {
  readonly option: string;
  readonly value: string;
  readonly cost: string;
  readonly options?: Partial<PlanOptions>;
  readonly input?: PlanInput;
}

/** At most three, each enough by itself; where no single one is, the cheapest pairs. Empty where the model fits. */
export function cheapestChanges(question: BudgetQuestion): BudgetChange[] {
  if (fittingTotal(question) !== undefined) return [];
  const singles = firstOfEach(singleChanges(question));
  return singles.length > 0 ? singles : firstOfEach(pairedChanges(question));
}

function* singleChanges(question: BudgetQuestion): Generator<BudgetChange> {
  for (const step of stepsOf(question)) yield* changeOf(question, [step]);
}

function* pairedChanges(question: BudgetQuestion): Generator<BudgetChange> {
  // Counts that are enough only together with something else come second: the largest count depends on it.
  for (const first of [...kvSteps(question), ...quantizationSteps(question)]) {
    const { input = question.input, options } = first;
    for (const second of stepsOf({ ...question, input, options: { ...question.options, ...options } })) {
      if (second.option !== first.option) yield* changeOf(question, [first, second]);
    }
  }
}

/** The first change of every option, or pair of options, whichever of them comes first. */
function firstOfEach(changes: Iterable<BudgetChange>): BudgetChange[] {
  const found = new Map<string, BudgetChange>();
  for (const change of changes) {
    const names = [...change.option.matchAll(/--[a-z]+/g)].map(([name]) => name);
    const key = names.sort().join(' ');
    if (!found.has(key)) found.set(key, change);
    if (found.size === MOST_CHANGES) break;
  }
  return [...found.values()];
}

function changeOf(question: BudgetQuestion, steps: readonly Step[]): BudgetChange[] {
  const options: Partial<PlanOptions> = Object.assign({}, ...steps.map((step) => step.options ?? {}));
  const changed = steps.find((step) => step.input !== undefined)?.input ?? question.input;
  const totalBytes = fittingTotal(question, options, changed);
  const last = steps.at(-1);
  if (totalBytes === undefined || last === undefined) return [];
  const before = steps.slice(0, -1).map(({ option, value }) => `${option} ${value} `);
  const savedBytes = question.totalOf(question.input, question.options) - totalBytes;
  const cost = steps.map((step) => step.cost).join('; ');
  return [{ option: `${before.join('')}${last.option}`, value: last.value, totalBytes, savedBytes, cost }];
}

/** Every step by itself, cheapest first. */
function* stepsOf(question: BudgetQuestion): Generator<Step> {
  const { chunk: tokens, threads: count, sequences: side, context: positions } = resolvedOf(question);
  yield* fewer(question, '--chunk', tokens, 'a prompt is read more slowly', (chunk) => ({ chunk }));
  yield* fewer(question, '--threads', count, 'slower', (threads) => ({ threads }));
  yield* kvSteps(question);
  yield* quantizationSteps(question);
  yield* fewer(question, '--sequences', side, 'fewer conversations side by side', (sequences) => ({ sequences }));
  yield* fewer(question, '--context', positions, 'the model remembers less', (context) =>
    atContext(question.options, context),
  );
}

function resolvedOf({ input, options }: BudgetQuestion): ResolvedPlanOptions {
  return resolvePlanOptions(input.outline, options);
}

/** The largest smaller value that is enough, if any is. */
function fewer(
  question: BudgetQuestion,
  option: string,
  now: number,
  cost: string,
  optionsAt: (value: number) => Partial<PlanOptions>,
): Step[] {
  const found = largestFitting(now - 1, (value) => fittingTotal(question, optionsAt(value)));
  return found === undefined ? [] : [{ option, value: String(found.value), cost, options: optionsAt(found.value) }];
}

/** Smaller types of the runtime's caches. */
const KV_COSTS: readonly (readonly [PlannedKvType, string])[] = [
  ['f16', 'keys and values of 11 bits'],
  ['q8', 'keys and values of 8 bits'],
];

function kvSteps(question: BudgetQuestion): Step[] {
  const now = resolvedOf(question).kvType;
  const at = KV_COSTS.findIndex(([type]) => type === now);
  const smaller = now === 'f32' || at >= 0 ? KV_COSTS.slice(at + 1) : [];
  return smaller.map(([kvType, cost]) => ({ option: '--kv', value: kvType, cost, options: { kvType } }));
}

function quantizationSteps({ quantizations }: BudgetQuestion): Step[] {
  return quantizations.map(({ name, input, bitsPerWeight, weightBytes }) => ({
    option: '--quant',
    value: name,
    cost: `${bitsPerWeight.toFixed(2)} bits a weight, ${formatBytes(weightBytes)}`,
    input,
  }));
}
