/**
 * The plan of a model's memory: the very layout that the runtime allocates, summed up by component. For a model without a
 * program, weights and cache are exact all the same, and what follows from a program is unknown by name, never guessed.
 */
import { checkedAdd, sanitizeText } from '@mirust/core';
import type { MemoryLayout } from '@mirust/model';
import type { PlanComponent, PlanReport, UnknownComponent } from '@mirust/schemas';
import { cacheRows, componentsOf, engineRows, layoutOf, type Row } from './allocation.ts';
import { planBuffers } from './buffers.ts';
import { type PlannedCache, planCache } from './cache.ts';
import { ceilingsOver } from './ceilings.ts';
import { decodeCost } from './decode-cost.ts';
import type { TapeBytes } from './host/index.ts';
import type { PlanInput } from './input.ts';
import { layoutKvType, type PlanOptions, type ResolvedPlanOptions, resolvePlanOptions } from './options.ts';
import { parameterCounts } from './outline/parameter-counts.ts';
import { loraBytes, type PlannedWeights, planWeights } from './weights.ts';

/**
 * Plans a model. Throws what `layoutModel` throws, `PLAN_KV_BLOCKS`, and RangeError for options that are none.
 *
 * The total is that of the model alone; `planProcess` adds the process around it.
 */
export function planMemory(input: PlanInput, options: PlanOptions = {}): PlanReport {
  const { outline, source, quantization } = input;
  const resolved = resolvePlanOptions(outline, options);
  const { budgetBytes, bandwidthBytesPerSecond } = options;
  const weights = planWeights(input);
  const { cache, layout, components } = planComponents(input, weights, resolved);
  const totalBytes = sumOf(components);
  const unknown = layout === undefined ? unknownParts(cache) : [];
  const parameters = parameterCounts(outline);
  const decode = decodeCost(input, resolved, bandwidthBytesPerSecond);
  return {
    version: 1,
    totalBytes,
    components,
    ...(unknown.length === 0 ? {} : { unknown }),
    ...verdict(totalBytes, unknown, budgetBytes),
    options: { ...resolved, host: 'none', ...(quantization === undefined ? {} : { quantization }) },
    model: {
      ...(outline.name === undefined ? {} : { name: sanitizeText(outline.name) }),
      architecture: sanitizeText(outline.architecture, 64),
      parameters: parameters.total,
      source,
      runs: layout !== undefined,
      weightTypes: Object.fromEntries(weights.byEncoding),
    },
    parameters,
    weights: { bytes: weights.bytes, byDtype: weights.byDtype, byLayer: weights.byLayer },
    ...(cache === undefined
      ? {}
      : {
          kvCache: { bytes: cache.bytes, bytesPerToken: cache.bytesPerToken, activeBytes: cache.activeBytes },
        }),
    ...(layout === undefined ? {} : { buffers: planBuffers(layout) }),
    ceilings: ceilingsOver(totalBytes),
    ...(decode === undefined ? {} : { decode }),
    notes: notesOf(input, resolved),
  };
}

/** The rows, and what they are made from. */
function planComponents(
  input: PlanInput,
  weights: PlannedWeights,
  options: ResolvedPlanOptions,
): {
  readonly cache: PlannedCache | undefined;
  readonly layout: MemoryLayout | undefined;
  readonly components: PlanComponent[];
  readonly tapes: TapeBytes;
} {
  const cache = planCache(input.outline, options);
  const layout = layoutOf(input, options);
  const components = [...listComponents(layout, weights, cache, options), ...extraComponents(input, cache, options)];
  return { cache, layout, components, tapes: tapesOf(layout, weights, cache) };
}

/** What lies in memory, whoever allocates it. Of a cache that no layout has, its bytes alone. */
function tapesOf(
  layout: MemoryLayout | undefined,
  weights: PlannedWeights,
  cache: PlannedCache | undefined,
): TapeBytes {
  return {
    engine: layout?.engine.byteLength ?? 0,
    weights: layout?.weights.byteLength ?? weights.bytes,
    workingBuffers: layout?.scratch.byteLength ?? 0,
    kvCache: cache?.bytes ?? 0,
  };
}

/** The memory of a model by itself: its rows, and what of it is there when. */
export interface PlannedMemory {
  readonly components: readonly PlanComponent[];
  readonly tapes: TapeBytes;
  readonly threads: number;
}

