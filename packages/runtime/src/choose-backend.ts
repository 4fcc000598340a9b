/** Decides what a model runs on before anything is allocated. */
import type { Checkpoint } from '@mirust/checkpoint';
import { encodedSize, formatEncoding } from '@mirust/core';
import { type CompiledKernels, compileKernels, physicalCores, storageKind } from '@mirust/kernels';
import { tapeEncoding } from '@mirust/model';
import { runtimeError } from './errors.ts';
import type { LoadOptions } from './load.ts';

/** What a model runs on. */
export interface BackendChoice {
  /** Absent: the reference backend. */
  readonly kernels?: CompiledKernels;
  readonly threads: number;
  readonly memory: 'plain' | 'wasm' | 'wasm-shared';
}

const REFERENCE: BackendChoice = { threads: 1, memory: 'plain' };

/** Weights from which more than one thread are worth their barriers, unasked. */
const MIN_BYTES_FOR_THREADS = 8 * 2 ** 20;

/** Chooses. Throws `RUNTIME_BACKEND`, `RUNTIME_DTYPE` and `RUNTIME_THREADS` for what was asked for and cannot be. */
export async function chooseBackend(checkpoint: Checkpoint, options: LoadOptions): Promise<BackendChoice> {
  const { backend = 'auto', kernels: variant } = options;
  if (backend === 'reference') return REFERENCE;
  const stranger = [...checkpoint.tensors.values()].find(
    ({ encoding, shape }) => storageKind(tapeEncoding(encoding, shape)) === undefined,
  );
  if (stranger !== undefined) {
    if (backend === 'auto') return REFERENCE;
    const message = `the kernels do not read tensor ${stranger.name}, stored as ${formatEncoding(stranger.encoding)}`;
    throw runtimeError('RUNTIME_DTYPE', message, { tensor: stranger.name });
  }
  const threads = chooseThreads(checkpoint, options);
  const shared = threads > 1;
  const kernels = await compileKernels({ shared, ...(variant === undefined ? {} : { variant }) });
  if (kernels !== undefined) return { kernels, threads, memory: shared ? 'wasm-shared' : 'wasm' };
  if (backend === 'auto') return REFERENCE;
  const what = variant === undefined ? 'WebAssembly with SIMD' : `the build "${variant}" of the kernels`;
  throw runtimeError('RUNTIME_BACKEND', `this platform does not run ${what}`);
}

/** Threads that the WebAssembly backend is to have; 1 for the reference backend. Throws `RUNTIME_THREADS`. */
export function chooseThreads(checkpoint: Checkpoint, { backend, threads: asked }: LoadOptions): number {
  if (backend === 'reference') return 1;
  const hasSharedMemory = typeof SharedArrayBuffer !== 'undefined';
  if (asked !== undefined) {
    if (asked > 1 && !hasSharedMemory) {
      throw runtimeError('RUNTIME_THREADS', `${asked} threads need shared memory, which this platform does not grant`);
    }
    return asked;
  }
  return hasSharedMemory && weightBytes(checkpoint) >= MIN_BYTES_FOR_THREADS ? physicalCores() : 1;
}

function weightBytes(checkpoint: Checkpoint): number {
  let bytes = 0;
  for (const { encoding, shape } of checkpoint.tensors.values()) bytes += encodedSize(encoding, shape).payloadBytes;
  return bytes;
}
