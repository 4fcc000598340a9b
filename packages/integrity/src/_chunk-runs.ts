/** Chunks that several lanes work off side by side, in runs, from the first to the last. */

/** Chunks from `first` to `end`, exclusive. */
export interface ChunkRun {
  readonly first: number;
  readonly end: number;
}

/** How the chunks are cut, and what ends the work on them. */
export interface ChunkRunsOptions {
  /** Of all chunks. */
  readonly count: number;
  readonly chunksPerRun: number;
  /** Whether other threads are to see claims. */
  readonly shared: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Hands out runs, and remembers what went wrong. */
export interface ChunkRuns {
  /**
   * Takes runs and works on them, one after the other, until none is left, another lane has failed, the signal is
   * aborted, or `goesOn` says no. Never rejects; `onFailure` sees the run that failed.
   */
  lane(
    work: (run: ChunkRun) => Promise<void>,
    onFailure: (run: ChunkRun) => void,
    goesOn?: () => boolean,
  ): Promise<void>;
  /** The word that says who has a run: 0, nobody yet; 1, whoever set it and reads; 2, nobody ever. See `DigestTask`. */
  claimOf(run: ChunkRun): Int32Array;
  /** Takes a run that waited back from whoever would begin it, and all behind it. */
  withdrawFrom(chunk: number): void;
  isWithdrawn(run: ChunkRun): boolean;
  /**
   * Throws the signal's reason, or what the first run threw that failed: first in the order of the chunks. Runs are taken
   * in order, so what lies before a failed one was under way already: the same file always fails with the same error.
   */
  throwFailure(): void;
}

/** Values of a claim; 1 is set by threads. */
const WAITING = 0;
const WITHDRAWN = 2;

/** Starts with the first chunk. */
export function createChunkRuns({ count, chunksPerRun, shared, signal }: ChunkRunsOptions): ChunkRuns {
  const failures: { readonly run: ChunkRun; readonly error: unknown }[] = [];
  const byteLength = Math.ceil(count / chunksPerRun) * Int32Array.BYTES_PER_ELEMENT;
  const claims = new Int32Array(shared ? new SharedArrayBuffer(byteLength) : new ArrayBuffer(byteLength));
  let next = 0;

  function take(): ChunkRun | undefined {
    const first = next;
    if (failures.length > 0 || signal?.aborted === true || first >= count) return undefined;
    next = Math.min(first + chunksPerRun, count);
    return { first, end: next };
  }

  const claimOf = ({ first }: ChunkRun): Int32Array => {
    const index = first / chunksPerRun;
    return claims.subarray(index, index + 1);
  };

  function withdrawFrom(chunk: number): void {
    for (let index = Math.floor(chunk / chunksPerRun); index < claims.length; index++) {
      Atomics.compareExchange(claims, index, WAITING, WITHDRAWN);
    }
  }

  return {
    async lane(work, onFailure, goesOn = () => true) {
      while (goesOn()) {
        const run = take();
        if (run === undefined) return;
        try {
          await work(run);
        } catch (error) {
          failures.push({ run, error });
          withdrawFrom(run.end);
          onFailure(run);
        }
      }
    },
    claimOf,
    withdrawFrom,
    isWithdrawn: (run) => Atomics.load(claimOf(run), 0) === WITHDRAWN,
    throwFailure() {
      signal?.throwIfAborted();
      const [failure] = failures.sort((a, b) => a.run.first - b.run.first);
      if (failure !== undefined) throw failure.error;
    },
  };
}
