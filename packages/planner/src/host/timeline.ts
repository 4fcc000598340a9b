/** What a process holds while a model is loaded, moment by moment, and what it holds when the model runs. */
import type { LoadMoment, PlanComponent } from '@mirust/schemas';
import type { HostBaseline } from './baseline.ts';
import { type HostOptions, hostParts } from './components.ts';

/** Bytes of the tapes of a layout, padding included. */
export interface TapeBytes {
  readonly engine: number;
  readonly weights: number;
  readonly workingBuffers: number;
  readonly kvCache: number;
}

/** How a model is loaded. */
export interface LoadOptions extends HostOptions {
  readonly tapes: TapeBytes;
  /**
   * Whether rows are brought into another order: matrices of q8, q4, Q8_0 or Q4_0 that the source does not have
   * interleaved, and wq and wk of a Hugging Face directory.
   */
  readonly repacks?: boolean;
}

/** Bytes of one read, and reads under way at the same time: `packages/runtime/src/read-tensors.ts`. */
const READ_BYTES = 4 * 2 ** 20;
const READS_AHEAD = 4;

/**
 * The moments of a load, in order; the largest is the peak. Each counts what is resident: the tapes are allocated at once,
 * but a page that nobody has written to takes no memory, so the weights come in with `read`, and the working buffers and
 * the cache with `run` (zeroing the cache touches all of it).
 *
 * - `start`: the process. - `allocate`: kernels are compiled; the threads that take digests start, or those of the engine.
 * - `read`: the weights come straight to their places, the tokenizer is made. - `repack`: only where rows are brought into
 * another order: that happens in the tape itself, panel by panel, but rows of a Hugging Face directory that are gathered
 * from two places are read beside it first. - `ready`: threads that took digests have ended, those of the engine run, and
 * the heap keeps what it has grown to. - `run`: everything has been touched.
 *
 * Without a baseline only the tapes are counted. Throws RangeError as `hostComponents` does.
 */
export function loadTimeline(baseline: HostBaseline | undefined, options: LoadOptions): LoadMoment[] {
  const { tapes, repacks = false } = options;
  const host = baseline === undefined ? undefined : hostParts(baseline, options);
  const exact = (name: string, bytes: number): PlanComponent => ({ name, bytes, kind: 'exact' });
  const process = host === undefined ? [] : [host.process];
  const kernels = host === undefined ? [] : [host.kernels];
  const working = host === undefined ? [] : host.digestThreads > 0 ? host.digesting : host.threads;
  const loaded = [exact('engine tape', tapes.engine), exact('weights tape', tapes.weights)];
  const ready = host === undefined ? [] : [host.process, ...host.kept];
  const reading = [...process, ...kernels, ...working, ...(host === undefined ? [] : host.loading), ...loaded];
  const gathered = exact('rows read beside the tape', Math.min(tapes.weights, READ_BYTES * READS_AHEAD));
  return [
    moment('start', process),
    moment('allocate', [...process, ...kernels, ...working]),
    moment('read', reading),
    ...(repacks ? [moment('repack', options.container === 'huggingface' ? [...reading, gathered] : reading)] : []),
    moment('ready', [...ready, ...loaded]),
    moment('run', [
      ...ready,
      ...loaded,
      exact('working buffers', tapes.workingBuffers),
      exact('kv cache', tapes.kvCache),
    ]),
  ];
}

function moment(phase: LoadMoment['phase'], parts: readonly PlanComponent[]): LoadMoment {
  return { phase, bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0), parts };
}
