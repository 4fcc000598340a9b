/** How one plan is made: from the command line, or from a line of a budget. */
import { type ArgumentsOf, present } from '@mirust/cli';
import { parseBytes } from '@mirust/core';
import type { PlanOptions } from '@mirust/planner';
import type { BudgetedPlan, PlanReport } from '@mirust/schemas';
import type { PLAN_OPTIONS } from './arguments.ts';

/** Whose process is counted. */
export type HostName = PlanReport['options']['host'];

/** See the module comment. */
export interface PlanSettings {
  /** As what the weights are planned; absent: as they are stored. */
  readonly quant?: string;
  readonly host: HostName;
  readonly options: PlanOptions;
}

/** The settings of a command line. */
export function settingsOf(
  args: ArgumentsOf<Record<never, never>, typeof PLAN_OPTIONS> & { readonly budget?: number | undefined },
): PlanSettings {
  const { quant, context, kv: kvType, chunk, threads, sequences, positions: activePositions } = args;
  const {
    'shared-prefix': sharedPrefix,
    lora: loraRank,
    bandwidth: bandwidthBytesPerSecond,
    budget: budgetBytes,
  } = args;
  return {
    host: args.host ?? 'node',
    ...(quant === undefined ? {} : { quant }),
    options: present({
      ...{ context, kvType, chunk, threads, sequences, sharedPrefix, activePositions },
      ...{ loraRank, bandwidthBytesPerSecond, budgetBytes },
    }),
  };
}

/** The settings of a line of a budget, whatever it leaves out as the command line says. Throws RangeError for a size. */
export function settingsOfPlan(plan: BudgetedPlan, base: PlanSettings): PlanSettings {
  const { quant, context, kv: kvType, chunk, threads, sequences, sharedPrefix, host } = plan;
  const budgetBytes = parseBytes(plan.budget);
  return {
    ...base,
    ...present({ quant, host }),
    options: { ...base.options, ...present({ context, kvType, chunk, threads, sequences, sharedPrefix, budgetBytes }) },
  };
}
