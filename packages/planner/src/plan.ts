/**
 * The plan of a model's memory: the very layout that the runtime allocates, summed up by component. Every row here is
 * exact; what no layout decides (the host process) is not in it, and the notes say so.
 */
import { type Checkpoint, encodingTable } from '@mirust/checkpoint';
import { createEncoding, type DTypeName, formatEncoding, sanitizeText } from '@mirust/core';
import {
  type EncodingTable,
  kvBufferName,
  type LayoutRequest,
  layoutModel,
  type MemoryLayout,
  type ModelDescription,
  parameterCount,
  scalesName,
  tapeEncoding,
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

/** A part of a layer's cache. */
type CachePart = Parameters<typeof kvBufferName>[1];

/** One ArrayBuffer on Node 20, 65,536 pages of a wasm32 memory. */
const MAX_MEMORY_BYTES = 2 ** 32;

/** What tabs of current browsers grant; phones are the least of them. */
const SURE_TAB_BYTES = 2 ** 30;

/** The input for an open checkpoint, or for the model of an inventory. */
export function planInputOf(checkpoint: Pick<Checkpoint, 'model' | 'tensors'>): PlanInput {
  return { model: checkpoint.model, encodings: encodingTable(checkpoint), source: 'weights' };
}

/** The types that weights come in, by the names that config.json gives them (torch's) and our own. */
const WEIGHT_TYPES: ReadonlyMap<string, DTypeName> = new Map([
  ['float32', 'f32'],
  ['float', 'f32'],
  ['f32', 'f32'],
  ['float16', 'f16'],
  ['half', 'f16'],
  ['f16', 'f16'],
  ['bfloat16', 'bf16'],
  ['bf16', 'bf16'],
]);

/**
 * The input for a configuration without weights: every tensor in the type that the configuration names (`bfloat16`,
 * `torch.bfloat16`, or one of our names), f32 where it names none or one that weights do not come in. A note says which.
 */
export function planInputOfConfiguration(model: ModelDescription, weightType: string | undefined): PlanInput {
  const named = weightType === undefined ? undefined : WEIGHT_TYPES.get(weightType.replace(/^torch\./, ''));
  const dtype: DTypeName = named ?? 'f32';
  const encodings = new Map(model.contract.map(({ name, shape }) => [name, createEncoding(dtype, shape)]));
  const reason =
    named !== undefined
      ? `as the configuration says (${weightType})`
      : weightType === undefined
        ? 'since the configuration names none'
        : `since "${sanitizeText(weightType)}" is no type of weights`;
  return { model, encodings, source: 'configuration', notes: [`the tensors are taken to be ${dtype}, ${reason}`] };
}

/** Plans a model. Throws what `layoutModel` throws, RangeError for a bad budget. */
export function planMemory(input: PlanInput, options: PlanOptions = {}): PlanReport {
  const { budgetBytes, ...request } = options;
  if (budgetBytes !== undefined && (!Number.isSafeInteger(budgetBytes) || budgetBytes < 0)) {
    throw new RangeError(`budgetBytes must be a non-negative integer, got ${budgetBytes}`);
  }
  const layout = layoutModel(input.model, input.encodings, request);
  const weightTypes = bytesByEncoding(input, layout);
  const components = listComponents(layout, input.model.hyperparameters.layerCount, weightTypes);
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
    notes: [
      ...(input.notes ?? []),
      ...ceilingNotes(layout.totalBytes),
      'the host process (engine, code, tokenizer tables) is not included',
    ],
  };
}

/** Bytes per encoding in the weight tape, payload and scales, in contract order. */
function bytesByEncoding(input: PlanInput, layout: MemoryLayout): ReadonlyMap<string, number> {
  const sizes = new Map(layout.weights.placements.map(({ name, byteLength }) => [name, byteLength]));
  const totals = new Map<string, number>();
  for (const { name, shape } of input.model.contract) {
    const encoding = input.encodings.get(name);
    if (encoding === undefined) throw new RangeError(`no encoding given for tensor ${name}`);
    const key = formatEncoding(tapeEncoding(encoding, shape));
    const bytes = (sizes.get(name) ?? 0) + (sizes.get(scalesName(name)) ?? 0);
    totals.set(key, (totals.get(key) ?? 0) + bytes);
  }
  return totals;
}

function listComponents(
  layout: MemoryLayout,
  layerCount: number,
  weights: ReadonlyMap<string, number>,
): PlanComponent[] {
  const rows: (readonly [string, number])[] = [
    ...[...weights].map(([type, bytes]) => [`weights ${type}`, bytes] as const),
    ['weights padding', layout.weights.paddingBytes],
    ['kv cache keys', cacheBytes(layout, layerCount, ['key', 'key.scale'])],
    ['kv cache values', cacheBytes(layout, layerCount, ['value', 'value.scale'])],
    ['kv cache padding', layout.history.paddingBytes],
    ['working buffers', layout.scratch.byteLength - layout.scratch.paddingBytes],
    ['working buffers padding', layout.scratch.paddingBytes],
    ['engine', layout.engine.byteLength - layout.engine.paddingBytes],
    ['engine padding', layout.engine.paddingBytes],
    ['page padding', layout.pageRestBytes],
  ];
  // Absent padding is no component; everything else stays, zero or not.
  return rows
    .filter(([name, bytes]) => bytes > 0 || !name.endsWith('padding'))
    .map(([name, bytes]) => ({ name, bytes, kind: 'exact' as const }));
}

function cacheBytes({ history }: MemoryLayout, layerCount: number, parts: readonly CachePart[]): number {
  const names = new Set<string>();
  for (let layer = 0; layer < layerCount; layer++) for (const part of parts) names.add(kvBufferName(layer, part));
  return history.placements.filter(({ name }) => names.has(name)).reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** What the platforms have to say about a total, where they do. */
function ceilingNotes(totalBytes: number): string[] {
  if (totalBytes > MAX_MEMORY_BYTES) {
    return ['more than 4 GiB: one ArrayBuffer on Node 20 and one wasm32 memory anywhere hold no more'];
  }
  return totalBytes > SURE_TAB_BYTES ? ['a browser tab may refuse this much'] : [];
}
