/** A budget asked the other way round: what would fit, and what would have to change. */
import type { PlanReport } from '@mirust/schemas';
import { answerBudget } from './answers.ts';
import { cheapestChanges } from './changes.ts';
import type { BudgetQuestion } from './questions.ts';
import { tradeoffTable } from './tradeoffs.ts';

export type { BudgetQuestion, QuantizationChoice } from './questions.ts';
export { tradeoffTable } from './tradeoffs.ts';

/** The parts of a report that a budget adds. Throws what `totalOf` throws for the options as asked. */
export function planBudget(question: BudgetQuestion): Pick<PlanReport, 'answers' | 'tradeoffs' | 'changes'> {
  const changes = cheapestChanges(question);
  return {
    answers: answerBudget(question),
    tradeoffs: tradeoffTable(question),
    ...(changes.length === 0 ? {} : { changes }),
  };
}
