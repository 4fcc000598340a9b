/**
 * The plan of a model's memory: the very layout that the runtime allocates, summed up by component. For a model without a
 * program, weights and cache are exact all the same; what follows from a program is estimated where its family is known, and said
 * to be, else unknown by name.
 */
import { sanitizeText } from '@mirust/core';
import type { PlanReport, UnknownComponent } from '@mirust/schemas';
import { planBuffers } from './buffers.ts';
import type { PlannedCache } from './cache.ts';
import { ceilingsOver } from './ceilings.ts';
import { planComponents, sumOf } from './components.ts';
import { decodeCost } from './decode-cost.ts';
import type { PlanInput } from './input.ts';
import { layoutKvType, type PlanOptions, type ResolvedPlanOptions, resolvePlanOptions } from './options.ts';
import { parameterCounts } from './outline/parameter-counts.ts';
import { planWeights } from './weights.ts';

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
  const { cache, layout, estimate, components } = planComponents(input, weights, resolved);
  const totalBytes = sumOf(components);
  const unknown = layout === undefined && estimate === undefined ? unknownParts(cache) : [];
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
    notes: notesOf(input, resolved, estimate !== undefined),
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
  { outline, notes = [], storedNotes = [] }: PlanInput,
  { kvType, sequences, loraRank }: ResolvedPlanOptions,
  isEstimate: boolean,
): string[] {
  const all = [...storedNotes, ...notes];
  if (isEstimate) {
    const named = sanitizeText(outline.architecture, 64);
    all.push(
      `the runtime has no program for ${named}: its working buffers are taken to be those of a llama of its sizes`,
    );
  }
  if (layoutKvType(kvType) !== kvType) all.push(`the runtime has no cache of ${kvType}: its size alone is planned`);
  if (sequences > 1) all.push('the runtime holds one sequence: the caches of more are planned beside it');
  if (loraRank !== undefined) all.push('the runtime loads no adapters: two f32 matrices are planned for each matrix');
  return all;
}
