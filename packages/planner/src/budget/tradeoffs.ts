/** The table of quantizations by contexts. */
import type { TradeoffCell, TradeoffTable } from '@mirust/schemas';
import { bitsPerWeight } from '../mixes/quantized-encodings.ts';
import { type PlanOptions, resolvePlanOptions } from '../options.ts';
import { planWeights } from '../weights.ts';
import { atContext } from './answers.ts';
import type { BudgetQuestion, QuantizationChoice } from './questions.ts';

/** Columns: what a terminal has room for. */
const MOST_CONTEXTS = 6;

/** All cells, those that fit marked where there is a budget. The first row is the storage as it is. */
export function tradeoffTable(
  question: Omit<BudgetQuestion, 'options'> & { readonly options: PlanOptions },
): TradeoffTable {
  const { input, options, quantizations, totalOf } = question;
  const { context, kvType } = resolvePlanOptions(input.outline, options);
  const contexts = contextsAround(context, input.outline.maxContext ?? context);
  const weightBytes = planWeights(input).bytes;
  const own: QuantizationChoice = {
    name: input.quantization ?? 'as stored',
    input,
    weightBytes,
    bitsPerWeight: bitsPerWeight(input.outline, input.encodings),
  };
  const rows = [own, ...quantizations].map((row) => ({
    quantization: row.name,
    weightBytes: row.weightBytes,
    bitsPerWeight: row.bitsPerWeight,
    ...(row.input.quantizationError === undefined ? {} : { error: row.input.quantizationError }),
    cells: contexts.map((each): TradeoffCell => {
      const totalBytes = totalOf(row.input, { ...options, ...atContext(options, each) });
      const { budgetBytes } = options;
      return { totalBytes, ...(budgetBytes === undefined ? {} : { fits: totalBytes <= budgetBytes }) };
    }),
  }));
  return { contexts, kvType, rows };
}

/** Powers of two up to what the model declares, the longest of them, and the one that is asked for. */
function contextsAround(asked: number, most: number): number[] {
  const powers: number[] = [];
  for (let context = 2 ** Math.floor(Math.log2(most)); context >= 1 && powers.length < MOST_CONTEXTS; context /= 2) {
    powers.push(context);
  }
  return [...new Set([...powers, asked])].sort((a, b) => a - b);
}
