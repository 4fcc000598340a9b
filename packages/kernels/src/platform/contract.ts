/** What a platform provides for kernels: compiling, threads, and how many cores there are. `#platform` picks one. */

/**
 * Compiles a module that needs relaxed SIMD; undefined where the engine does not have it. The caller tests the result:
 * having the instruction does not mean having it right.
 */
export declare function compileRelaxed(bytes: Uint8Array<ArrayBuffer>): Promise<WebAssembly.Module | undefined>;

/** What a thread of the pool is started with. */
export interface ThreadStart {
  readonly module: WebAssembly.Module;
  /** Shared. */
  readonly memory: WebAssembly.Memory;
  /** Address of the control block. */
  readonly control: number;
  /** 0 to the number of threads - 1. */
  readonly thread: number;
}

/** What a thread tells its owner. */
export interface ThreadEvents {
  /** The thread waits for runs. */
  onReady(): void;
  /** Thread 0: a run is over; `next` is the operation it stopped before. */
  onFinished(next: number): void;
  /** The thread is gone without having been asked to go: a trap, or a worker that could not start. */
  onFailure(cause: unknown): void;
}

/** A running thread. */
export interface EngineThread {
  /** Ends it, whatever it is doing; resolves when it is gone, as far as the platform tells. Never rejects. */
  terminate(): Promise<void>;
  /** Whether the thread keeps the process alive. Meaningful in Node; a thread that waits for a run should not. */
  keepAlive(alive: boolean): void;
}

/** Starts a thread that serves runs (`serve` of the kernels). */
export declare function startThread(start: ThreadStart, events: ThreadEvents): EngineThread;

/** Cores that compute for themselves, as far as the platform tells: at least 1. Two threads of one core share its vectors. */
export declare function physicalCores(): number;
