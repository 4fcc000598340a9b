/** Writes the lowered program as the table that the kernels execute. */
import { rowCount, rowLength } from '@mirust/core';
import { storageKind, table } from '@mirust/kernels';
import {
  ATTENTION_PARTIALS,
  attentionSegments,
  ENGINE,
  type Hyperparameters,
  type KvType,
  kvBufferName,
  type LoweredOperation,
  type MemoryLayout,
  paddedColumns,
  type ScheduledOperation,
} from '@mirust/model';
import type { StoredTensor } from '@mirust/quant';
import type { ModelMemory } from '../memory.ts';
import { type LoadedWeights, weightOf } from '../weights.ts';

const KV_KINDS: Readonly<Record<KvType, number>> = { f32: table.KV_F32, f16: table.KV_F16, q8: table.KV_Q8 };

/** What the table is made from. */
export interface TableContext {
  readonly hyperparameters: Hyperparameters;
  readonly layout: MemoryLayout;
  readonly memory: ModelMemory;
  readonly weights: LoadedWeights;
}

/** Fills the operation table and the control block. */
export function writeTable(context: TableContext): void {
  const { layout, memory } = context;
  const { operations, buffers } = layout.program;
  const records = memory.engine(ENGINE.operations);
  const ofLogits = new Set(buffers.filter(({ rows }) => rows === 'logits').map(({ name }) => name));
  operations.forEach((scheduled, index) => {
    const view = new DataView(records.buffer, records.byteOffset + index * table.RECORD_BYTES, table.RECORD_BYTES);
    writeRecord(view, scheduled, operations[index - 1], ofLogits, context);
  });
  const control = controlView(memory);
  const workspace = memory.engine(ENGINE.workspace);
  control.setUint32(table.THREADS, layout.options.threads, true);
  control.setUint32(table.TABLE, records.byteOffset, true);
  control.setUint32(table.OPERATIONS, operations.length, true);
  control.setUint32(table.WORKSPACE, workspace.byteOffset, true);
  control.setUint32(table.WORKSPACE_BYTES, workspace.byteLength / layout.options.threads, true);
}

/** The control block. */
export function controlView(memory: ModelMemory): DataView {
  const { buffer, byteOffset, byteLength } = memory.engine(ENGINE.control);
  return new DataView(buffer, byteOffset, byteLength);
}

function writeRecord(
  view: DataView,
  { operation, step }: ScheduledOperation,
  before: ScheduledOperation | undefined,
  ofLogits: ReadonlySet<string>,
  context: TableContext,
): void {
  const barrier = before !== undefined && before.step !== step ? table.BARRIER_BEFORE : 0;
  const output = 'output' in operation ? operation.output : '';
  const [kind, fields] = record(operation, context);
  view.setUint32(0, kind, true);
  view.setUint32(4, barrier | (ofLogits.has(output) ? table.LOGITS_ROWS : 0), true);
  for (const [index, value] of fields.entries()) view.setUint32(8 + 4 * index, value, true);
  if (operation.kind === 'rms-norm') view.setFloat64(32, operation.epsilon, true);
  if (operation.kind === 'attention' || operation.kind === 'attention-merge') {
    view.setFloat32(64, 1 / Math.sqrt(context.hyperparameters.headDim), true);
  }
}

