/** The command line of mirust-plan. What does the work is loaded when it runs: `--help` is there at once. */
import { defineCommand, EXIT, type Program } from '@mirust/cli';
import { MODELS, PLAN_MODEL, PLAN_OPTIONS, PLAN_OUTPUT, PROBE, VERIFY } from './arguments.ts';

/** mirust-plan of some version. */
export function createProgram(version: string): Program {
  const main = defineCommand({
    name: '',
    summary: 'plan the memory of a model, component by component, to the byte',
    positionals: PLAN_MODEL,
    options: { ...PLAN_OPTIONS, ...PLAN_OUTPUT },
    examples: [
      { arguments: 'story.slm --context 512', help: 'what a context of 512 positions takes' },
      { arguments: 'config.json --context 8192 --kv f16 --budget 2GiB', help: 'exit status 3 when it does not fit' },
      { arguments: 'hf:ORG/NAME --quant Q4_K_M', help: 'headers alone are fetched' },
      { arguments: 'llama-3.1-8b --quant q4 --html plan.html', help: 'a name of the catalogue; a report to look at' },
      { arguments: '--check memory.json', help: 'the plans of a budget, for CI' },
    ],
    statuses: [EXIT.doesNotFit, EXIT.undetermined],
    run: async (args, context) => (await import('./plan.ts')).plan(args, context, `mirust-plan ${version}`),
  });
  const verify = defineCommand({
    name: 'verify',
    summary: 'load and run a model in a process of its own, and hold the plan against what it takes',
    ...VERIFY,
    examples: [
      { arguments: 'verify story.slm', help: 'planned and measured bytes; exit status 6 where an exact row differs' },
      { arguments: 'verify model.gguf --kv q8 --threads 2 --json', help: 'the same as JSON' },
    ],
    statuses: [EXIT.deviation],
    run: async (args, context) => (await import('./verify.ts')).verify(args, context),
  });
  const probe = defineCommand({
    name: 'probe',
    summary: 'measure how fast the kernels read the memory of this machine: what decoding can reach at most',
    ...PROBE,
    examples: [{ arguments: 'probe', help: 'bytes per second by threads, for --bandwidth' }],
    run: async (args, context) => (await import('./probe.ts')).probe(args, context),
  });
  const models = defineCommand({
    name: 'models',
    summary: 'list the models that can be planned by name',
    ...MODELS,
    examples: [{ arguments: 'models', help: 'names, architectures, parameters' }],
    run: async (args) => (await import('./models.ts')).listModels(args),
  });
  return { name: 'mirust-plan', version, main, commands: [models, verify, probe] };
}
