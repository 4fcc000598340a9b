/** The command line of mirust-admit. What does the work is loaded when it runs: `--help` is there at once. */
import { defineCommand, EXIT, type Program } from '@mirust/cli';
import { ADMIT, EXPLAIN, INIT } from './arguments.ts';

/** mirust-admit of some version. */
export function createProgram(version: string): Program {
  const tool = { name: 'mirust-admit', version };
  const main = defineCommand({
    name: '',
    summary: 'check model files. A rejected file exits with the class of its first error',
    ...ADMIT,
    examples: [
      { arguments: 'model.slm && mirust-run model.slm', help: 'exit status 0 only when admitted' },
      { arguments: 'models/ --policy strict', help: 'all models in a directory, by a bundled policy' },
      { arguments: 'models/*.gguf --json', help: 'all reports as JSON' },
      { arguments: 'models/*.gguf --format sarif --out admit.sarif', help: 'for code scanning; text is still shown' },
    ],
    statuses: [EXIT.undetermined, EXIT.template, EXIT.policy, EXIT.provenance, EXIT.behaviour],
    run: async (args, context) => (await import('./admit.ts')).admitFiles(args, context, tool),
  });
  const explain = defineCommand({
    name: 'explain',
    summary: 'say what a rule is about',
    ...EXPLAIN,
    examples: [{ arguments: 'explain MR-S001', help: 'what it is about, an example, and what to do' }],
    run: async (args) => (await import('./explain.ts')).explain(args),
  });
  const init = defineCommand({
    name: 'init',
    summary: 'write a policy to start from, with comments',
    ...INIT,
    examples: [
      { arguments: 'init', help: 'mirust-admit.jsonc' },
      { arguments: 'init strict.jsonc --preset strict', help: 'from another bundled policy' },
    ],
    run: async (args, context) => (await import('./init.ts')).init(args, context),
  });
  return { ...tool, main, commands: [explain, init] };
}
