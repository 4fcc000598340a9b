/** The default command: source → recipe → artifact. */
import { extname } from 'node:path';
import { type Checkpoint, type FileSet, openCheckpoint } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import {
  type ArgumentsOf,
  asUsage,
  type CommandContext,
  UsageError,
  withProgress,
  writeJson,
  writeStdout,
} from '@mirust/cli';
import { atomicFileSink } from '@mirust/core/node';
import {
  type ArtifactFormat,
  beginSourceDigests,
  type ConversionPlan,
  type ConversionReport,
  type ConvertOptions,
  convert,
  defaultThreads,
  planConversion,
  startWorkers,
} from '@mirust/pipeline';
import { createRecipe, parseRule, type Recipe } from '@mirust/quant';
import type { PACK } from './arguments.ts';
import { formatPack, packJson } from './format-pack.ts';
import { refuseOverwritingSource } from './keep-source.ts';

type PackArguments = ArgumentsOf<typeof PACK.positionals, typeof PACK.options>;

/** Who writes: recorded in the artifact. */
export interface Tool {
  readonly name: string;
  readonly version: string;
}

/** `mirust-pack SOURCE OUT …` */
export async function pack(args: PackArguments, context: CommandContext, tool: Tool): Promise<void> {
  const { out } = args;
  if (out === undefined && !args['dry-run']) throw new UsageError('OUT is missing (or add --dry-run)');
  const format = args.format ?? formatOf(out);
  if (format === 'slm1' && args.layout === 'interleaved') {
    throw new UsageError('--layout interleaved needs --format slm2');
  }
  const recipe = recipeOf(args, format);
  const files = await openPath(args.source);
  const tokenizer = args.tokenizer === undefined ? undefined : await openPath(args.tokenizer);
  const checkpoint = await openSource(files, tokenizer, context);
  const { signal } = context;
  const isDryRun = out === undefined || args['dry-run'];
  // They start while the conversion is planned, and digest the source meanwhile.
  const workers = isDryRun ? undefined : startWorkers(args.threads ?? defaultThreads(sourceBytes(checkpoint)));
  const digests = workers && format === 'slm2' ? beginSourceDigests(checkpoint, { workers, signal }) : undefined;
  try {
    const layout = args.layout === undefined ? {} : { layout: args.layout };
    const plan = await planConversion({ checkpoint, recipe, format, ...layout, tool }, { signal });
    if (isDryRun) return await show(args, plan, undefined);
    for (const set of [files, ...(tokenizer === undefined ? [] : [tokenizer])]) await refuseOverwritingSource(out, set);
    await show(args, plan, await writeArtifact(plan, out, context, { workers, digests }));
  } finally {
    await digests?.end();
    await workers?.close();
    await checkpoint.close();
  }
}

/** Converts into the file `out`, with a progress bar; nothing is left behind where that fails. */
export async function writeArtifact(
  plan: ConversionPlan,
  out: string,
  { signal }: CommandContext,
  help: Pick<ConvertOptions, 'digests' | 'workers'> = {},
): Promise<ConversionReport> {
  const sink = await atomicFileSink(out, plan.byteLength, { signal });
  return withProgress('packing', (onProgress) => convert(plan, sink, { signal, onProgress, ...help }));
}

function openSource(files: FileSet, tokenizer: FileSet | undefined, { signal }: CommandContext): Promise<Checkpoint> {
  return openCheckpoint(files, { signal, ...(tokenizer === undefined ? {} : { tokenizer }) });
}

function sourceBytes({ files }: Checkpoint): number {
  return files.reduce((sum, { source }) => sum + source.byteLength, 0);
}

function formatOf(out: string | undefined): ArtifactFormat {
  return out !== undefined && extname(out).toLowerCase() === '.slm1' ? 'slm1' : 'slm2';
}

/** SLM1 knows neither f16 nor bf16, so its default is f32; SLM2 keeps what is there. */
function recipeOf(args: PackArguments, format: ArtifactFormat): Recipe {
  const byDefault = args.quant ?? (format === 'slm1' ? 'f32' : 'keep');
  return asUsage(() => createRecipe({ default: byDefault, rules: args.rule.map(parseRule) }));
}

async function show(args: PackArguments, plan: ConversionPlan, report: ConversionReport | undefined): Promise<void> {
  if (args.json) await writeJson(packJson(plan, report, args.out));
  else await writeStdout(formatPack(plan, report, args.out));
}
