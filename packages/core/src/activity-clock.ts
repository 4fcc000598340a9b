/**
 * Where the time of one thread goes while several things are under way at once: a read that is waited for, a digest that
 * is computed meanwhile. At every moment the time is that of one activity, so the times never add up to more than passed.
 */

/** Measures activities. Not for more than one thread. */
export interface ActivityClock<Name extends string> {
  /** Does `work`, and counts it as `name` until its promise is settled. May overlap with others. */
  during<Result>(name: Name, work: () => Promise<Result> | Result): Promise<Result>;
  /** Time in which `name` was under way and none that comes before it in the list. */
  milliseconds(name: Name): number;
}

/** Makes a clock. Of several activities under way the first of `names` counts: put what computes before what waits. */
export function createActivityClock<Name extends string>(names: readonly Name[]): ActivityClock<Name> {
  const running = new Map<Name, number>(names.map((name) => [name, 0]));
  const spent = new Map<Name, number>(names.map((name) => [name, 0]));
  let since = performance.now();

  function change(name: Name, by: 1 | -1): void {
    const now = performance.now();
    const active = names.find((candidate) => (running.get(candidate) ?? 0) > 0);
    if (active !== undefined) spent.set(active, (spent.get(active) ?? 0) + now - since);
    since = now;
    running.set(name, (running.get(name) ?? 0) + by);
  }

  return {
    async during(name, work) {
      change(name, 1);
      try {
        return await work();
      } finally {
        change(name, -1);
      }
    },
    milliseconds: (name) => spent.get(name) ?? 0,
  };
}
