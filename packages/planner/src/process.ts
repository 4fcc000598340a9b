/**
 * A model with the process around it: what no layout decides was measured (`host/`), and is planned from that. The total is the
 * peak of the process, while it loads or while it runs, with a margin for what is not exact.
 */
import { formatEncoding } from '@mirust/core';
import { tapeEncoding } from '@mirust/model';
import type { LoadMoment, PlanComponent, PlanReport } from '@mirust/schemas';
import { createComponentPlanner, type PlannedMemory, sumOf } from './components.ts';
import { type HostBaseline, hostComponents, type LoadOptions, loadTimeline } from './host/index.ts';
import type { PlanInput } from './input.ts';
import type { PlanOptions } from './options.ts';
import { planMemory, verdict } from './plan.ts';

/** The bound that `mirust-plan verify` holds the measured peak of a process to, as a share of it. */
const MARGIN_PERCENT = 3;

/** Plans the process. Throws as {@link planMemory}. */
export function planProcess(input: PlanInput, options: PlanOptions, baseline: HostBaseline): PlanReport {
  const report = planMemory(input, options);
  const memory = createComponentPlanner()(input, options);
  const load = loadOptionsOf(input, memory);
  const timeline = loadTimeline(baseline, load);
  const components = processComponents(memory, load, baseline, timeline);
  const totalBytes = sumOf(components);
  const { host, version, system, measuredOn } = baseline;
  const measured = `the process was measured with ${host} ${version} on ${system}, ${measuredOn}`;
  return {
    ...report,
    totalBytes,
    components,
    ...verdict(totalBytes, report.unknown ?? [], options.budgetBytes),
    options: { ...report.options, host },
    timeline,
    notes: [...(report.notes ?? []), measured],
  };
}

/** The total of {@link planProcess} for memory that is planned already. */
export function processTotal(input: PlanInput, memory: PlannedMemory, baseline: HostBaseline): number {
  const load = loadOptionsOf(input, memory);
  return sumOf(processComponents(memory, load, baseline, loadTimeline(baseline, load)));
}

function processComponents(
  memory: PlannedMemory,
  load: LoadOptions,
  baseline: HostBaseline,
  timeline: readonly LoadMoment[],
): PlanComponent[] {
  const running = timeline.at(-1)?.bytes ?? 0;
  const peak = timeline.reduce((most, { bytes }) => Math.max(most, bytes), 0);
  const components = [...memory.components, ...hostComponents(baseline, load)];
  // Small models take most while they are read: what is there then and not later.
  if (peak > running) components.push({ name: 'more while loading', bytes: peak - running, kind: 'estimated' });
  const margin = Math.ceil((sumOf(components) / 100) * MARGIN_PERCENT);
  return [...components, { name: `margin of ${MARGIN_PERCENT} %`, bytes: margin, kind: 'estimated' }];
}

function loadOptionsOf(input: PlanInput, { tapes, threads }: PlannedMemory): LoadOptions {
  const { outline, encodings, container = 'huggingface', tokenizer = {} } = input;
  const embedding = outline.tensors.find(({ role }) => role === 'embedding');
  const isOrdered = outline.tensors.every(({ name, shape }) => {
    const stored = encodings.get(name);
    return stored === undefined || formatEncoding(tapeEncoding(stored, shape)) === formatEncoding(stored);
  });
  // What mirust-pack writes lies in the order of the tape, and is read as one image.
  const isImage = container === 'slm2' && (isOrdered || input.quantization !== undefined);
  return {
    tapes,
    threads,
    vocabSize: tokenizer.tokens ?? embedding?.shape[0] ?? 0,
    ...(tokenizer.kind === undefined ? {} : { tokenizerKind: tokenizer.kind }),
    container,
    tensorCount: outline.tensors.length,
    imageBytes: isImage ? tapes.weights : 0,
    repacks: !isImage && (container === 'huggingface' || !isOrdered),
  };
}
