/** The command line of mirust-admit. What does the work is loaded when it runs: `--help` is there at once. */
import { defineCommand, EXIT, type Program } from '@mirust/cli';
import { ADMIT, EXPLAIN } from './arguments.ts';

/** mirust-admit of some version. */
export function createProgram(version: string): Program {
  const tool = { name: 'mirust-admit', version };
  const main = defineCommand({
    name: '',
    summary: 'check model files. A rejected file exits with the class of its first error',
    ...ADMIT,
    examples: [
      { arguments: 'model.slm && mirust-run model.slm', help: 'exit status 0 only when admitted' },
      { arguments: 'models/*.gguf --json', help: 'all reports as JSON' },
      { arguments: 'models/*.gguf --format sarif --out admit.sarif', help: 'for code scanning; text is still shown' },
    ],
    statuses: [EXIT.undetermined],
    run: async (args, context) => (await import('./admit.ts')).admitFiles(args, context, tool),
  });
  const explain = defineCommand({
    name: 'explain',
    summary: 'say what a rule is about',
    ...EXPLAIN,
    examples: [{ arguments: 'explain MR-S001', help: 'when it is broken, and what to do' }],
    run: async (args) => (await import('./explain.ts')).explain(args),
  });
  return { ...tool, main, commands: [explain] };
}
