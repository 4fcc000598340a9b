/**
 * Loads a checkpoint into memory, as a transaction: either the whole model is there, or nothing is and everything
 * taken has been given back. Bytes go from the source straight into the weight tape; formats that carry digests are
 * verified on these very bytes, not on an earlier reading of the file.
 */
import { type Checkpoint, type CheckpointTensor, layoutCheckpoint } from '@mirust/checkpoint';
import { formatEncoding, rowCount } from '@mirust/core';
import { type LayoutRequest, scalesName } from '@mirust/model';
import { canDecode, type StoredTensor } from '@mirust/quant';
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
  const empty = new Uint8Array(0);
  let totalBytes = 0;
  for (const [name, tensor] of checkpoint.tensors) {
    const payload = memory.weight(name);
    const scaled = tensor.encoding.dtype === 'q8' || tensor.encoding.dtype === 'q4';
    const scales = scaled ? memory.weight(scalesName(name)) : empty;
    weights.set(name, { name, encoding: tensor.encoding, shape: tensor.shape, payload, scales });
    totalBytes += payload.byteLength + scales.byteLength;
  }
  let loadedBytes = 0;
  for (const [name, tensor] of checkpoint.tensors) {
    const { payload, scales } = weights.get(name) as StoredTensor;
    const rows = rowCount(tensor.shape);
    const payloadRow = payload.byteLength / rows;
    const scalesRow = scales.byteLength / rows;
    const rowsPerRead = Math.max(1, Math.floor(READ_BYTES / (payloadRow + scalesRow)));
    for (let row = 0; row < rows; row += rowsPerRead) {
      options.signal?.throwIfAborted();
      const end = Math.min(rows, row + rowsPerRead);
      const payloadPart = payload.subarray(row * payloadRow, end * payloadRow);
      const scalesPart = scales.subarray(row * scalesRow, end * scalesRow);
      const readOptions = options.signal === undefined ? {} : { signal: options.signal };
      await tensor.readRows(row, end - row, payloadPart, scalesPart, readOptions);
      loadedBytes += payloadPart.byteLength + scalesPart.byteLength;
      options.onProgress?.(loadedBytes, totalBytes);
    }
  }
  return weights;
}
