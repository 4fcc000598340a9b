/** A build at work on a memory: one instance per thread. */

/** What the engine calls. All numbers are addresses in the memory, as unsigned 32-bit integers, or counts. */
export interface KernelExports {
  /** Runs operations [first, end) as thread `thread`; the operation to go on with. */
  run(control: number, thread: number, first: number, end: number): number;
  /** Serves runs until the control block says quit. Blocks: for worker threads. */
  serve(control: number, thread: number): void;
  /** Index of the highest logit, the lowest among equals; -1 where all are NaN. */
  argmax(logits: number, count: number): number;
  /** Indices of the `k` highest logits, u32 [k] at `heap` in no order, NaN passed over; gives how many there are. */
  topK(logits: number, count: number, k: number, heap: number): number;
  /** See `assembly/probe.ts`. */
  probeDots(a: number, b: number, c: number, out: number): void;
  /** First byte behind the constants of the build. */
  readonly dataEnd: WebAssembly.Global;
}

/** What a thread's owner provides. */
export interface KernelHost {
  /** Called by thread 0 of a pool when a run is over; `next` is the operation it stopped before. */
  finished?(next: number): void;
}

/** Instantiates a build over a memory. */
export function instantiateKernels(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  host: KernelHost = {},
): KernelExports {
  const env = { memory, now: () => performance.now(), finished: host.finished ?? (() => {}) };
  return new WebAssembly.Instance(module, { env }).exports as unknown as KernelExports;
}
