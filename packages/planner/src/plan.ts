/**
 * The plan of a model's memory: the very layout that the runtime allocates, summed up by component. Every row here is
 * exact; what no layout decides (the host process) is not in it, and the notes say so.
 */
import { type Checkpoint, encodingTable } from '@mirust/checkpoint';
import { createEncoding, type DTypeName, formatEncoding, isDTypeName } from '@mirust/core';
import {
  type EncodingTable,
  type LayoutRequest,
  layoutModel,
  type MemoryLayout,
  type ModelDescription,
  parameterCount,
  scalesName,
} from '@mirust/model';
import type { PlanComponent, PlanReport } from '@mirust/schemas';

export type { PlanComponent, PlanReport } from '@mirust/schemas';

/** What is planned: a model, and how its tensors are stored. */
export interface PlanInput {
  readonly model: ModelDescription;
  readonly encodings: EncodingTable;
  /** Whether the encodings were read from a file with weights, or assumed from a configuration. */
  readonly source: 'weights' | 'configuration';
  readonly notes?: readonly string[];
}

/** How to plan. */
export interface PlanOptions extends LayoutRequest {
  /** Bytes that may be used; absent: no verdict. RangeError unless a non-negative integer. */
  readonly budgetBytes?: number;
}

/** The input for an open checkpoint. */
export function planInputOf(checkpoint: Checkpoint): PlanInput {
  return { model: checkpoint.model, encodings: encodingTable(checkpoint), source: 'weights' };
}

/** torch's names of weight types, as config.json gives them. */
const TORCH_TYPES: ReadonlyMap<string, DTypeName> = new Map([
  ['float32', 'f32'],
  ['float16', 'f16'],
  ['bfloat16', 'bf16'],
]);

/**
 * The input for a configuration without weights: every tensor in the type that the configuration names (`bfloat16`, or
 * one of our names), f32 where it names none or an unknown one.
 */
export function planInputOfConfiguration(model: ModelDescription, weightType: string | undefined): PlanInput {
  const named = weightType === undefined ? undefined : (TORCH_TYPES.get(weightType) ?? weightType);
  const dtype: DTypeName = named !== undefined && isDTypeName(named) ? named : 'f32';
  const encodings = new Map(model.contract.map(({ name, shape }) => [name, createEncoding(dtype, shape)]));
  const notes = [`types of the tensors are assumed: ${dtype}, ${named === dtype ? 'as' : 'since nothing is'} stated`];
  return { model, encodings, source: 'configuration', notes };
}

/** Plans a model. Throws what `layoutModel` throws, RangeError for a bad budget. */
export function planMemory(input: PlanInput, options: PlanOptions = {}): PlanReport {
  const { budgetBytes, ...request } = options;
  if (budgetBytes !== undefined && (!Number.isSafeInteger(budgetBytes) || budgetBytes < 0)) {
    throw new RangeError(`budgetBytes must be a non-negative integer, got ${budgetBytes}`);
  }
  const layout = layoutModel(input.model, input.encodings, request);
  const weightTypes = bytesByEncoding(input, layout);
  const components = listComponents(layout, weightTypes);
  return {
    version: 1,
    totalBytes: layout.totalBytes,
    components,
    ...(budgetBytes === undefined ? {} : { fits: layout.totalBytes <= budgetBytes, budgetBytes }),
    options: layout.options,
    model: {
      architecture: input.model.architecture,
      parameters: parameterCount(input.model.contract),
      source: input.source,
      weightTypes: Object.fromEntries(weightTypes),
    },
    notes: [...(input.notes ?? []), 'the host process (engine, code, tokenizer tables) is not included'],
  };
}

/** Encoded bytes per encoding, payload and scales, in contract order. */
function bytesByEncoding(input: PlanInput, layout: MemoryLayout): ReadonlyMap<string, number> {
  const sizes = new Map(layout.weights.placements.map(({ name, byteLength }) => [name, byteLength]));
  const totals = new Map<string, number>();
  for (const { name } of input.model.contract) {
    const encoding = input.encodings.get(name);
    if (encoding === undefined) throw new RangeError(`no encoding given for tensor ${name}`);
    const key = formatEncoding(encoding);
    const bytes = (sizes.get(name) ?? 0) + (sizes.get(scalesName(name)) ?? 0);
    totals.set(key, (totals.get(key) ?? 0) + bytes);
  }
  return totals;
}

function listComponents(layout: MemoryLayout, weightTypes: ReadonlyMap<string, number>): PlanComponent[] {
  const sumOf = (part: string): number =>
    layout.history.placements
      .filter(({ name }) => name.split('.')[2] === part)
      .reduce((sum, { byteLength }) => sum + byteLength, 0);
  const rows: (readonly [string, number])[] = [
    ...[...weightTypes].map(([type, bytes]) => [`weights ${type}`, bytes] as const),
    ['weights padding', layout.weights.paddingBytes],
    ['kv cache keys', sumOf('key')],
    ['kv cache values', sumOf('value')],
    ['kv cache padding', layout.history.paddingBytes],
    ['working buffers', layout.scratch.byteLength - layout.scratch.paddingBytes],
    ['working buffers padding', layout.scratch.paddingBytes],
  ];
  // Absent padding is no component; everything else stays, zero or not.
  return rows
    .filter(([name, bytes]) => bytes > 0 || !name.endsWith('padding'))
    .map(([name, bytes]) => ({ name, bytes, kind: 'exact' as const }));
}
