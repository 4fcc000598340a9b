/**
 * Loads a checkpoint into memory, as a transaction: either the whole model is there, or nothing is and everything
 * taken has been given back.
 */
import { type Checkpoint, type CheckpointTensor, layoutCheckpoint } from '@mirust/checkpoint';
import { formatEncoding, type Holding, isMirustError, type Ledger, yieldToEventLoop } from '@mirust/core';
import { type DigestPool, startDigestPool } from '@mirust/integrity';
import { type KernelVariant, physicalCores } from '@mirust/kernels';
import type { LayoutRequest } from '@mirust/model';
import { canDecode } from '@mirust/quant';
import { createTokenizer, type Tokenizer, type TokenizerModel } from '@mirust/tokenizer';
import type { Backend, BackendContext } from './backend.ts';
import { type BackendChoice, chooseBackend, chooseThreads } from './choose-backend.ts';
import { createModel } from './create-model.ts';
import { runtimeError } from './errors.ts';
import { allocateMemory, type ModelMemory } from './memory.ts';
import type { Model } from './model.ts';
import { createProfile } from './profile.ts';
import { type ReadWeights, readWeights, tapeOrderedImage } from './read-weights.ts';
import { createReferenceBackend } from './reference/index.ts';
import { together } from './together.ts';
import { createWasmBackend } from './wasm/backend.ts';
import { type Engine, startEngine } from './wasm/engine.ts';

/** Which backend runs the program. `auto`: WebAssembly where the platform has it with SIMD, else the reference. */
export type BackendName = 'auto' | 'reference' | 'wasm';

/** How to load. */
export interface LoadOptions extends LayoutRequest {
  /** Default auto. */
  readonly backend?: BackendName;
  /** Build of the kernels: for tests and measurements. Default: the fastest one that the engine gets right. */
  readonly kernels?: KernelVariant;
  /**
   * Threads of the WebAssembly backend. More than one need shared memory: Node, or a page that is isolated from other
   * origins. Default: as many as there are physical cores, where shared memory is there and the model is not small; else 1.
   */
  readonly threads?: number;
  /** Measures time per kind of operation from the start; see `Model.setProfiling`. Default false. */
  readonly profile?: boolean;
  /** Makes views of cleared tapes throw: those of a freed model are. Default false. */
  readonly debug?: boolean;
  /**
   * Gets whatever is taken, until it is given back: to look for leaks, see `@mirust/runtime/leaks`. `openCheckpoint` has the
   * same option, for files. Default: nothing is recorded.
   */
  readonly ledger?: Ledger;
  /**
   * Is asked before a weight is read, and throws where the model may not be used: `admissionGate` of `@mirust/admission` makes
   * one of a policy. Only a checkpoint whose bytes cannot change unnoticed (`isPinned`) is judged. Default: none.
   */
  readonly admission?: (checkpoint: Checkpoint, signal?: AbortSignal) => Promise<void>;
  readonly signal?: AbortSignal;
  /** Called as bytes arrive. */
  readonly onProgress?: (loadedBytes: number, totalBytes: number) => void;
}

/**
 * Loads a model. The checkpoint may be closed afterwards.
 *
 * Throws `MODEL_CONTEXT`, what the gate throws, `RUNTIME_UNPINNED`, `RUNTIME_DTYPE`, `RUNTIME_BACKEND`, `RUNTIME_THREADS`, `RUNTIME_WASM_CEILING`,
 * `RUNTIME_MEMORY`, whatever reading and verifying throw, and the signal's reason.
 */
export async function loadModel(checkpoint: Checkpoint, options: LoadOptions = {}): Promise<Model> {
  await askGate(checkpoint, options);
  try {
    return await load(checkpoint, options);
  } catch (error) {
    // Shared memory promises no threads: a page may be forbidden to start them. Who did not ask for them does without.
    if (options.threads !== undefined || !isMirustError(error, 'RUNTIME_THREADS')) throw error;
    return load(checkpoint, { ...options, threads: 1 });
  }
}

async function askGate(checkpoint: Checkpoint, { admission, signal }: LoadOptions): Promise<void> {
  if (admission === undefined) return;
  if (!checkpoint.isPinned) {
    const message = `nothing holds a ${checkpoint.format} model to the bytes that the gate looks at`;
    throw runtimeError('RUNTIME_UNPINNED', message);
  }
  await admission(checkpoint, signal);
}

