/** `mirust-plan --check budget.json`: whether the models of a team stay within the memory that it grants them. */
import { dirname, isAbsolute, join } from 'node:path';
import { type CommandContext, colorsFor, EXIT, exitCodeOf, readTextFile, UsageError } from '@mirust/cli';
import { formatBytes, isMirustError, parseBytes, parseStrictJson, sanitizeText } from '@mirust/core';
import {
  type BudgetedPlan,
  type BudgetReport,
  type CheckedLimit,
  type CheckedPlan,
  type MemoryBudget,
  type PlanReport,
  validateMemoryBudget,
} from '@mirust/schemas';
import stripJsonComments from 'strip-json-comments';
import { makePlan } from './make-plan.ts';
import { isPath } from './open-model.ts';
import { type PlanSettings, settingsOfPlan } from './settings.ts';

/** Longest budget: a thousand plans of a few lines. */
const MAX_BUDGET_BYTES = 4 * 2 ** 20;

/** A budget and where the paths in it begin. */
interface LoadedBudget {
  readonly document: MemoryBudget;
  readonly folder: string;
}

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
    const settings = asUsage(place, () => settingsOfPlan(plan, base));
    const name = plan.name ?? nameOf(plan.model ?? named, plan);
    try {
      plans.push(checkedPlan(name, plan, await makePlan(named, settings, context)));
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

async function loadBudget(path: string, context: CommandContext): Promise<LoadedBudget> {
  const text = await readTextFile(path, context);
  const name = sanitizeText(path);
  // Comments become blanks, so that offsets stay.
  const json = stripJsonComments(text, { trailingCommas: true });
  try {
    parseStrictJson(json, { what: 'the budget', maxBytes: MAX_BUDGET_BYTES });
  } catch (error) {
    if (!isMirustError(error)) throw error;
    const place = error.offset === undefined ? '' : ` (at byte ${error.offset})`;
    throw new UsageError(`${name}: ${error.message}${place}`, { cause: error });
  }
  const result = validateMemoryBudget(JSON.parse(json));
  if (result.ok) return { document: result.value, folder: dirname(path) };
  const { path: at, message } = result.errors[0] ?? { path: '', message: 'is wrong' };
  throw new UsageError(`${name}: ${sanitizeText(`${at} ${message}`)}`);
}

/** Paths are relative to the budget, so that it can be checked from anywhere. */
function pathFrom(folder: string, model: string): string {
  return isPath(model) && !isAbsolute(model) ? join(folder, model) : model;
}

function asUsage<T>(place: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`${place}: ${error.message}`, { cause: error });
  }
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

/** The report as text: a line for each plan, and what would help. */
export function formatBudgetReport({ plans, verdict }: BudgetReport): string {
  const colors = colorsFor(process.stdout);
  const lines = plans.flatMap(({ name, verdict: own, budgetBytes, totalBytes, limits, error, changes = [] }) => {
    const sizes = totalBytes === undefined ? '' : `${formatBytes(totalBytes)} of `;
    const head = `${name}: ${sizes}${formatBytes(budgetBytes)}`;
    const broken = limits.filter(({ fits }) => !fits).map((limit) => `  ${limit.name}: ${limitText(limit)}`);
    const help = changes.length === 0 ? [] : [`  would fit with ${changes.join(', or ')}`];
    const why = error === undefined ? [] : [`  ${error.code}: ${error.message}`];
    const paint = own === 'fits' ? colors.green : colors.red;
    return [`${paint(own.replaceAll('-', ' ').padEnd(12))}  ${head}`, ...broken, ...help, ...why];
  });
  const kept = plans.filter((plan) => plan.verdict === 'fits').length;
  return `${lines.join('\n')}\n\n${verdict.replaceAll('-', ' ')}: ${kept} of ${plans.length} kept\n`;
}

function limitText({ bytes, limitBytes }: CheckedLimit): string {
  return bytes === undefined ? 'not known' : `${formatBytes(bytes)}, allowed are ${formatBytes(limitBytes)}`;
}
