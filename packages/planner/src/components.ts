/** The rows of a plan: those of the layout where the runtime has one, and what it allocates for none of its models. */
import { checkedAdd } from '@mirust/core';
import type { MemoryLayout } from '@mirust/model';
import type { PlanComponent } from '@mirust/schemas';
import { cacheRows, componentsOf, engineRows, layoutOf, type Row } from './allocation.ts';
import { type PlannedCache, planCache } from './cache.ts';
import { type EstimatedProgram, estimateProgram } from './estimated-program.ts';
import type { TapeBytes } from './host/index.ts';
import type { PlanInput } from './input.ts';
import { layoutKvType, type PlanOptions, type ResolvedPlanOptions, resolvePlanOptions } from './options.ts';
import { loraBytes, type PlannedWeights, planWeights } from './weights.ts';

/** The rows, and what they are made from. */
export function planComponents(
  input: PlanInput,
  weights: PlannedWeights,
  options: ResolvedPlanOptions,
): {
  readonly cache: PlannedCache | undefined;
  readonly layout: MemoryLayout | undefined;
  /** Of a model without a layout; absent where not even an estimate is there. */
  readonly estimate: EstimatedProgram | undefined;
  readonly components: PlanComponent[];
  readonly tapes: TapeBytes;
} {
  const cache = planCache(input.outline, options);
  const layout = layoutOf(input, options);
  const estimate = layout === undefined ? estimateProgram(input.outline, options) : undefined;
  const components = [
    ...listComponents(layout, weights, cache, options),
    ...(estimate === undefined ? [] : estimatedRows(estimate)),
    ...extraComponents(input, cache, options),
  ];
  return { cache, layout, estimate, components, tapes: tapesOf(layout, estimate, weights, cache) };
}

function estimatedRows({ workingBytes, engineBytes }: EstimatedProgram): PlanComponent[] {
  return componentsOf(
    [
      ['working buffers', workingBytes],
      ['engine', engineBytes],
    ],
    'estimated',
  );
}

/** What lies in memory, whoever allocates it. Of a cache that no layout has, its bytes alone. */
function tapesOf(
  layout: MemoryLayout | undefined,
  estimate: EstimatedProgram | undefined,
  weights: PlannedWeights,
  cache: PlannedCache | undefined,
): TapeBytes {
  return {
    engine: layout?.engine.byteLength ?? estimate?.engineBytes ?? 0,
    weights: layout?.weights.byteLength ?? weights.bytes,
    workingBuffers: layout?.scratch.byteLength ?? estimate?.workingBytes ?? 0,
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
