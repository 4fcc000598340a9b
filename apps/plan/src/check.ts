/** `mirust-plan --check budget.json`: whether the models of a team stay within the memory that it grants them. */
import { asUsage, type CommandContext, EXIT, exitCodeOf, UsageError } from '@mirust/cli';
import { isMirustError, parseBytes, sanitizeText } from '@mirust/core';
import type { BudgetedPlan, BudgetReport, CheckedLimit, CheckedPlan, PlanReport } from '@mirust/schemas';
import { loadBudget, pathFrom } from './budget-file.ts';
import { makePlan } from './make-plan.ts';
import { type PlanSettings, settingsOfPlan } from './settings.ts';

/**
 * Plans everything that a budget names. Statuses: does not fit, undetermined, or that of the first model that could not be
 * planned. Throws UsageError for a budget that is none.
 */
export async function checkBudget(
  path: string,
  model: string | undefined,
  base: PlanSettings,
  context: CommandContext,
): Promise<BudgetReport> {
  const { document, folder } = await loadBudget(path, context);
  const plans: CheckedPlan[] = [];
  let failure: number | undefined;
  for (const [index, plan] of document.plans.entries()) {
    const place = `${sanitizeText(path)}: /plans/${index}`;
    const named = plan.model === undefined ? model : pathFrom(folder, plan.model);
    if (named === undefined) throw new UsageError(`${place} names no model, and neither does the command line`);
    const name = plan.name ?? nameOf(plan.model ?? named, plan);
    try {
      const report = await makePlan(
        named,
        asUsage(() => settingsOfPlan(plan, base)),
        context,
      );
      plans.push(asUsage(() => checkedPlan(name, plan, report)));
    } catch (error) {
      if (error instanceof UsageError) throw new UsageError(`${place}: ${error.message}`, { cause: error });
      if (!isMirustError(error)) throw error;
      failure ??= exitCodeOf(error.class);
      const budgetBytes = parseBytes(plan.budget);
      const { code, message } = error;
      plans.push({ name, verdict: 'undetermined', budgetBytes, limits: [], error: { code, message } });
    }
  }
  const verdict = worst(plans.map((plan) => plan.verdict));
  if (verdict === 'does-not-fit') context.exitWith(EXIT.doesNotFit);
  else if (verdict === 'undetermined') context.exitWith(failure ?? EXIT.undetermined);
  return { version: 1, verdict, plans };
}

function nameOf(model: string, { quant, context, kv }: BudgetedPlan): string {
  const asked = [quant, context === undefined ? undefined : `context ${context}`, kv];
  return sanitizeText([model, ...asked.filter((each) => each !== undefined)].join(', '), 256);
}

function checkedPlan(name: string, plan: BudgetedPlan, report: PlanReport): CheckedPlan {
  const { totalBytes, budgetBytes = 0, fits, weights, kvCache, decode, changes } = report;
  const known = {
    weights: weights.bytes,
    kvCache: kvCache?.bytes,
    bytesPerToken: kvCache?.bytesPerToken,
    decodeBytesPerToken: decode?.bytesPerToken,
  };
  const limits = Object.entries(plan.limits ?? {}).map(([key, size]): CheckedLimit => {
    const limitBytes = parseBytes(size);
    const bytes = known[key as keyof typeof known];
    return {
      name: key,
      limitBytes,
      fits: bytes !== undefined && bytes <= limitBytes,
      ...(bytes === undefined ? {} : { bytes }),
    };
  });
  const verdicts = limits.map(({ fits: isKept, bytes }) =>
    bytes === undefined ? 'undetermined' : isKept ? 'fits' : 'does-not-fit',
  );
  const own = fits === undefined ? 'undetermined' : fits ? 'fits' : 'does-not-fit';
  return {
    name,
    verdict: worst([own, ...verdicts]),
    budgetBytes,
    totalBytes,
    limits,
    ...(changes === undefined ? {} : { changes: changes.map(({ option, value }) => `${option} ${value}`) }),
  };
}

function worst(verdicts: readonly CheckedPlan['verdict'][]): CheckedPlan['verdict'] {
  if (verdicts.includes('does-not-fit')) return 'does-not-fit';
  return verdicts.includes('undetermined') ? 'undetermined' : 'fits';
}
