/** `mirust-pack fixture`: a small model with known weights, made from nothing. */
import { type CommandContext, writeJson, writeStdout } from '@mirust/cli';
import { atomicFileSink } from '@mirust/core/node';
import { convert, FIXTURE_NAMES, fixtureCheckpoint, planConversion } from '@mirust/pipeline';
import { createRecipe } from '@mirust/quant';
import type { Argv, CommandModule } from 'yargs';
import { formatPack, packJson } from './format-pack.ts';

interface FixtureArguments {
  readonly name: string;
  readonly out: string;
  readonly quant: 'f32' | 'q8' | 'q4';
  readonly format: 'slm1' | 'slm2';
  readonly json: boolean;
}

/** `mirust-pack fixture NAME OUT [--quant f32|q8|q4] [--format slm1|slm2]` */
export function fixtureCommand(context: CommandContext, version: string): CommandModule<object, FixtureArguments> {
  return {
    command: 'fixture <name> <out>',
    describe: 'write a built-in model of deterministic noise: it runs and says nothing',
    builder: (parser) =>
      parser
        .positional('name', { choices: FIXTURE_NAMES, demandOption: true, describe: 'which one' })
        .positional('out', { type: 'string', demandOption: true, describe: 'the artifact' })
        .option('quant', {
          choices: ['f32', 'q8', 'q4'] as const,
          default: 'f32',
          describe: 'type of every tensor, vectors too',
        })
        .option('format', { choices: ['slm1', 'slm2'] as const, default: 'slm1', describe: 'container' })
        .option('json', {
          type: 'boolean',
          default: false,
          describe: 'print as JSON',
        }) as unknown as Argv<FixtureArguments>,
    handler: async (args) => {
      const plan = await planConversion({
        checkpoint: fixtureCheckpoint(args.name),
        // SLM1's published sizes have everything quantized, so the rule names vectors as well.
        recipe: createRecipe({ default: args.quant, rules: [{ pattern: '*', type: args.quant }] }),
        format: args.format,
        tool: { name: 'mirust-pack', version },
        sources: [],
      });
      const sink = await atomicFileSink(args.out, plan.byteLength, { signal: context.signal });
      const report = await convert(plan, sink, { signal: context.signal });
      if (args.json) await writeJson(packJson(plan, report, args.out));
      else await writeStdout(formatPack(plan, report, args.out));
    },
  };
}
