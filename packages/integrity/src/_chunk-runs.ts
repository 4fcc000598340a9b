/** Chunks that several lanes work off side by side, in runs, from the first to the last. */

/** Chunks from `first` to `end`, exclusive. */
export interface ChunkRun {
  readonly first: number;
  readonly end: number;
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
  /**
   * Throws the signal's reason, or what the first run threw that failed: first in the order of the chunks. Runs are taken
   * in order, so what lies before a failed one was under way already: the same file always fails with the same error.
   */
  throwFailure(): void;
}

/** Starts with the first of `count` chunks; a run has up to `chunksPerRun`. */
export function createChunkRuns(count: number, chunksPerRun: number, signal: AbortSignal | undefined): ChunkRuns {
  const failures: { readonly run: ChunkRun; readonly error: unknown }[] = [];
  let next = 0;

  function take(): ChunkRun | undefined {
    const first = next;
    if (failures.length > 0 || signal?.aborted === true || first >= count) return undefined;
    next = Math.min(first + chunksPerRun, count);
    return { first, end: next };
  }

  return {
    async lane(work, onFailure, goesOn = () => true) {
      while (goesOn()) {
        const run = take();
        if (run === undefined) return;
        try {
          await work(run);
        } catch (error) {
          onFailure(run);
          failures.push({ run, error });
        }
      }
    },
    throwFailure() {
      signal?.throwIfAborted();
      const [failure] = failures.sort((a, b) => a.run.first - b.run.first);
      if (failure !== undefined) throw failure.error;
    },
  };
}
