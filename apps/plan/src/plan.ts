/** The work of mirust-plan. */
import { type ArgumentsOf, type CommandContext, EXIT, UsageError, writeJson, writeStdout } from '@mirust/cli';
import { writeFileAtomic } from '@mirust/core/node';
import type { PlanReport } from '@mirust/schemas';
import type { PLAN_MODEL, PLAN_OPTIONS, PLAN_OUTPUT } from './arguments.ts';
import { checkBudget } from './check.ts';
import { formatBudgetReport } from './format-budget.ts';
import { formatPlan } from './format-plan.ts';
import { makePlan } from './make-plan.ts';
import { settingsOf } from './settings.ts';

/** `mirust-plan MODEL …` */
export async function plan(
  args: ArgumentsOf<typeof PLAN_MODEL, typeof PLAN_OPTIONS & typeof PLAN_OUTPUT>,
  context: CommandContext,
  tool: string,
): Promise<void> {
  const settings = settingsOf(args);
  if (args.check !== undefined) {
    for (const option of ['budget', 'html', 'markdown'] as const) {
      if (args[option] !== undefined) throw new UsageError(`--${option} is of no use with --check`);
    }
    const report = await checkBudget(args.check, args.model, settings, context);
    if (args.json) await writeJson(report);
    else await writeStdout(formatBudgetReport(report));
    return;
  }
  if (args.model === undefined) throw new UsageError('MODEL is missing');
  const report = await makePlan(args.model, settings, context);
  await writeReports(report, args, report.model.name ?? args.model, tool);
  if (report.fits === false) context.exitWith(EXIT.doesNotFit);
  else if (report.budgetBytes !== undefined && report.fits === undefined) context.exitWith(EXIT.undetermined);
  if (args.json) await writeJson(report);
  else await writeStdout(formatPlan(report));
}

/** Reports as files. What draws them is loaded when it is wanted. */
async function writeReports(report: PlanReport, files: ReportFiles, title: string, generatedBy: string): Promise<void> {
  const { html, markdown } = files;
  const write = (path: string, text: string): Promise<void> => writeFileAtomic(path, new TextEncoder().encode(text));
  if (html !== undefined) {
    const { htmlReport } = await import('@mirust/plan-report/html');
    await write(html, htmlReport(report, { title, generatedBy }));
  }
  if (markdown !== undefined) {
    const { markdownReport } = await import('@mirust/plan-report');
    await write(markdown, markdownReport(report));
  }
}

/** Where reports are written, where they are. */
interface ReportFiles {
  readonly html?: string | undefined;
  readonly markdown?: string | undefined;
}
