/** The work of mirust-plan. */
import { openCheckpoint, openDescription } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import { type ArgumentsOf, type CommandContext, EXIT, present, writeJson, writeStdout } from '@mirust/cli';
import { outlineOfDescription, type PlanInput, planInputOf, planInputOfConfiguration, planMemory } from '@mirust/planner';
import type { PLAN } from './arguments.ts';
import { formatPlan } from './format-plan.ts';

/** `mirust-plan FILE|config.json …` */
export async function plan(
  args: ArgumentsOf<typeof PLAN.positionals, typeof PLAN.options>,
  context: CommandContext,
): Promise<void> {
  const { context: positions, chunk, kv: kvType, budget: budgetBytes, threads } = args;
  const input = await readInput(args.file, context);
  const report = planMemory(input, present({ context: positions, chunk, kvType, budgetBytes, threads }));
  if (report.fits === false) context.exitWith(EXIT.doesNotFit);
  if (args.json) await writeJson(report);
  else await writeStdout(formatPlan(report));
}

async function readInput(path: string, { signal }: CommandContext): Promise<PlanInput> {
  const files = await openPath(path);
  const description = await openDescription(files, { signal });
  if (description !== undefined) return planInputOfConfiguration(outlineOfDescription(description.model), description.weightType);
  const checkpoint = await openCheckpoint(files, { signal });
  try {
    return planInputOf(checkpoint);
  } finally {
    await checkpoint.close();
  }
}
