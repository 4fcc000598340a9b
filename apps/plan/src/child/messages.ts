/** What the planner asks of a child process, and what the child says: structured clones over the channel that Node opens. */
import type { ErrorClass, ErrorContext } from '@mirust/core';
import type { LayoutRequest } from '@mirust/model';

/** What the child is to do; in both cases it has imported the runtime. */
export type ChildRequest =
  /** Nothing: what a process holds before any model is opened. */
  | { readonly kind: 'host' }
  /** Load a model, and touch every byte that it works on. */
  | { readonly kind: 'model'; readonly path: string; readonly options: LayoutRequest };

/** Memory of the child, in bytes; see `process-memory.ts`. */
export interface ProcessMemory {
  readonly rssBytes: number;
  /** The most that RSS has been since the process started, or since the peak was restarted. */
  readonly peakRssBytes: number;
  /** Live JavaScript objects, after a collection. */
  readonly heapUsedBytes: number;
  /** Memory of the heap, used or not. */
  readonly heapTotalBytes: number;
  /** Bytes outside of the heap that objects keep, ArrayBuffers among them; a WebAssembly memory counts unless shared. */
  readonly externalBytes: number;
  readonly arrayBuffersBytes: number;
}

/** One tape of the model, as the runtime allocated it. */
export interface TapeMemory {
  readonly name: string;
  readonly usedBytes: number;
  readonly highWaterBytes: number;
  readonly capacityBytes: number;
}

/** What was measured of a model. */
export interface ModelMemoryReport {
  readonly before: ProcessMemory;
  readonly loaded: ProcessMemory;
  readonly end: ProcessMemory;
  /** Whether the peak of `end` is that of the run alone: only where the system can forget a peak. */
  readonly runPeakIsItsOwn: boolean;
  readonly tapes: readonly TapeMemory[];
  /** The one region that holds all tapes. */
  readonly memory: { readonly kind: 'plain' | 'wasm' | 'wasm-shared'; readonly byteLength: number };
  readonly backend: string;
}

/** An error of the child, by value. */
export interface ChildFailure {
  readonly name: string;
  readonly message: string;
  /** Of a `MirustError`. */
  readonly code?: string;
  readonly class?: ErrorClass;
  readonly remedy?: string;
  readonly context?: Omit<ErrorContext, 'cause' | 'remedy'>;
}

/** The child's one message. */
export type ChildAnswer =
  | { readonly kind: 'host'; readonly host: ProcessMemory }
  | { readonly kind: 'model'; readonly model: ModelMemoryReport }
  | { readonly kind: 'failure'; readonly failure: ChildFailure };
