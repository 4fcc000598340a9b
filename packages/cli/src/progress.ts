/** Progress bars on stderr: only on a terminal, only for work that takes over a second. */
import { formatBytes } from '@mirust/core';

/** A bar appears once the work has taken this long. */
const SHOW_AFTER_MILLISECONDS = 1000;

/** One line of progress. */
export interface Progress {
  /** How far the work is, in the bar's unit. */
  update(done: number, total: number): void;
  /** Takes the bar away. Harmless when it never appeared, and when called twice. */
  stop(): void;
}

/** What a bar counts. */
export type ProgressUnit = 'bytes' | 'documents' | 'steps';

/** A bar titled `title`. Silent where stderr is not a terminal; its library is loaded only there. */
export function createProgress(title: string, unit: ProgressUnit = 'bytes'): Progress {
  const stream = process.stderr;
  if (stream.isTTY !== true) return { update() {}, stop() {} };
  const started = performance.now();
  let bar: { update(done: number, values: object): void; stop(): void } | undefined;
  let loading = false;
  let stopped = false;
  let latest = { done: 0, total: 0 };

  function size(): string {
    const { done, total } = latest;
    return unit === 'bytes' ? `${formatBytes(done)} / ${formatBytes(total)}` : `${done} / ${total} ${unit}`;
  }

  async function show(): Promise<void> {
    const { Presets, SingleBar } = await import('cli-progress');
    if (stopped) return;
    const format = `${title} {bar} {percentage} % {size} ETA {eta_formatted}`;
    const single = new SingleBar({ stream, format, clearOnComplete: true }, Presets.shades_classic);
    single.start(latest.total, latest.done, { size: size() });
    bar = single;
  }

  return {
    update(done, total) {
      latest = { done, total };
      bar?.update(done, { size: size() });
      if (loading || performance.now() - started < SHOW_AFTER_MILLISECONDS) return;
      loading = true;
      void show();
    },
    stop() {
      stopped = true;
      bar?.stop();
      bar = undefined;
    },
  };
}

/** Runs `work` under a progress bar, which is taken away however the work ends. */
export async function withProgress<T>(
  title: string,
  work: (update: Progress['update']) => Promise<T>,
  unit: ProgressUnit = 'bytes',
): Promise<T> {
  const progress = createProgress(title, unit);
  try {
    return await work(progress.update);
  } finally {
    progress.stop();
  }
}
