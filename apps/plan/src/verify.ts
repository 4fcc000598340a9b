/** `mirust-plan verify`: loads and runs the model in a process of its own, and holds the plan against it. */
import { openPath } from '@mirust/checkpoint/node';
import { type ArgumentsOf, type CommandContext, EXIT, present, writeJson, writeStdout } from '@mirust/cli';
import type { VERIFY } from './arguments.ts';
import { askChild } from './child/spawn.ts';
import { formatVerification } from './format-verification.ts';
import { compareMemory } from './verify/compare.ts';
import { planLoad } from './verify/plan-load.ts';

/**
 * `mirust-plan verify FILE …`. A layout that is not what was allocated fails; a measured row outside of the bound is told, since
 * it may as well be the machine's doing.
 */
export async function verify(
  args: ArgumentsOf<typeof VERIFY.positionals, typeof VERIFY.options>,
  context: CommandContext,
): Promise<void> {
  const { signal } = context;
  const options = {
    threads: 1,
    ...present({ context: args.context, chunk: args.chunk, kvType: args.kv, threads: args.threads }),
  };
  const plan = await planLoad(await openPath(args.file), options, signal);
  const { host } = await askChild({ kind: 'host' }, signal);
  const { model } = await askChild({ kind: 'model', path: args.file, options }, signal);
  const report = compareMemory(args.file, plan, host, model);
  if (report.verdict === 'differs') context.exitWith(EXIT.deviation);
  if (args.json) await writeJson(report);
  else await writeStdout(formatVerification(report));
}
