/** `mirust-run bench`: how fast a model runs here, and where the time goes. */
import {
  type CommandContext,
  formatTable,
  type OptionValues,
  present,
  UsageError,
  withProgress,
  writeJson,
  writeStdout,
} from '@mirust/cli';
import { formatBytes } from '@mirust/core';
import { measureSpeed, type Phase, type SpeedReport } from '@mirust/runtime';
import type { BENCH_OPTIONS, BENCH_OUTPUT } from './arguments.ts';
import { type ModelArguments, withModel } from './load.ts';

type BenchArguments = ModelArguments & OptionValues<typeof BENCH_OPTIONS & typeof BENCH_OUTPUT>;

/** `mirust-run bench FILE [--json]` */
export async function bench(args: BenchArguments, context: CommandContext): Promise<void> {
  const options = present({
    promptTokens: args['prompt-tokens'],
    decodeTokens: args['decode-tokens'],
    startPosition: args['start-position'],
    rounds: args.rounds,
  });
  await withModel(args, context, {}, async (model) => {
    const report = await withProgress(
      'measuring',
      async (onProgress): Promise<SpeedReport> => {
        try {
          return await measureSpeed(model, { ...options, signal: context.signal, onProgress });
        } catch (error) {
          // Options that do not fit the context are the caller's mistake.
          throw error instanceof RangeError ? new UsageError(error.message) : error;
        }
      },
      'steps',
    );
    if (args.json) await writeJson(report);
    else await writeStdout(formatSpeed(report));
  });
}

/** The report as text. */
export function formatSpeed({ diagnostics, prefill, decode }: SpeedReport): string {
  const { backend, options, environment, artifact, load } = diagnostics;
  const facts = [
    [
      'artifact',
      `${artifact.format}${artifact.rootDigest === undefined ? '' : ` ${artifact.rootDigest.slice(0, 16)}…`}`,
    ],
    ['engine', `${backend}, ${options.threads} thread${options.threads === 1 ? '' : 's'}`],
    ['platform', [environment.runtime, environment.version, environment.platform].filter(Boolean).join(' ')],
    ['cache', `${options.kvType}, context ${options.context}, chunk ${options.chunk}`],
    ['load', formatLoad(load)],
    [
      'prefill',
      `${rate(prefill.tokensPerSecond)} tokens/s; first token after ${prefill.medianMilliseconds.toFixed(1)} ms (${prefill.tokens} tokens)`,
    ],
    [
      'decode',
      `${rate(decode.tokensPerSecond)} tokens/s; p50 ${decode.p50Milliseconds.toFixed(2)}, p95 ${decode.p95Milliseconds.toFixed(2)}, p99 ${decode.p99Milliseconds.toFixed(2)} ms (from position ${decode.startPosition})`,
    ],
  ] as const;
  const lines = facts.map(([name, value]) => `${name.padEnd(9)} ${value}`);
  for (const phase of ['prefill', 'decode'] as const) lines.push('', formatOperations(diagnostics, phase));
  return `${lines.join('\n')}\n`;
}

/** How long loading took, and what would have to be faster for it to be shorter. */
function formatLoad({ milliseconds, bytes, bound, ...times }: SpeedReport['diagnostics']['load']): string {
  const parts = [
    ['read', times.readMilliseconds],
    ['verify', times.verifyMilliseconds],
    ['interleave', times.interleaveMilliseconds],
  ] as const;
  const spent = parts.flatMap(([name, value]) => (value === undefined ? [] : [`${name} ${value.toFixed(0)}`]));
  const measured = bytes === undefined ? '' : `; ${formatBytes(bytes)}, bound by ${bound} (${spent.join(', ')} ms)`;
  return `${milliseconds.toFixed(0)} ms${measured}`;
}

/** Where the time of a phase went, the largest part first. */
function formatOperations({ operations = [] }: SpeedReport['diagnostics'], phase: Phase): string {
  const rows = operations.filter((row) => row.phase === phase).sort((a, b) => b.milliseconds - a.milliseconds);
  const total = rows.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const columns = [
    { title: phase },
    { title: 'calls', align: 'right' },
    { title: 'ms', align: 'right' },
    { title: 'share', align: 'right' },
    { title: 'read', align: 'right' },
    { title: 'GB/s', align: 'right' },
    { title: 'GOPS', align: 'right' },
  ] as const;
  return formatTable(
    columns,
    rows.map(({ kind, calls, milliseconds, bytes, operations: computed }) => [
      kind,
      calls.toLocaleString('en-US'),
      milliseconds.toFixed(2),
      `${((100 * milliseconds) / total).toFixed(1)} %`,
      bytes === undefined ? '' : formatBytes(bytes),
      bytes === undefined ? '' : (bytes / milliseconds / 1e6).toFixed(1),
      computed === undefined ? '' : (computed / milliseconds / 1e6).toFixed(1),
    ]),
  );
}

function rate(value: number): string {
  return value.toFixed(value < 100 ? 1 : 0);
}
