/** The loop: makes inputs, executes them in batches, keeps those that reach something new. */

import { createEntry, mutate } from '../mutate/mutate.mjs';
import { createRandom, mixSeed } from '../mutate/random.mjs';
import { execute } from '../targets/index.mjs';
import { addEntry } from './corpus.mjs';

/**
 * Executions between two readings of the counters, which take some milliseconds: few while every batch brings something
 * new, because a batch is run again to find what did.
 */
const MIN_BATCH = 32;
const MAX_BATCH = 1024;

/** Every so many executions the bytes are looked at twice, and by the gate, which take many times longer than a reader. */
const DEEP_EVERY = 8;
const GATE_EVERY = 256;

/** Growth of the process beyond this, over the size after the first batches, is a finding: inputs have 32 KiB. */
const MAX_GROWTH_BYTES = 512 * 2 ** 20;

/** Batches until the process has its size: code gets compiled, heaps find theirs. */
const WARM_BATCHES = 40;

/** The input of an execution: the same for the same corpus. */
export function inputOf({ format, grammar, corpus }, seed, index) {
  const random = createRandom(mixSeed(format, seed, index));
  return mutate(random, grammar, pickEntry(random, corpus), random.pick(corpus.entries));
}

/** Half of the time an entry that is right, a quarter one of the last that were found, else any. */
function pickEntry(random, { entries, accepted }) {
  if (accepted.length > 0 && random.oneIn(2)) return random.pick(accepted);
  const recent = random.oneIn(2) ? Math.min(entries.length, 16) : entries.length;
  return entries[entries.length - 1 - random.below(recent)];
}

/** How an execution is done. */
export function depthOf(index) {
  return { deep: index % DEEP_EVERY === 0, withGate: index % GATE_EVERY === 0 };
}

/**
 * Runs executions `from` to `to`. `onStart` is called before each with its index and input; `onFinding` with what went
 * wrong; `onBatch` after each batch, which says whether to go on. Entries that reach something new are added to `corpus`.
 */
export async function runLoop(options) {
  const { format, target, corpus, seed, from, to, coverage, onStart, onFinding, onBatch } = options;
  const grammar = target.grammar;
  const outcomes = new Map();
  let baseline;
  const run = async (index, bytes) => {
    onStart(index, bytes);
    try {
      return await execute(target, bytes, depthOf(index));
    } catch (error) {
      onFinding({ index, bytes, error });
      return 'finding';
    }
  };
  let size = MIN_BATCH;
  for (let start = from, batch = 0; start < to; batch++) {
    const end = Math.min(start + size, to);
    const inputs = [];
    for (let index = start; index < end; index++) {
      const bytes = inputOf({ format, grammar, corpus }, seed, index);
      inputs.push({ index, bytes });
      const outcome = await run(index, bytes);
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    const news = coverage?.seesNew() ?? false;
    size = news ? Math.max(MIN_BATCH, size >> 1) : Math.min(MAX_BATCH, 2 * size);
    if (news) {
      await keepNew(inputs, coverage, run, (bytes, outcome) =>
        addEntry(corpus, createEntry(grammar, bytes, outcome === 'ok')),
      );
    }
    const { rss } = process.memoryUsage();
    if (batch === WARM_BATCHES) baseline = rss;
    if (baseline !== undefined && rss - baseline > MAX_GROWTH_BYTES) {
      const error = new Error(`the process grew from ${baseline} to ${rss} bytes`);
      onFinding({ index: start, bytes: inputs.at(-1).bytes, error });
      baseline = rss;
    }
    if (!(await onBatch({ done: end, outcomes }))) break;
    start = end;
  }
  return outcomes;
}

/** Finds the inputs of a batch that reach something new, by halves. */
async function keepNew(inputs, coverage, run, keep) {
  if (inputs.length === 1) {
    keep(inputs[0].bytes, await run(inputs[0].index, inputs[0].bytes));
    coverage.takeNew();
    return;
  }
  const middle = inputs.length >> 1;
  for (const half of [inputs.slice(0, middle), inputs.slice(middle)]) {
    coverage.skip();
    for (const { index, bytes } of half) await run(index, bytes);
    if (coverage.seesNew()) await keepNew(half, coverage, run, keep);
  }
}
