/** Progress bars on stderr: only on a terminal, only for work that takes over a second. */
import { formatBytes } from '@mirust/core';
import { Presets, SingleBar } from 'cli-progress';

/** A bar appears once the work has taken this long. */
const SHOW_AFTER_MILLISECONDS = 1000;

/** One line of progress. */
export interface Progress {
  /** How far the work is, in the unit of `total`. */
  update(done: number, total: number): void;
  /** Takes the bar away. Harmless when it never appeared, and when called twice. */
  stop(): void;
}

/** A bar titled `title` that counts bytes. Silent where stderr is not a terminal. */
export function createProgress(title: string): Progress {
  const stream = process.stderr;
  if (stream.isTTY !== true) return { update() {}, stop() {} };
  const started = performance.now();
  let bar: SingleBar | undefined;
  return {
    update(done, total) {
      if (bar === undefined) {
        if (performance.now() - started < SHOW_AFTER_MILLISECONDS) return;
        bar = new SingleBar(
          {
            stream,
            format: `${title} {bar} {percentage} % {size} ETA {eta} s`,
            clearOnComplete: true,
            hideCursor: false,
          },
          Presets.shades_classic,
        );
        bar.start(total, done, { size: '' });
      }
      bar.update(done, { size: `${formatBytes(done)} / ${formatBytes(total)}` });
    },
    stop() {
      bar?.stop();
      bar = undefined;
    },
  };
}
