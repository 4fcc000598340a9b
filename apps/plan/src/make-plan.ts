/** One plan: from what the user named to the whole report. */
import { asUsage, type CommandContext } from '@mirust/cli';
import {
  createComponentPlanner,
  type HostBaseline,
  hostBaseline,
  type PlanInput,
  type PlanOptions,
  type PlanReport,
  planBudget,
  planMemory,
  planProcess,
  processTotal,
  quantizationChoices,
  quantizedInput,
  sumOf,
  tradeoffTable,
} from '@mirust/planner';
import { openModel } from './open-model.ts';
import type { HostName, PlanSettings } from './settings.ts';

/**
 * Opens what is named and plans it; with a budget, also asks what would fit. Throws what opening and planning throw, UsageError
 * for a quantization that nobody knows and for options that contradict each other.
 */
export async function makePlan(
  model: string,
  settings: PlanSettings,
  context: Pick<CommandContext, 'signal'>,
): Promise<PlanReport> {
  const stored = await openModel(model, context);
  return asUsage(() => planOf(stored, settings));
}

function planOf(stored: PlanInput, { quant, host, options }: PlanSettings): PlanReport {
  const input = quant === undefined ? stored : quantizedInput(stored, quant);
  const baseline = baselineOf(host);
  const report = baseline === undefined ? planMemory(input, options) : planProcess(input, options, baseline);
  const memoryOf = createComponentPlanner();
  const question = {
    input,
    quantizations: quantizationChoices(stored, input),
    totalOf(each: PlanInput, asked: PlanOptions) {
      const memory = memoryOf(each, asked);
      return baseline === undefined ? sumOf(memory.components) : processTotal(each, memory, baseline);
    },
  };
  const { budgetBytes } = options;
  if (budgetBytes === undefined) return { ...report, tradeoffs: tradeoffTable({ ...question, options }) };
  return { ...report, ...planBudget({ ...question, options: { ...options, budgetBytes } }) };
}

function baselineOf(host: HostName): HostBaseline | undefined {
  if (host === 'none') return undefined;
  const baseline = hostBaseline(host, host === 'node' ? process.versions.node : undefined);
  if (baseline === undefined) throw new RangeError(`no process of ${host} was measured: write --host node or none`);
  return baseline;
}
