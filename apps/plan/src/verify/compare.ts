/** Planned against measured, component by component. */
import type { MemoryLayout, TapeLayout } from '@mirust/model';
import { type HostBaseline, hostBaseline, hostHeap, loadTimeline } from '@mirust/planner';
import type { LoadMoment, PlanVerification, VerifiedComponent } from '@mirust/schemas';
import type { ModelMemoryReport, ProcessMemory } from '../child/messages.ts';
import type { LoadPlan } from './plan-load.ts';

/** What a measured row may be off, as a share of the planned peak. */
const BOUND_SHARE = 0.03;

/** The report's names of the tapes of a layout. */
const TAPES: readonly (readonly [string, 'engine' | 'weights' | 'scratch' | 'history'])[] = [
  ['engine tape', 'engine'],
  ['weights tape', 'weights'],
  ['working buffers', 'scratch'],
  ['kv cache', 'history'],
];

/** The report. Error where no baseline of Node came with the planner, which is a mistake. */
export function compareMemory(
  file: string,
  { layout, load }: LoadPlan,
  host: ProcessMemory,
  model: ModelMemoryReport,
): PlanVerification {
  const bundled = hostBaseline('node', process.versions.node);
  if (bundled === undefined) throw new Error('no baseline of Node');
  // The process differs between machines and builds of Node, so this machine's is the one that is planned with.
  const baseline = { ...bundled, processBytes: host.rssBytes, processHeapBytes: host.heapUsedBytes };
  const timeline = loadTimeline(baseline, load);
  const peakBytes = Math.max(...timeline.map(({ bytes }) => bytes));
  const bound = { share: BOUND_SHARE, bytes: Math.round(BOUND_SHARE * peakBytes) };
  const components = [
    ...exactRows(layout, model),
    {
      name: 'host process',
      plannedBytes: bundled.processBytes,
      measuredBytes: host.rssBytes,
      kind: 'measured' as const,
    },
    ...measuredRows(timeline, peakBytes, baseline, load, model).map((row) => ({
      ...row,
      agrees: Math.abs(row.plannedBytes - row.measuredBytes) <= bound.bytes,
    })),
  ];
  const { context, chunk, kvType, threads } = layout.options;
  return {
    version: 1,
    file,
    verdict: verdictOf(components),
    components,
    bound,
    options: { context, chunk, kvType, threads },
    environment: {
      version: process.versions.node,
      platform: `${process.platform}-${process.arch}`,
      baseline: bundled.version,
    },
    backend: model.backend,
    timeline,
    ...(model.runPeakIsItsOwn
      ? {}
      : { notes: ['the system cannot forget a peak: that of the run holds the load as well'] }),
  };
}

function exactRows(layout: MemoryLayout, { tapes, memory }: ModelMemoryReport): VerifiedComponent[] {
  const tapeOf = (name: string): ModelMemoryReport['tapes'][number] | undefined =>
    tapes.find((tape) => tape.name === name);
  const rows: (readonly [string, number, number])[] = [
    ...TAPES.map(([name, tape]) => [name, layout[tape].byteLength, tapeOf(tape)?.capacityBytes ?? 0] as const),
    // To the last byte that was taken: what follows aligns the next tape.
    ...TAPES.map(
      ([name, tape]) => [`${name} high water`, lastByte(layout[tape]), tapeOf(tape)?.highWaterBytes ?? 0] as const,
    ),
    [memory.kind === 'plain' ? 'array buffer of the tapes' : 'wasm pages', layout.totalBytes, memory.byteLength],
  ];
  return rows.map(([name, plannedBytes, measuredBytes]) => ({
    name,
    plannedBytes,
    measuredBytes,
    kind: 'exact',
    agrees: plannedBytes === measuredBytes,
  }));
}

/** The end of the last placement. */
function lastByte({ placements }: TapeLayout): number {
  return placements.reduce((end, { offset, byteLength }) => Math.max(end, offset + byteLength), 0);
}

function measuredRows(
  timeline: readonly LoadMoment[],
  peakBytes: number,
  baseline: HostBaseline,
  load: LoadPlan['load'],
  { loaded, end, memory }: ModelMemoryReport,
): VerifiedComponent[] {
  const bytesAt = (phase: LoadMoment['phase']): number =>
    timeline.filter((moment) => moment.phase === phase).reduce((most, { bytes }) => Math.max(most, bytes), 0);
  const whileLoading = Math.max(bytesAt('read'), bytesAt('repack'), bytesAt('ready'));
  const heap = hostHeap(baseline, load);
  // An ArrayBuffer that holds the tapes is counted among them; a WebAssembly memory is not.
  const tapes = memory.kind === 'plain' ? memory.byteLength : 0;
  const rows: (readonly [string, number, number])[] = [
    ['rss after load', bytesAt('ready'), loaded.rssBytes],
    ['rss at the end', bytesAt('run'), end.rssBytes],
    ['peak rss while loading', whileLoading, loaded.peakRssBytes],
    ['peak rss while running', bytesAt('run'), end.peakRssBytes],
    ['peak rss', peakBytes, Math.max(loaded.peakRssBytes, end.peakRssBytes)],
    ['js heap', heap.heapBytes, end.heapUsedBytes],
    ['array buffers', heap.arrayBuffersBytes + tapes, end.arrayBuffersBytes],
  ];
  return rows.map(([name, plannedBytes, measuredBytes]) => ({ name, plannedBytes, measuredBytes, kind: 'measured' }));
}

function verdictOf(components: readonly VerifiedComponent[]): PlanVerification['verdict'] {
  const wrong = components.filter(({ agrees }) => agrees === false);
  if (wrong.some(({ kind }) => kind === 'exact')) return 'differs';
  return wrong.length > 0 ? 'deviates' : 'agrees';
}
