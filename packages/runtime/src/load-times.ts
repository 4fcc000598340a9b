/** Where the time of a load goes, and so what would have to be faster for it to be shorter. */
import type { Diagnostics } from '@mirust/schemas';

/** Measured while weights are read. Times of threads that work side by side are summed; what is not done is absent. */
export interface LoadTimes {
  /** Of weights, padding between them included where it is read. */
  readonly bytes: number;
  /** Reading, and waiting for it. */
  readonly readMilliseconds: number;
  /** Digests and the rules that they do not see; where rows are read one tensor at a time, this is part of reading. */
  readonly verifyMilliseconds?: number;
  /** Bringing rows into the order of the tape. */
  readonly interleaveMilliseconds?: number;
}

/** The part of a diagnostics document. */
export function describeLoad(milliseconds: number, times: LoadTimes): Diagnostics['load'] {
  const { readMilliseconds: read, verifyMilliseconds: verify = 0, interleaveMilliseconds: interleave = 0 } = times;
  const most = Math.max(read, verify, interleave);
  return { milliseconds, ...times, bound: most === verify ? 'verify' : most === interleave ? 'interleave' : 'read' };
}
