/** The work of mirust-plan. */
import { type ArgumentsOf, type CommandContext, EXIT, present, writeJson, writeStdout } from '@mirust/cli';
import {
  outlineOfDescription,
  type PlanInput,
  planInputOf,
  planInputOfConfiguration,
  planMemory,
} from '@mirust/planner';
import type { PLAN } from './arguments.ts';
import { formatPlan } from './format-plan.ts';
import { type InputContent, openInput } from './open-input.ts';

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

async function readInput(text: string, { signal }: CommandContext): Promise<PlanInput> {
  const input = await openInput(text, { signal, environment: process.env });
  try {
    return planInputOfContent(input.content);
  } finally {
    await input.close();
  }
}

function planInputOfContent(content: InputContent): PlanInput {
  if (content.kind === 'checkpoint') return planInputOf(content.checkpoint);
  if (content.kind === 'inventory') throw content.inventory.refusal;
  const { model, weightType, refusal } = content.configuration;
  if (model === undefined) throw refusal;
  return planInputOfConfiguration(outlineOfDescription(model), weightType);
}
