/** The default command: source → recipe → artifact. */
import { extname } from 'node:path';
import { openCheckpoint } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import { type CommandContext, createProgress, UsageError, writeJson, writeStdout } from '@mirust/cli';
import { atomicFileSink } from '@mirust/core/node';
import {
  type ArtifactFormat,
  type ConversionPlan,
  type ConversionReport,
  convert,
  digestSources,
  pendingSources,
  planConversion,
} from '@mirust/pipeline';
import { createRecipe, parseRule, type Recipe } from '@mirust/quant';
import type { Argv, CommandModule, InferredOptionTypes } from 'yargs';
import { formatPack, packJson } from './format-pack.ts';

const OPTIONS = {
  quant: {
    choices: ['f32', 'f16', 'q8', 'q4'] as const,
    describe: 'type of every matrix (default: as stored; f32 for SLM1)',
  },
  rule: {
    type: 'string',
    array: true,
    nargs: 1,
    default: [] as string[],
    describe: "'pattern=type' for some tensors, e.g. 'output.weight=q8', '*.w2.weight=q4/64'; the last match counts",
  },
  format: {
    choices: ['slm1', 'slm2'] as const,
    describe: "container (default: by OUT's extension .slm1 or .slm2; else slm2)",
  },
  'dry-run': { type: 'boolean', default: false, describe: 'plan only: the size is exact to the byte' },
  tokenizer: {
    type: 'string',
    requiresArg: true,
    describe: "file or directory to take the tokenizer from, instead of the source's own",
  },
  json: { type: 'boolean', default: false, describe: 'print the result as JSON' },
} as const;

type PackArguments = InferredOptionTypes<typeof OPTIONS> & { source: string; out: string | undefined };

/** `mirust-pack SOURCE OUT …` */
export function packCommand(context: CommandContext, version: string): CommandModule<object, PackArguments> {
  return {
    command: '$0 <source> [out]',
    describe: 'convert a checkpoint into an artifact',
    builder: (parser) =>
      parser
        .positional('source', {
          type: 'string',
          demandOption: true,
          describe: 'Hugging Face directory, .safetensors, .gguf, .bin (llama2.c) or .slm',
        })
        .positional('out', { type: 'string', describe: 'the artifact; not needed with --dry-run' })
        .options(OPTIONS) as unknown as Argv<PackArguments>,
    handler: (args) => pack(args, context, version),
  };
}

async function pack(args: PackArguments, context: CommandContext, version: string): Promise<void> {
  const { source, out } = args;
  if (out === undefined && !args['dry-run']) throw new UsageError('OUT is missing (or add --dry-run)');
  const format = args.format ?? formatOf(out);
  const recipe = recipeOf(args, format);
  const tool = { name: 'mirust-pack', version };
  const checkpoint = await openCheckpoint(await openPath(source), {
    signal: context.signal,
    ...(args.tokenizer === undefined ? {} : { tokenizer: await openPath(args.tokenizer) }),
  });
  try {
    const request = { checkpoint, recipe, format, tool };
    if (args['dry-run']) {
      const plan = await planConversion({ ...request, sources: pendingSources(checkpoint) });
      await show(args, plan, undefined, out);
      return;
    }
    // Refuse before hashing a source of many gigabytes.
    await planConversion({ ...request, sources: pendingSources(checkpoint) });
    const total = checkpoint.files.reduce((sum, file) => sum + file.source.byteLength, 0);
    const sources = await withProgress('hashing', (update) =>
      digestSources(checkpoint, { signal: context.signal, onProgress: (done) => update(done, total) }),
    );
    const plan = await planConversion({ ...request, sources });
    const sink = await atomicFileSink(out as string, plan.byteLength, { signal: context.signal });
    const report = await withProgress('packing', (update) =>
      convert(plan, sink, { signal: context.signal, onProgress: (done, all) => update(done * 4, all * 4) }),
    );
    await show(args, plan, report, out);
  } finally {
    await checkpoint.close();
  }
}

function formatOf(out: string | undefined): ArtifactFormat {
  return out !== undefined && extname(out).toLowerCase() === '.slm1' ? 'slm1' : 'slm2';
}

/** SLM1 knows neither f16 nor bf16, so its default is f32; SLM2 keeps what is there. */
function recipeOf(args: PackArguments, format: ArtifactFormat): Recipe {
  try {
    return createRecipe({
      default: args.quant ?? (format === 'slm1' ? 'f32' : 'keep'),
      rules: args.rule.map(parseRule),
    });
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(error.message);
    throw error;
  }
}

async function withProgress<T>(
  title: string,
  work: (update: (done: number, total: number) => void) => Promise<T>,
): Promise<T> {
  const progress = createProgress(title);
  try {
    return await work(progress.update);
  } finally {
    progress.stop();
  }
}

async function show(
  args: PackArguments,
  plan: ConversionPlan,
  report: ConversionReport | undefined,
  out: string | undefined,
): Promise<void> {
  if (args.json) await writeJson(packJson(plan, report, out));
  else await writeStdout(formatPack(plan, report, out));
}
