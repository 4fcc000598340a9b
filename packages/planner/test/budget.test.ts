/** The inverse questions, held against plans of what they answer. */
import type { DTypeName } from '@mirust/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
// @boundaries-ignore random models live beside the tests of the model package
import { smallModels } from '../../model/test/models.ts';
import {
  type BudgetQuestion,
  bitsPerWeight,
  type PlanInput,
  type PlanOptions,
  planBudget,
  planMemory,
  type QuantizationChoice,
} from '../src/index.ts';
import { inputOf, outlineOf, planned, SMALL, withoutProgram } from './_support.ts';

const GIB = 2 ** 30;
const totalOf = (input: PlanInput, options: PlanOptions): number => planMemory(input, options).totalBytes;

function choices(input: PlanInput, ...types: readonly DTypeName[]): QuantizationChoice[] {
  return types.map((name) => {
    const changed = inputOf(input.outline, name);
    const weightBytes = planMemory(changed, { context: 1 }).weights.bytes;
    return { name, input: changed, weightBytes, bitsPerWeight: bitsPerWeight(input.outline, changed.encodings) };
  });
}

function question(input: PlanInput, options: BudgetQuestion['options'], ...types: DTypeName[]): BudgetQuestion {
  return { input, options, quantizations: choices(input, ...types), totalOf };
}

describe('answers', () => {
  const input = inputOf(outlineOf('7B'), 'f16');
  const asked = question(input, { budgetBytes: 8 * GIB, context: 2048 }, 'q8', 'Q6_K', 'q4');
  const { answers, changes, tradeoffs } = planBudget(asked);

  it('name the most precise quantization that fits', () => {
    expect(answers?.bestQuantization).toMatchObject({ value: 'Q6_K' });
    const [q8, q6] = asked.quantizations.map((each) => totalOf(each.input, asked.options));
    expect(q8).toBeGreaterThan(8 * GIB);
    expect(answers?.bestQuantization?.totalBytes).toBe(q6);
  });

  it('name types of a cache that the runtime has, or for a model that it does not run, any', () => {
    const most = { budgetBytes: 8 * GIB, context: 2048 };
    const six = inputOf(outlineOf('7B'), 'Q6_K');
    expect(planBudget(question(six, most)).answers).toMatchObject({
      bestKvType: { value: 'f32' },
      smallestKvType: { value: 'q8' },
    });
    const other = { ...six, outline: withoutProgram(six.outline) };
    expect(planBudget(question(other, most)).answers?.smallestKvType?.value).toBe('q4_0');
  });

  it('have none for what nothing fits', () => {
    expect(answers).not.toHaveProperty('largestContext');
    expect(answers).not.toHaveProperty('bestKvType');
    expect(planBudget(question(input, { budgetBytes: 1000 }, 'q4')).answers).toEqual({});
    expect(planBudget(question(input, { budgetBytes: 0 })).changes).toBeUndefined();
  });

  it('offer a change of each option that is enough by itself', () => {
    expect(changes?.map(({ option, value }) => `${option} ${value}`)).toEqual(['--quant Q6_K']);
    expect(changes?.[0]?.cost).toBe('6.56 bits a weight, 5.15 GiB');
    expect(changes?.[0]?.savedBytes).toBe(totalOf(input, asked.options) - (changes?.[0]?.totalBytes ?? 0));
  });

  it('mark the cells that fit', () => {
    expect(tradeoffs?.contexts).toEqual([128, 256, 512, 1024, 2048, 4096]);
    expect(tradeoffs?.rows.map(({ quantization }) => quantization)).toEqual(['as stored', 'q8', 'Q6_K', 'q4']);
    expect(tradeoffs?.rows[0]?.bitsPerWeight).toBeCloseTo(16, 2);
    for (const { cells } of tradeoffs?.rows ?? []) {
      for (const { fits, totalBytes } of cells) expect(fits).toBe(totalBytes <= 8 * GIB);
    }
    const fitting = tradeoffs?.rows.map(({ cells }) => cells.filter(({ fits }) => fits).length);
    expect(fitting).toEqual([0, 4, 5, 6]);
  });

  it('come in pairs where no single change is enough', () => {
    const pairs = planBudget(question(input, { budgetBytes: 4.5 * GIB, context: 2048 }, 'q8', 'q4')).changes ?? [];
    expect(pairs.map(({ option, value }) => `${option} ${value}`)).toEqual([
      '--kv q8 --quant q4',
      expect.stringMatching(/^--quant q4 --context \d+$/),
    ]);
    for (const { totalBytes } of pairs) expect(totalBytes).toBeLessThanOrEqual(4.5 * GIB);
  });

  it('begin with what costs time alone', () => {
    const small = inputOf(outlineOf(SMALL), 'f32');
    const options = { context: 64, chunk: 64, threads: 4, sequences: 3 };
    const now = totalOf(small, options);
    const { changes: cheap } = planBudget(question(small, { ...options, budgetBytes: now - 1 }, 'q8'));
    expect(cheap?.map(({ option }) => option)).toEqual(['--chunk', '--threads', '--kv']);
  });
});

describe('the largest that fits', () => {
  it('is the largest: one more does not fit, for any model, type and budget', () => {
    fc.assert(
      fc.property(
        smallModels,
        fc.constantFrom('f32' as const, 'f16' as const, 'q8' as const),
        fc.double({ min: 0.5, max: 1.5, noNaN: true }),
        fc.integer({ min: 1, max: 32 }),
        (hyperparameters, kvType, share, chunk) => {
          const input = inputOf(outlineOf(hyperparameters), 'f32');
          const most = Math.min(hyperparameters.maxContext, 128);
          const options = { kvType, chunk, context: most };
          const budgetBytes = Math.floor(totalOf(input, options) * share);
          const { answers = {} } = planBudget(question(input, { ...options, budgetBytes }));
          const { largestContext: context, largestSequences: sequences } = answers;
          const at = (change: PlanOptions): number => totalOf(input, { ...options, ...change });
          if (context === undefined) expect(at({ context: 1 })).toBeGreaterThan(budgetBytes);
          else {
            expect(at({ context: context.value })).toBe(context.totalBytes);
            expect(context.totalBytes).toBeLessThanOrEqual(budgetBytes);
            const next = context.value + 1;
            if (next <= hyperparameters.maxContext) expect(at({ context: next })).toBeGreaterThan(budgetBytes);
          }
          if (sequences !== undefined && sequences.value < 4096) {
            expect(at({ sequences: sequences.value + 1 })).toBeGreaterThan(budgetBytes);
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('the published example of 13B in Q4_K_M', () => {
  // Its own formula gives 10.86 GB and calls it comfortable in 16 GB; tensors of 7.865 GB and a cache of 6.711 GB are 14.58 GB.
  const outline = { ...withoutProgram(outlineOf('13B')), maxContext: 4096 };
  it('takes 3.36 GB less with a cache of f16', () => {
    const cache = (kvType: 'f32' | 'f16'): number =>
      planned(inputOf(outline, 'Q4_K'), { kvType, context: 4096 }).kvCache?.bytes ?? 0;
    expect(cache('f32')).toBe(6_710_886_400);
    expect(cache('f16')).toBe(3_355_443_200);
  });
});
