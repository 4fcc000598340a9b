#!/usr/bin/env node
/** mirust-plan: the memory of a model, to the byte, before it is loaded. */
import { readFileSync } from 'node:fs';
import { openCheckpoint, openDescription } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import { type CommandContext, EXIT, runCommand, writeJson, writeStdout } from '@mirust/cli';
import { parseBytes } from '@mirust/core';
import { type PlanInput, planInputOf, planInputOfConfiguration, planMemory } from '@mirust/planner';
import type { Argv, CommandModule, InferredOptionTypes } from 'yargs';
import { formatPlan } from './format-plan.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const OPTIONS = {
  context: {
    type: 'number',
    requiresArg: true,
    describe: 'positions of the cache (default: as the model declares, at most 4096)',
  },
  kv: { choices: ['f32', 'f16', 'q8'] as const, default: 'f32' as const, describe: 'type of the key/value cache' },
  chunk: { type: 'number', requiresArg: true, describe: 'tokens per prefill run (default 64)' },
  budget: { type: 'string', requiresArg: true, describe: 'memory that may be used: 512MiB, 2GiB, 1.5GB or bytes' },
  json: { type: 'boolean', default: false, describe: 'print the report as JSON' },
} as const;

type PlanArguments = InferredOptionTypes<typeof OPTIONS> & { file: string };

function planCommand(context: CommandContext): CommandModule<object, PlanArguments> {
  return {
    command: '$0 <file>',
    describe: 'plan the memory of a model',
    builder: (parser) =>
      parser
        .positional('file', {
          type: 'string',
          demandOption: true,
          describe: '.slm, .gguf, .bin (llama2.c), Hugging Face directory, or a bare config.json',
        })
        .options(OPTIONS) as unknown as Argv<PlanArguments>,
    handler: (args) => plan(args, context),
  };
}

async function plan(args: PlanArguments, context: CommandContext): Promise<void> {
  const budgetBytes = args.budget === undefined ? undefined : parseBytes(args.budget);
  const report = planMemory(await readInput(args.file, context), {
    ...(args.context === undefined ? {} : { context: args.context }),
    ...(args.chunk === undefined ? {} : { chunk: args.chunk }),
    kvType: args.kv,
    ...(budgetBytes === undefined ? {} : { budgetBytes }),
  });
  if (report.fits === false) context.exitWith(EXIT.doesNotFit);
  if (args.json) await writeJson(report);
  else await writeStdout(formatPlan(report));
}

async function readInput(path: string, context: CommandContext): Promise<PlanInput> {
  const files = await openPath(path);
  const description = await openDescription(files);
  if (description !== undefined) return planInputOfConfiguration(description.model, description.weightType);
  const checkpoint = await openCheckpoint(files, { signal: context.signal });
  try {
    return planInputOf(checkpoint);
  } finally {
    await checkpoint.close();
  }
}

await runCommand({
  name: 'mirust-plan',
  version,
  configure: (parser, context) =>
    parser
      .command(planCommand(context))
      .example('$0 story.slm --context 512', 'every component, to the byte')
      .example('$0 config.json --context 8192 --kv f16 --budget 2GiB', 'exit status 3 when it does not fit')
      .epilogue('Exit status 3: the model does not fit the budget'),
});
