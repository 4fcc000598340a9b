/** The command line of mirust-plan. What does the work is loaded when it runs: `--help` is there at once. */
import { defineCommand, EXIT, type Program } from '@mirust/cli';
import { PLAN } from './arguments.ts';

/** mirust-plan of some version. */
export function createProgram(version: string): Program {
  const main = defineCommand({
    name: '',
    summary: 'plan the memory of a model, component by component, to the byte',
    ...PLAN,
    examples: [
      { arguments: 'story.slm --context 512', help: 'what a context of 512 positions takes' },
      { arguments: 'config.json --context 8192 --kv f16 --budget 2GiB', help: 'exit status 3 when it does not fit' },
    ],
    statuses: [EXIT.doesNotFit],
    run: async (args, context) => (await import('./plan.ts')).plan(args, context),
  });
  return { name: 'mirust-plan', version, main, commands: [] };
}