async function load(checkpoint: Checkpoint, options: LoadOptions): Promise<Model> {
  const started = performance.now();
  // Everything that can be refused without reading a weight is refused first.
  for (const tensor of checkpoint.tensors.values()) refuseUnknownType(tensor);
  const { ledger } = options;
  const pool = startPool(checkpoint, options);
  let engine: Engine | undefined;
  let memory: ModelMemory | undefined;
  let tables: Holding | undefined;
  try {
    const choice = await chooseBackend(checkpoint, options);
    const layout = layoutCheckpoint(checkpoint, { ...options, threads: choice.threads });
    const allocated = allocateMemory(layout, { kind: choice.memory, debug: options.debug ?? false, ledger });
    memory = allocated;
    const start = async (): Promise<void> => {
      if (choice.kernels !== undefined) engine = await startEngine(choice.kernels, allocated, layout, ledger);
    };
    // Threads that hash and threads that compute take megabytes each, so they are not there at the same time.
    if (pool === undefined) await start();
    const { tokenizer, weights, times } = await readAll(checkpoint, allocated, pool, options);
    tables = tokenizer === undefined ? undefined : takeTables(tokenizer, ledger);
    if (pool !== undefined) await Promise.all([start(), pool.close()]);
    const profile = createProfile(options.profile ?? false);
    const backend = createBackend(choice, engine, {
      model: checkpoint.model,
      layout,
      memory: allocated,
      weights,
      profile,
    });
    return createModel({
      artifact: { format: checkpoint.format, rootDigest: checkpoint.rootDigest },
      facts: checkpoint.facts,
      description: checkpoint.model,
      layout,
      memory: allocated,
      backend,
      tokenizer,
      tables,
      ledger,
      profile,
      loadMilliseconds: performance.now() - started,
      loadTimes: times,
    });
  } catch (error) {
    engine?.close();
    memory?.release();
    tables?.release();
    throw error;
  } finally {
    await pool?.close();
  }
}

/** Images from which threads that hash are worth their start: the caller's thread hashes about as much meanwhile. */
const MIN_BYTES_FOR_POOL = 64 * 2 ** 20;

/** The threads that will hash while weights are read, if there are to be any: they take a while to start. */
function startPool(checkpoint: Checkpoint, options: LoadOptions): DigestPool | undefined {
  const image = tapeOrderedImage(checkpoint);
  if (image === undefined || image.byteLength < MIN_BYTES_FOR_POOL) return undefined;
  const threads = chooseThreads(checkpoint, options);
  return threads > 1 ? startDigestPool(Math.min(threads, physicalCores()), options.ledger) : undefined;
}

/** Tokenizer and weights. Throws what reading one of them throws, and then nothing is being read any more. */
async function readAll(
  checkpoint: Checkpoint,
  memory: ModelMemory,
  pool: DigestPool | undefined,
  options: LoadOptions,
): Promise<ReadWeights & { readonly tokenizer: Tokenizer | undefined }> {
  if (pool === undefined) {
    const tokenizer = await openTokenizer(checkpoint, options.signal);
    return { tokenizer, ...(await readWeights(checkpoint, memory, options)) };
  }
  // While threads read the weights, the caller's has the time.
  const [read, tokenizer] = await together(
    (signal) => readWeights(checkpoint, memory, { ...options, signal, pool }),
    async (signal) => {
      await pool.started;
      // They have to be given something to do first: making a tokenizer takes the thread for a while.
      await yieldToEventLoop();
      return openTokenizer(checkpoint, signal);
    },
    options.signal,
  );
  return { tokenizer, ...read };
}

/** Books the tables of a tokenizer, as far as they are arrays: what it makes of them has no size that anybody knows. */
function takeTables(tokenizer: Tokenizer, ledger: Ledger | undefined): Holding | undefined {
  if (ledger === undefined) return undefined;
  const { tokens, types, scores, merges }: TokenizerModel = tokenizer.model;
  const arrays = [tokens.offsets, tokens.bytes, types, merges, ...(scores === undefined ? [] : [scores])];
  const bytes = arrays.reduce((sum, { byteLength }) => sum + byteLength, 0);
  return ledger.take({ name: 'tokenizer', kind: 'table', bytes, object: tokenizer });
}

function createBackend({ kernels }: BackendChoice, engine: Engine | undefined, context: BackendContext): Backend {
  if (kernels === undefined || engine === undefined) return createReferenceBackend(context);
  return createWasmBackend(context, engine, kernels.variant);
}

function refuseUnknownType(tensor: CheckpointTensor): void {
  if (canDecode(tensor.encoding.dtype)) return;
  throw runtimeError('RUNTIME_DTYPE', `tensor ${tensor.name} is stored as ${formatEncoding(tensor.encoding)}`, {
    tensor: tensor.name,
  });
}

async function openTokenizer(checkpoint: Checkpoint, signal: AbortSignal | undefined): Promise<Tokenizer | undefined> {
  const imported = await checkpoint.readTokenizer(signal === undefined ? {} : { signal });
  return imported === undefined ? undefined : createTokenizer(imported.model);
}
