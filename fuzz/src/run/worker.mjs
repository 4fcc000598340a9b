/**
 * The thread that executes. It is told what to do by `workerData`, and says before every execution what it is about to do
 * in memory that its parent watches: a thread that hangs cannot say so itself.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { startCoverage } from './coverage.mjs';

const { format, seed, from, to, guided, beat, input, entries: given, job } = workerData;
const { targets = new URL('../targets/index.mjs', import.meta.url).href, scope = /\/packages\/[a-z]+\/dist\// } =
  workerData;
const coverage = guided ? startCoverage(scope) : undefined;

// Only now: V8 counts in what it compiles from here on.
const { TARGETS } = await import(targets);
const { execute } = await import('../targets/index.mjs');
const { createEntry } = await import('../mutate/mutate.mjs');
const { addEntry, createCorpus, loadCorpus, minimise } = await import('./corpus.mjs');
const { runLoop, depthOf } = await import('./loop.mjs');
const { shrink } = await import('./shrink.mjs');

/** Readers refuse most inputs, and a stack costs as much as a reader. */
Error.stackTraceLimit = 0;
const STACK_FRAMES = 20;

const target = TARGETS[format];
const heart = new Int32Array(beat);
const shown = new Uint8Array(input);

/** Says what is about to be executed. */
function onStart(index, bytes) {
  shown.set(bytes.subarray(0, shown.length));
  Atomics.store(heart, 1, bytes.length);
  Atomics.store(heart, 2, index);
  Atomics.add(heart, 0, 1);
}

/** What a finding is recognised by: its message without numbers, and where it was thrown. */
function signatureOf(error) {
  const frame = /\n\s+at .*?(packages\/[^)\n]*|src\/targets\/[^)\n]*)/.exec(error?.stack ?? '')?.[1] ?? '';
  return `${error?.name}: ${String(error?.message)
    .replace(/[0-9]+/g, 'N')
    .slice(0, 80)} ${frame.replace(/:[0-9]+$/, '')}`;
}

/** What an execution throws, with its stack; undefined where all is well. */
async function errorOf(bytes, index) {
  Error.stackTraceLimit = STACK_FRAMES;
  try {
    onStart(index, bytes);
    await execute(target, bytes, depthOf(index));
    return undefined;
  } catch (error) {
    return error;
  } finally {
    Error.stackTraceLimit = 0;
  }
}

async function fuzz() {
  const stored = given ?? (await loadCorpus(format));
  const corpus = createCorpus([]);
  const { entries } = corpus;
  for (const bytes of stored) {
    const error = await errorOf(bytes, 0);
    if (error !== undefined) parentPort.postMessage({ finding: plain({ index: 0, bytes, error }) });
    const outcome = await execute(target, bytes, {}).catch(() => 'finding');
    addEntry(corpus, createEntry(target.grammar, bytes, outcome === 'ok'));
  }
  coverage?.takeNew();
  const seen = new Set();
  const found = [];
  let last = 0;
  let executed = 0;
  const outcomes = await runLoop({
    format,
    target,
    corpus,
    seed,
    from,
    to,
    coverage,
    onStart,
    onFinding(finding) {
      // Without a stack first: the same finding may come a thousand times.
      const short = signatureOf(finding.error);
      if (seen.has(short)) return;
      seen.add(short);
      found.push(finding);
    },
    async onBatch({ done }) {
      const now = performance.now();
      for (const finding of found.splice(0)) {
        const error = (await errorOf(finding.bytes, finding.index)) ?? finding.error;
        parentPort.postMessage({ finding: plain({ ...finding, error }) });
      }
      executed = done - from;
      const goesOn = now < workerData.deadlineMs;
      if (now - last < 1000 && goesOn) return true;
      last = now;
      const kept = entries.map(({ bytes }) => bytes);
      parentPort.postMessage({ progress: { done, entries: kept, ...coverage?.count(target.own) } });
      return goesOn;
    },
  });
  const report = {
    executed,
    outcomes: [...outcomes].sort((a, b) => b[1] - a[1]),
    entries: entries.map(({ bytes }) => bytes),
    ...coverage?.count(target.own),
    missing: coverage?.missing(target.own),
  };
  parentPort.postMessage({ report });
}

function plain({ index, bytes, error }) {
  return { index, bytes, signature: signatureOf(error), message: String(error?.stack ?? error) };
}

/** The smallest set of entries that reaches the same blocks of the format's own files. */
async function minimiseEntries() {
  const pass = async () => {
    const reach = [];
    for (const bytes of given) {
      coverage.skip();
      await errorOf(bytes, 0);
      reach.push(coverage.blocks(target.own));
    }
    return reach;
  };
  // The first pass finds the borders of the blocks, by which the second one names them.
  await pass();
  parentPort.postMessage({ report: { entries: minimise(given, await pass(), workerData.maxBytes) } });
}

async function shrinkFinding() {
  const [bytes] = given;
  const error = await errorOf(bytes, from);
  const signature = error === undefined ? undefined : signatureOf(error);
  const small = await shrink(bytes, async (one) => {
    const other = await errorOf(one, from);
    return other !== undefined && signatureOf(other) === signature;
  });
  parentPort.postMessage({ report: { bytes: small, message: String(error?.stack ?? error) } });
}

await { fuzz, minimise: minimiseEntries, shrink: shrinkFinding }[job]();
coverage?.stop();
