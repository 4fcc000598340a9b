/**
 * Our engine: `node ours.mjs '{"model":"…","threads":1,"plan":{…}}'` prints one JSON line. `bytesPerToken` is what
 * decoding must read of the weights: every matrix once, but only a row of an embedding that is not the head as well.
 * `macsPerToken` are the multiplications of prefill, where the head is needed for the last token alone; attention,
 * which grows with the position, is in neither.
 */
import { openCheckpoint } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import { elementCount, encodedSize } from '@mirust/core';
import { planInputOf, planMemory } from '@mirust/planner';
import { argmax, loadModel } from '@mirust/runtime';
import { cpuSeconds, measure } from './_schedule.mjs';

const { model: path, threads, plan } = JSON.parse(process.argv[2]);

const options = { context: plan.context, threads };
const loadStart = performance.now();
const checkpoint = await openCheckpoint(await openPath(path));
const model = await loadModel(checkpoint, { ...options, backend: 'auto' });
const loadSeconds = (performance.now() - loadStart) / 1000;
const planBytes = planMemory(planInputOf(checkpoint), options).totalBytes;
const { bytesPerToken, macsPerToken } = workOf(checkpoint);
await checkpoint.close();

let logits;
const engine = {
  reset: () => model.reset(),
  async feed(tokens) {
    logits = await model.feed(tokens);
  },
  async step(token) {
    logits = await model.step(token);
  },
  top: () => argmax(logits),
};
const measured = await measure(engine, plan, model.description.hyperparameters.vocabSize);
const { backend } = model.diagnostics();
model.free();
console.log(
  JSON.stringify({
    ...measured,
    loadSeconds,
    peakBytes: process.resourceUsage().maxRSS * 1024,
    cpuSeconds: cpuSeconds(),
    planBytes,
    bytesPerToken,
    macsPerToken,
    threads,
    engine: backend,
  }),
);
process.exit(0);

function workOf({ tensors, model: { contract, hyperparameters } }) {
  let bytesPerToken = 0;
  let macsPerToken = 0;
  for (const { name, role } of contract) {
    const { encoding, shape } = tensors.get(name);
    if (role === 'matrix') macsPerToken += elementCount(shape);
    if (role === 'embedding' && !hyperparameters.tiedOutput) continue;
    const { payloadBytes, scaleBytes } = encodedSize(encoding, shape);
    bytesPerToken += payloadBytes + scaleBytes;
  }
  return { bytesPerToken, macsPerToken };
}
