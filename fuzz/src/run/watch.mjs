/** Runs the thread and watches it: a finding that a thread cannot report is that it does not come back. */
import { Worker } from 'node:worker_threads';
import { MAX_INPUT_BYTES } from '../mutate/mutate.mjs';

/** An execution that takes longer is a finding, if it does so again by itself. */
const HANG_MS = 2000;

/** Jobs that only look at entries again think in between. */
const OTHER_JOBS_MS = 120_000;

/** How many times longer it may take alone: a busy machine stops threads for a while, a hang lasts. */
const CONFIRM_FACTOR = 5;

/** How often the parent looks. */
const LOOK_MS = 250;

/** Heap of the thread: an input of 32 KiB that needs more is a finding. */
const HEAP_MB = 1024;

/**
 * Runs a job and gives its report. `onFinding` gets `{ index, bytes, signature, message }`; a run that hung or died goes on
 * behind the execution that did it. `targets` is the module of the targets, `hangMs` the time of an execution, `heapMb` the
 * thread's heap; tests have others.
 */
export async function runWatched(options) {
  const { onFinding, onProgress = () => {}, hangMs = HANG_MS, ...job } = options;
  let { from } = job;
  let { entries } = job;
  for (;;) {
    const { report, lost } = await runThread(
      { ...job, from, entries },
      job.job === 'fuzz' ? hangMs : OTHER_JOBS_MS,
      onFinding,
      (progress) => {
        entries = progress.entries;
        onProgress(progress);
      },
    );
    if (report !== undefined) return { ...report, executed: (report.executed ?? 0) + from - job.from };
    if (lost.count === 0) throw new Error(`the thread did not begin: ${lost.reason}`);
    const confirmed = lost.reason !== 'hang' || (await hangs(job, lost.bytes, CONFIRM_FACTOR * hangMs));
    if (confirmed) onFinding({ ...lost, signature: lost.reason, message: `${lost.reason} in execution ${lost.index}` });
    if (job.job !== 'fuzz') return {};
    from = lost.index + 1;
  }
}

/** Whether an input alone takes longer than it may. */
async function hangs(job, bytes, confirmMs) {
  const alone = { ...job, job: 'shrink', guided: false, from: 1, to: 1, entries: [bytes] };
  const { lost } = await runThread(
    alone,
    confirmMs,
    () => {},
    () => {},
    true,
  );
  return lost !== undefined;
}

function runThread(job, hangMs, onFinding, onProgress, once = false) {
  const beat = new SharedArrayBuffer(12);
  const input = new SharedArrayBuffer(MAX_INPUT_BYTES);
  const heart = new Int32Array(beat);
  const worker = new Worker(new URL('./worker.mjs', import.meta.url), {
    workerData: { ...job, beat, input },
    // What a test runner asks of its own process (sources in the place of what is built) is not for this thread.
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: job.heapMb ?? HEAP_MB },
  });
  return new Promise((resolve) => {
    let report;
    let last = { count: 0, at: performance.now() };
    const current = () => ({
      count: Atomics.load(heart, 0),
      index: Atomics.load(heart, 2),
      bytes: new Uint8Array(input).slice(0, Math.min(Atomics.load(heart, 1), MAX_INPUT_BYTES)),
    });
    const end = (result) => {
      clearInterval(timer);
      worker.terminate();
      resolve(result);
    };
    const timer = setInterval(() => {
      const count = Atomics.load(heart, 0);
      const now = performance.now();
      if (count !== last.count || count === 0) last = { count, at: now };
      else if (now - last.at > hangMs) end({ lost: { ...current(), reason: 'hang' } });
      // One execution that came back is enough of an answer.
      if (once && count > 1) end({ report: {} });
    }, LOOK_MS);
    worker.on('message', (message) => {
      if (message.finding !== undefined) onFinding(message.finding);
      if (message.progress !== undefined) onProgress(message.progress);
      if (message.report !== undefined) report = message.report;
    });
    worker.on('error', (error) => end({ lost: { ...current(), reason: `the thread died: ${error.message}` } }));
    worker.on('exit', () =>
      end(report === undefined ? { lost: { ...current(), reason: 'the thread ended' } } : { report }),
    );
  });
}
