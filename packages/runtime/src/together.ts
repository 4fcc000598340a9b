/** Two things that are done at the same time and needed both. */

/** Something that ends early, with a rejection, once its signal is aborted. */
export type Stoppable<Result> = (signal: AbortSignal) => Promise<Result>;

/**
 * Does both. Where one fails the other is aborted, and what failed first is thrown once neither is going on any more.
 * `signal` aborts both.
 */
export async function together<First, Second>(
  first: Stoppable<First>,
  second: Stoppable<Second>,
  signal?: AbortSignal,
): Promise<[First, Second]> {
  signal?.throwIfAborted();
  const controller = new AbortController();
  const failures: unknown[] = [];
  const stop = (reason: unknown): void => {
    failures.push(reason);
    controller.abort(reason);
  };
  const onAbort = (): void => stop(signal?.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  const watch = <Result>(work: Stoppable<Result>): Promise<Result> => {
    const working = work(controller.signal);
    working.catch(stop);
    return working;
  };
  try {
    const results = await Promise.allSettled([watch(first), watch(second)]);
    const [one, two] = results;
    if (one.status === 'fulfilled' && two.status === 'fulfilled') return [one.value, two.value];
    throw failures[0];
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}