/**
 * Plans components alone, many times: for questions that need the total of many plans. Weights of an input are summed up
 * once. Throws as {@link planMemory}.
 */
export function createComponentPlanner(): (input: PlanInput, options: PlanOptions) => PlannedMemory {
  const known = new Map<PlanInput, PlannedWeights>();
  return (input, options) => {
    const weights = known.get(input) ?? planWeights(input);
    known.set(input, weights);
    const resolved = resolvePlanOptions(input.outline, options);
    const { components, tapes } = planComponents(input, weights, resolved);
    return { components, tapes, threads: resolved.threads };
  };
}

/** Whether what is planned fits; nothing where that is not certain. */
export function verdict(
  totalBytes: number,
  unknown: readonly UnknownComponent[],
  budgetBytes: number | undefined,
): Pick<PlanReport, 'fits' | 'budgetBytes'> {
  if (budgetBytes === undefined) return {};
  if (totalBytes > budgetBytes) return { fits: false, budgetBytes };
  return unknown.length === 0 ? { fits: true, budgetBytes } : { budgetBytes };
}

/** Sum of all components. Throws `OVERFLOW`. */
export function sumOf(components: readonly PlanComponent[]): number {
  return components.reduce((sum, { bytes }) => checkedAdd(sum, bytes, 'components'), 0);
}

/** What one sequence needs: the rows of the layout where there is one. */
function listComponents(
  layout: MemoryLayout | undefined,
  weights: PlannedWeights,
  cache: PlannedCache | undefined,
  { kvType }: ResolvedPlanOptions,
): PlanComponent[] {
  const weightRows: Row[] = [...weights.byEncoding].map(([type, bytes]) => [`weights ${type}`, bytes]);
  const isRun = layoutKvType(kvType) === kvType;
  if (layout !== undefined && isRun) {
    const padding: Row = ['weights padding', layout.weights.paddingBytes];
    const pageRest: Row = ['page padding', layout.pageRestBytes];
    return componentsOf([...weightRows, padding, ...cacheRows(layout), ...engineRows(layout), pageRest], 'exact');
  }
  const { keyBytes, valueBytes } = cache ?? {};
  const rows: Row[] =
    keyBytes === undefined || valueBytes === undefined
      ? []
      : [
          ['kv cache keys', keyBytes],
          ['kv cache values', valueBytes],
        ];
  return [
    ...componentsOf(weightRows, 'exact'),
    // Of a type that no layout has, the size follows from the shape of the cache alone.
    ...componentsOf(rows, isRun ? 'exact' : 'estimated'),
    ...(layout === undefined ? [] : componentsOf(engineRows(layout), 'exact')),
  ];
}

/** What the runtime allocates for none of its models yet. */
function extraComponents(
  { outline }: PlanInput,
  cache: PlannedCache | undefined,
  { sequences, loraRank }: ResolvedPlanOptions,
): PlanComponent[] {
  const rows: Row[] = [];
  if (cache !== undefined && sequences > 1) {
    rows.push([`kv cache of ${sequences - 1} more ${sequences === 2 ? 'sequence' : 'sequences'}`, cache.otherBytes]);
  }
  if (loraRank !== undefined) rows.push([`adapter of rank ${loraRank}`, loraBytes(outline, loraRank)]);
  return componentsOf(rows, 'estimated');
}

function unknownParts(cache: PlannedCache | undefined): UnknownComponent[] {
  const reason = 'the runtime has no program for this architecture';
  return [
    ...(cache === undefined
      ? [{ name: 'kv cache', reason: 'the shape of its heads is not known for this architecture' }]
      : []),
    { name: 'working buffers', reason },
    { name: 'program', reason },
  ];
}

function notesOf(
  { notes = [], storedNotes = [] }: PlanInput,
  { kvType, sequences, loraRank }: ResolvedPlanOptions,
): string[] {
  const all = [...storedNotes, ...notes];
  if (layoutKvType(kvType) !== kvType) all.push(`the runtime has no cache of ${kvType}: its size alone is planned`);
  if (sequences > 1) all.push('the runtime holds one sequence: the caches of more are planned beside it');
  if (loraRank !== undefined) all.push('the runtime loads no adapters: two f32 matrices are planned for each matrix');
  return all;
}
