/** `mirust-plan probe`: the memory bandwidth that decoding has on this machine. */
import { type ArgumentsOf, type CommandContext, formatTable, UsageError, writeJson, writeStdout } from '@mirust/cli';
import { physicalCores } from '@mirust/kernels';
import type { BandwidthReport } from '@mirust/schemas';
import type { PROBE } from './arguments.ts';
import { measureBandwidth } from './probe/measure-bandwidth.ts';

/** `mirust-plan probe …` */
export async function probe(
  args: ArgumentsOf<typeof PROBE.positionals, typeof PROBE.options>,
  { signal }: CommandContext,
): Promise<void> {
  const rates = await measureBandwidth(threadCounts(args.threads ?? physicalCores()), signal);
  if (rates === undefined) throw new UsageError('this platform has no WebAssembly with SIMD and threads to probe with');
  const best = rates.reduce((most, rate) => (rate.bytesPerSecond > most.bytesPerSecond ? rate : most));
  const report: BandwidthReport = { version: 1, kind: 'measured', bytesPerSecond: best.bytesPerSecond, rates };
  if (args.json) await writeJson(report);
  else await writeStdout(format(report));
}

/** 1, 2, 4 and so on, and the most: few enough for five seconds. */
function threadCounts(most: number): number[] {
  const counts: number[] = [];
  for (let threads = 1; threads < most; threads *= 2) counts.push(threads);
  return [...counts, most];
}

function format({ bytesPerSecond, rates }: BandwidthReport): string {
  const columns = [
    { title: 'threads', align: 'right' },
    { title: 'bytes/s', align: 'right' },
    { title: 'GB/s', align: 'right' },
    { title: 'passes, GB/s' },
  ] as const;
  const gigabytes = (rate: number): string => (rate / 1e9).toFixed(2);
  const rows = rates.map((rate) => [
    String(rate.threads),
    rate.bytesPerSecond.toLocaleString('en-US'),
    gigabytes(rate.bytesPerSecond),
    rate.passes.map(gigabytes).join(' '),
  ]);
  return `${formatTable(columns, rows)}\n\nmeasured: a matrix of 256 MiB times a vector, best of the passes\n--bandwidth ${bytesPerSecond}\n`;
}