/** Kind and u32 fields of a record; `table.ts` of the kernels says which. */
function record(operation: LoweredOperation, context: TableContext): readonly [number, readonly number[]] {
  const { hyperparameters: h, layout, memory, weights } = context;
  const at = (name: string): number => memory.scratch(name).byteOffset;
  const columns = (name: string): number =>
    layout.program.buffers.find((buffer) => buffer.name === name)?.rowElements ?? 0;
  switch (operation.kind) {
    case 'embedding': {
      const { kind, tensor, rowBytes, scales, block } = stored(weightOf(weights, operation.weight));
      const row = rowLength(tensor.shape);
      const fields = [kind, tensor.payload.byteOffset, row, rowBytes, at(operation.tokens), at(operation.output)];
      return [table.EMBEDDING, [...fields, scales, block]];
    }
    case 'rope-angles':
      return [table.ROPE_ANGLES, [memory.engine(ENGINE.frequencies).byteOffset, h.headDim / 2, at(operation.output)]];
    case 'rms-norm': {
      const { kind, tensor, rowBytes, scales, block } = stored(weightOf(weights, operation.weight));
      const row = rowLength(tensor.shape);
      const fields = [at(operation.input), kind, tensor.payload.byteOffset, rowBytes, at(operation.output), row];
      // Bytes 32 to 39 are epsilon's.
      return [table.RMS_NORM, [...fields, 0, 0, scales, block]];
    }
    case 'quantize':
      return [table.QUANTIZE, [at(operation.input), at(operation.output), columns(operation.input)]];
    case 'matmul':
      return matmul(operation, stored(weightOf(weights, operation.weight)), at);
    case 'rope':
      return [table.ROPE, [at(operation.buffer), columns(operation.buffer), at(operation.angles), h.headDim]];
    case 'swiglu':
      return [table.SWIGLU, [at(operation.gate), at(operation.up), at(operation.output), columns(operation.output)]];
    case 'add':
      return [table.ADD, [at(operation.target), at(operation.input), columns(operation.target)]];
    case 'select-rows':
      return [table.SELECT_ROWS, [at(operation.input), at(operation.output), columns(operation.output)]];
    case 'kv-append': {
      const { key, value, layer } = operation;
      const fields = [KV_KINDS[layout.options.kvType], at(key), at(value), columns(key), h.headDim, layout.kvCapacity];
      return [table.KV_APPEND, [...fields, ...cachePlaces(layer, context)]];
    }
    case 'attention':
    case 'attention-merge': {
      const query = operation.kind === 'attention' ? at(operation.query) : 0;
      const shape = [KV_KINDS[layout.options.kvType], h.headDim, h.kvHeadCount, h.headCount / h.kvHeadCount];
      const places = cachePlaces(operation.layer, context);
      const fields = [
        query,
        at(operation.output),
        at(ATTENTION_PARTIALS),
        attentionSegments(h, layout.options.context),
      ];
      const kind = operation.kind === 'attention' ? table.ATTENTION : table.ATTENTION_MERGE;
      return [kind, [...fields, ...shape, layout.kvCapacity, h.slidingWindow ?? 0, ...places]];
    }
  }
}

/** Keys, their scales, values, their scales; 0 where the type has no scales. */
function cachePlaces(layer: number, { layout, memory }: TableContext): number[] {
  const place = (part: Parameters<typeof kvBufferName>[1]): number =>
    memory.history(kvBufferName(layer, part)).byteOffset;
  const scaled = layout.options.kvType === 'q8';
  return [place('key'), scaled ? place('key.scale') : 0, place('value'), scaled ? place('value.scale') : 0];
}

interface StoredFields {
  readonly kind: number;
  readonly tensor: StoredTensor;
  readonly rowBytes: number;
  readonly scales: number;
  readonly block: number;
}

/** A tensor as the kernels find it. */
function stored(tensor: StoredTensor): StoredFields {
  const kind = storageKind(tensor.encoding);
  if (kind === undefined) throw new RangeError(`no kernel reads ${tensor.name}`);
  return {
    kind,
    tensor,
    rowBytes: tensor.encoding.layout === 'interleaved' ? 0 : tensor.payload.byteLength / rowCount(tensor.shape),
    scales: tensor.scales.byteOffset,
    block: tensor.encoding.blockSize,
  };
}

function matmul(
  { input, codes, output }: Extract<LoweredOperation, { readonly kind: 'matmul' }>,
  { kind, tensor, rowBytes, scales, block }: StoredFields,
  at: (name: string) => number,
): readonly [number, readonly number[]] {
  const rows = rowCount(tensor.shape);
  const row = rowLength(tensor.shape);
  const weight = tensor.payload.byteOffset;
  if (tensor.encoding.layout === 'interleaved') {
    return [table.MATMUL_PANELS, [kind, weight, rows, paddedColumns(row), at(codes ?? input), at(output)]];
  }
  return [table.MATMUL_ROWS, [kind, weight, rows, row, at(input), at(output), rowBytes, scales, block]];
}
