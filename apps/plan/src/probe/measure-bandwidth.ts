/**
 * How fast the engine's own kernel reads memory: the matrix of f32 is multiplied by a vector, as decoding does with every
 * weight of a model, on the threads that would do it. It is far larger than any cache, and one multiplication for four
 * bytes is less work than the bytes are, so memory is what takes the time.
 */
import { compileKernels, type EngineThread, startThread, table } from '@mirust/kernels';

/** Far larger than any cache, all threads together. */
const MATRIX_BYTES = 256 * 2 ** 20;
const COLUMNS = 4096;
const ROWS = MATRIX_BYTES / (4 * COLUMNS);
/** Passes that count, after one that does not: threads have to wake, and code to be replaced by better code. */
const MOST_PASSES = 12;
const LEAST_PASSES = 3;
/** No more passes after so long: on a busy machine a few have to do. */
const MOST_MILLISECONDS = 1000;
const PAGE_BYTES = 2 ** 16;

/** Where things lie, in the first page after the kernels' constants; the matrix begins with the next page but one. */
const CONTROL = 16_384;
const RECORD = CONTROL + table.CONTROL_BYTES;
const INPUT = 32_768;
const OUTPUT = PAGE_BYTES;
const WORKSPACE = OUTPUT + 4 * ROWS;
const WORKSPACE_BYTES = 4 * COLUMNS;

/** One number of threads. */
export interface Bandwidth {
  readonly threads: number;
  /** The best of several passes: what others do on the machine only ever slows one down. */
  readonly bytesPerSecond: number;
  /** Of every pass, in their order. */
  readonly passes: readonly number[];
}

/**
 * Measures for each number of threads. Undefined where the platform has no WebAssembly with SIMD or no shared memory;
 * throws the signal's reason, and Error where a thread fails.
 */
export async function measureBandwidth(
  threadCounts: readonly number[],
  signal: AbortSignal,
): Promise<Bandwidth[] | undefined> {
  const kernels = await compileKernels({ shared: true });
  if (kernels === undefined) return undefined;
  const most = Math.max(...threadCounts);
  const start = Math.ceil((WORKSPACE + most * WORKSPACE_BYTES) / PAGE_BYTES) * PAGE_BYTES;
  const pages = (start + MATRIX_BYTES) / PAGE_BYTES;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  // Written, or every page would be the one zero page, which the cache holds.
  const matrix = new Float32Array(memory.buffer, start, MATRIX_BYTES / 4);
  for (let index = 0; index < matrix.length; index++) matrix[index] = index & 1023;
  const rates: Bandwidth[] = [];
  for (const threads of threadCounts) {
    signal.throwIfAborted();
    const passes = await withThreads(kernels.module, memory, threads, start, signal);
    rates.push({ threads, bytesPerSecond: Math.max(...passes), passes });
  }
  return rates;
}

/** The rates of all passes of one pool, in bytes per second. */
async function withThreads(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  threads: number,
  matrix: number,
  signal: AbortSignal,
): Promise<number[]> {
  writeProgram(memory, threads, matrix);
  const pool: EngineThread[] = [];
  let finished: () => void = () => {};
  let failed: (cause: unknown) => void = () => {};
  try {
    await Promise.all(
      Array.from({ length: threads }, (_, thread) => {
        return new Promise<void>((onReady, onFailure) => {
          const events = {
            onReady,
            onFinished: () => finished(),
            onFailure(cause: unknown) {
              onFailure(cause);
              failed(cause);
            },
          };
          pool.push(startThread({ module, memory, control: CONTROL, thread }, events));
        });
      }),
    );
    const words = new Int32Array(memory.buffer);
    const rates: number[] = [];
    const end = performance.now() + MOST_MILLISECONDS;
    for (let pass = 0; pass <= MOST_PASSES; pass++) {
      if (pass > LEAST_PASSES && performance.now() > end) break;
      signal.throwIfAborted();
      const started = performance.now();
      await new Promise<void>((resolve, reject) => {
        [finished, failed] = [resolve, reject];
        Atomics.add(words, (CONTROL + table.EPOCH) / 4, 1);
        Atomics.notify(words, (CONTROL + table.EPOCH) / 4);
      });
      if (pass > 0) rates.push(Math.round(MATRIX_BYTES / ((performance.now() - started) / 1000)));
    }
    return rates;
  } finally {
    for (const thread of pool) thread.terminate();
  }
}

/** A table of one operation, and a control block that asks for one token. */
function writeProgram(memory: WebAssembly.Memory, threads: number, matrix: number): void {
  const record = new DataView(memory.buffer, RECORD, table.RECORD_BYTES);
  const fields = [table.KIND_F32, matrix, ROWS, COLUMNS, INPUT, OUTPUT, 4 * COLUMNS, 0, 0];
  record.setUint32(0, table.MATMUL_ROWS, true);
  fields.forEach((value, index) => {
    record.setUint32(8 + 4 * index, value, true);
  });
  new Float32Array(memory.buffer, INPUT, COLUMNS).fill(1);
  new Uint8Array(memory.buffer, CONTROL, table.CONTROL_BYTES).fill(0);
  const control = new DataView(memory.buffer, CONTROL, table.CONTROL_BYTES);
  for (const [offset, value] of [
    [table.RUN_TOKENS, 1],
    [table.RUN_LOGITS_ROWS, 1],
    [table.THREADS, threads],
    [table.TABLE, RECORD],
    [table.OPERATIONS, 1],
    [table.WORKSPACE, WORKSPACE],
    [table.WORKSPACE_BYTES, WORKSPACE_BYTES],
  ] as const) {
    control.setUint32(offset, value, true);
  }
}
