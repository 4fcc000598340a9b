/**
 * Loads a checkpoint into memory, as a transaction: either the whole model is there, or nothing is and everything
 * taken has been given back. Bytes go from the source straight into the weight tape; formats that carry digests are
 * verified on these very bytes, not on an earlier reading of the file.
 */
import { type Checkpoint, type CheckpointTensor, layoutCheckpoint } from '@mirust/checkpoint';
import {
  encodedSize,
  formatEncoding,
  PANEL_ROWS,
  type ReadOptions,
  rowCount,
  rowLength,
  rowOffsets,
} from '@mirust/core';
import { type LayoutRequest, scalesName, tapeEncoding } from '@mirust/model';
import { canDecode, interleaveRows, type MatrixShape, type StoredTensor } from '@mirust/quant';
import { createTokenizer, type Tokenizer } from '@mirust/tokenizer';
import { createModel } from './create-model.ts';
import { runtimeError } from './errors.ts';
import { allocateMemory, type ModelMemory } from './memory.ts';
import type { Model } from './model.ts';
import { createProfile } from './profile.ts';
import { createReferenceBackend } from './reference/index.ts';
import type { LoadedWeights } from './weights.ts';

/** Which backend runs the program. `wasm` is not in this version and is refused by name. */
export type BackendName = 'auto' | 'reference' | 'wasm';

/** How to load. */
export interface LoadOptions extends LayoutRequest {
  readonly backend?: BackendName;
  /** Measures time per kind of operation. Default false. */
  readonly profile?: boolean;
  /** Makes views of cleared tapes throw. Default false. */
  readonly debug?: boolean;
  readonly signal?: AbortSignal;
  /** Called as bytes arrive. */
  readonly onProgress?: (loadedBytes: number, totalBytes: number) => void;
}

/** Bytes read at once while loading: large enough to keep a disk busy, small enough to abort promptly. */
const READ_BYTES = 4 * 2 ** 20;

/**
 * Loads a model. The checkpoint may be closed afterwards.
 *
 * Throws `MODEL_CONTEXT`, `RUNTIME_DTYPE`, `RUNTIME_BACKEND`, `RUNTIME_MEMORY`, whatever reading and
 * verifying throw, and the signal's reason.
 */
export async function loadModel(checkpoint: Checkpoint, options: LoadOptions = {}): Promise<Model> {
  const started = performance.now();
  if (options.backend === 'wasm') {
    throw runtimeError('RUNTIME_BACKEND', 'this version has no WebAssembly backend; the reference backend is there');
  }
  // Everything that can be refused without reading a weight is refused first.
  const layout = layoutCheckpoint(checkpoint, options);
  for (const tensor of checkpoint.tensors.values()) refuseUnknownType(tensor);
  const tokenizer = await openTokenizer(checkpoint, options);
  const memory = allocateMemory(layout, { debug: options.debug ?? false });
  const weights = await readWeights(checkpoint, memory, options);
  const profile = options.profile === true ? createProfile() : undefined;
  const backend = createReferenceBackend({
    model: checkpoint.model,
    layout,
    memory,
    weights,
    ...(profile === undefined ? {} : { profile }),
  });
  return createModel({
    artifact: { format: checkpoint.format, rootDigest: checkpoint.rootDigest },
    facts: checkpoint.facts,
    description: checkpoint.model,
    layout,
    memory,
    backend,
    tokenizer,
    profile,
    loadMilliseconds: performance.now() - started,
  });
}

function refuseUnknownType(tensor: CheckpointTensor): void {
  if (canDecode(tensor.encoding.dtype)) return;
  throw runtimeError('RUNTIME_DTYPE', `tensor ${tensor.name} is stored as ${formatEncoding(tensor.encoding)}`, {
    tensor: tensor.name,
  });
}

async function openTokenizer(checkpoint: Checkpoint, { signal }: LoadOptions): Promise<Tokenizer | undefined> {
  const imported = await checkpoint.readTokenizer(signal === undefined ? {} : { signal });
  return imported === undefined ? undefined : createTokenizer(imported.model);
}

async function readWeights(checkpoint: Checkpoint, memory: ModelMemory, options: LoadOptions): Promise<LoadedWeights> {
  const weights = new Map<string, StoredTensor>();
  let totalBytes = 0;
  for (const [name, { encoding: stored, shape }] of checkpoint.tensors) {
    const encoding = tapeEncoding(stored, shape);
    const payload = memory.weight(name);
    const hasScales = encodedSize(encoding, shape, { tensor: name }).scaleBytes > 0;
    const scales = hasScales ? memory.weight(scalesName(name)) : new Uint8Array(0);
    weights.set(name, { name, encoding, shape, payload, scales });
    totalBytes += payload.byteLength + scales.byteLength;
  }
  let loadedBytes = 0;
  for (const [name, tensor] of checkpoint.tensors) {
    const target = weights.get(name) as StoredTensor;
    const rows = rowCount(tensor.shape);
    const rowsPerRead = panelsPerRead(target) * PANEL_ROWS;
    for (let row = 0; row < rows; row += rowsPerRead) {
      options.signal?.throwIfAborted();
      const part = rowsOf(target, row, Math.min(rows, row + rowsPerRead));
      await readPart(tensor, row, part, options.signal === undefined ? {} : { signal: options.signal });
      loadedBytes += part.payload.byteLength + part.scales.byteLength;
      options.onProgress?.(loadedBytes, totalBytes);
    }
  }
  return weights;
}

/** How many runs of 8 rows are read at once, whatever the layout: at least one. */
function panelsPerRead({ shape, payload, scales }: StoredTensor): number {
  const panelBytes = ((payload.byteLength + scales.byteLength) * PANEL_ROWS) / rowCount(shape);
  return Math.max(1, Math.floor(READ_BYTES / panelBytes));
}

/** Rows `first` to `end` (exclusive) of a tensor, as a matrix over the same memory. */
function rowsOf(tensor: StoredTensor, first: number, end: number): StoredTensor & { readonly shape: MatrixShape } {
  const from = rowOffsets(tensor, first);
  const to = rowOffsets(tensor, end);
  return {
    ...tensor,
    shape: [end - first, rowLength(tensor.shape)],
    payload: tensor.payload.subarray(from.payloadOffset, to.payloadOffset),
    scales: tensor.scales.subarray(from.scaleOffset, to.scaleOffset),
  };
}

/** Reads rows into their part of the tape: straight where the source has them in its layout, else by way of a tile. */
async function readPart(
  source: CheckpointTensor,
  firstRow: number,
  { encoding, shape, payload, scales }: ReturnType<typeof rowsOf>,
  options: ReadOptions,
): Promise<void> {
  const [count] = shape;
  if (source.encoding.layout === encoding.layout) {
    await source.readRows(firstRow, count, payload, scales, options);
    return;
  }
  const size = encodedSize(source.encoding, shape, { tensor: source.name });
  const tile = { payload: new Uint8Array(size.payloadBytes), scales: new Uint8Array(size.scaleBytes) };
  await source.readRows(firstRow, count, tile.payload, tile.scales, options);
  interleaveRows(source.encoding, shape, tile, payload);
}
