/** Loads a model as mirust-run does, and touches every byte that it works on. Runs in the child alone. */
import { openCheckpoint } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import type { LayoutRequest } from '@mirust/model';
import { loadModel, type Model } from '@mirust/runtime';
import type { ModelMemoryReport } from './messages.ts';
import { measureProcess, restartPeak } from './process-memory.ts';

/** Tokens that are decoded, one by one: the second already does what all others do. */
const DECODED_TOKENS = 16;

/** Throws what opening, loading and running throw. */
export async function measureModel(path: string, options: LayoutRequest): Promise<ModelMemoryReport> {
  const before = measureProcess();
  const model = await load(path, options);
  try {
    const loaded = measureProcess();
    const runPeakIsItsOwn = restartPeak();
    await touchEverything(model);
    const end = measureProcess();
    const { backend, tapes, memory } = model.diagnostics();
    return { before, loaded, end, runPeakIsItsOwn, tapes, memory, backend };
  } finally {
    model.free();
  }
}

async function load(path: string, options: LayoutRequest): Promise<Model> {
  const checkpoint = await openCheckpoint(await openPath(path));
  try {
    return await loadModel(checkpoint, options);
  } finally {
    await checkpoint.close();
  }
}

/** The whole cache by zeroing it, the working buffers by a prompt of one full chunk, those of decoding by some tokens. */
async function touchEverything(model: Model): Promise<void> {
  const { chunk, context } = model.layout.options;
  const { vocabSize } = model.description.hyperparameters;
  model.reset({ wipe: true });
  await model.feed(Array.from({ length: chunk }, (_, index) => index % vocabSize));
  if (chunk === context) model.reset();
  const rest = context - model.position;
  for (let count = Math.min(DECODED_TOKENS, rest); count > 0; count--) await model.step(count % vocabSize);
}
