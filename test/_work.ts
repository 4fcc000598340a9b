/**
 * Counts the work of a function: how often every block of the package's sources was entered, as V8's precise
 * coverage counts it. Unlike time, the number is the same on every machine, so a growth exponent can be asserted.
 */
import inspector from 'node:inspector';

/** A running count. */
export interface WorkCounter {
  /** Blocks entered in files whose URL matches, since the last call. */
  take(): number;
  stop(): void;
}

/**
 * Starts counting in files whose URL matches. Import the code under test *after* this call (V8 counts blocks only in
 * functions compiled later). Returns undefined where a coverage run already owns the counters.
 */
export function startWorkCounter(urls: RegExp): WorkCounter | undefined {
  // Vitest's own state: there is no public way to ask whether this run collects coverage.
  const worker = Reflect.get(globalThis, '__vitest_worker__') as { config?: { coverage?: { enabled?: boolean } } };
  if (worker?.config?.coverage?.enabled === true || process.env.NODE_V8_COVERAGE !== undefined) return undefined;
  const session = new inspector.Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  const take = (): number => {
    let blocks = 0;
    session.post('Profiler.takePreciseCoverage', (error, { result }) => {
      if (error !== null) throw error;
      for (const script of result) {
        if (!urls.test(script.url)) continue;
        for (const { ranges } of script.functions) for (const range of ranges) blocks += range.count;
      }
    });
    return blocks;
  };
  return {
    take,
    stop() {
      session.post('Profiler.stopPreciseCoverage');
      session.disconnect();
    },
  };
}

/** Slope of log(work) over log(size), by least squares: 1 is linear, 2 quadratic. */
function growthExponent(points: readonly (readonly [size: number, work: number])[]): number {
  const logs = points.map(([size, work]) => [Math.log(size), Math.log(work)] as const);
  const meanX = logs.reduce((sum, [x]) => sum + x, 0) / logs.length;
  const meanY = logs.reduce((sum, [, y]) => sum + y, 0) / logs.length;
  const covariance = logs.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return covariance / logs.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}

const SIZES: readonly number[] = [500, 1000, 2000, 4000];

/** Largest exponent of a linear reader: a sort is n log n, of which this leaves room; a quadratic step comes out near 2. */
export const MOST_EXPONENT = 1.2;

/** Why a test was skipped that could not count. */
export const WHY_SKIPPED = 'a coverage run owns the counters';

/** How the work of a reader grows with inputs made from a size; undefined where a coverage run owns the counters. */
export async function workExponent<T>(
  counter: WorkCounter | undefined,
  make: (size: number) => T | Promise<T>,
  read: (input: T) => unknown,
  sizes: readonly number[] = SIZES,
): Promise<number | undefined> {
  if (counter === undefined) return undefined;
  const points: [number, number][] = [];
  for (const size of sizes) {
    const input = await make(size);
    counter.take();
    await read(input);
    points.push([size, counter.take()]);
  }
  return growthExponent(points);
}
