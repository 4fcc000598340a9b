/** The inverse questions: what would fit into a budget. */
import type { BudgetAnswers } from '@mirust/schemas';
import { layoutKvType, PLANNED_KV_TYPES, type PlanOptions, resolvePlanOptions } from '../options.ts';
import { type BudgetQuestion, fittingTotal, largestFitting } from './questions.ts';

/** More conversations than anybody asks for: where even these fit, the answer is this. */
const MOST_SEQUENCES = 4096;

/** Each answer changes one thing and leaves the rest as asked; an answer that nothing fits is absent. */
export function answerBudget(question: BudgetQuestion): BudgetAnswers {
  const { input, options, quantizations } = question;
  const most = input.outline.maxContext ?? resolvePlanOptions(input.outline, options).context;
  const largestContext = largestFitting(most, (context) => fittingTotal(question, atContext(options, context)));
  const largestSequences = largestFitting(MOST_SEQUENCES, (sequences) => fittingTotal(question, { sequences }));
  // Of a model that the runtime runs, the types that it has.
  const isRun = input.outline.description !== undefined;
  const types = PLANNED_KV_TYPES.filter((type) => !isRun || layoutKvType(type) === type);
  const caches = types.flatMap((value) => {
    const totalBytes = fittingTotal(question, { kvType: value });
    return totalBytes === undefined ? [] : [{ value, totalBytes }];
  });
  const bestKvType = caches[0];
  const smallestKvType = caches.reduce(
    (least, each) => (each.totalBytes < least.totalBytes ? each : least),
    caches[0] ?? { value: '', totalBytes: 0 },
  );
  const asStored = fittingTotal(question);
  const bestQuantization =
    asStored === undefined
      ? quantizations
          .map(({ name, input: changed }) => ({ value: name, totalBytes: fittingTotal(question, {}, changed) }))
          .find((each): each is { value: string; totalBytes: number } => each.totalBytes !== undefined)
      : {
          value: input.quantization ?? 'as stored',
          totalBytes: asStored,
          ...(input.quantizationError === undefined ? {} : { error: input.quantizationError }),
        };
  return {
    ...(largestContext === undefined ? {} : { largestContext }),
    ...(largestSequences === undefined ? {} : { largestSequences }),
    ...(bestKvType === undefined ? {} : { bestKvType, smallestKvType }),
    ...(bestQuantization === undefined ? {} : { bestQuantization }),
  };
}

/** A context and what has to stay within it. */
export function atContext(
  { sharedPrefix = 0, activePositions }: PlanOptions,
  context: number,
): Pick<PlanOptions, 'context' | 'sharedPrefix' | 'activePositions'> {
  return {
    context,
    sharedPrefix: Math.min(sharedPrefix, context),
    ...(activePositions === undefined ? {} : { activePositions: Math.min(activePositions, context) }),
  };
}
