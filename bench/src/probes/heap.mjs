/**
 * The JavaScript heap over 1,000 decoded tokens: `node --expose-gc heap.mjs '{"model":"…","threads":1}'` prints
 * `{"growthBytes":…,"noiseBytes":…}`, both after collections; the noise is what the same wait shows without a token.
 */
import { openCheckpoint } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import { loadModel } from '@mirust/runtime';
import { tokensFor } from './_tokens.mjs';

const { model: path, threads } = JSON.parse(process.argv[2]);
const TOKENS = 1000;

const checkpoint = await openCheckpoint(await openPath(path));
const model = await loadModel(checkpoint, { context: 1200, threads });
await checkpoint.close();
const tokens = tokensFor(1100, model.description.hyperparameters.vocabSize);

/** Live bytes: what is left when nothing more can be collected. */
async function liveBytes() {
  for (let round = 0; round < 4; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc();
  }
  return process.memoryUsage().heapUsed;
}

for (const token of tokens.slice(0, 100)) await model.step(token);
await liveBytes();
const idle = await liveBytes();
const before = await liveBytes();
for (const token of tokens.slice(100, 100 + TOKENS)) await model.step(token);
const after = await liveBytes();
model.free();
console.log(JSON.stringify({ growthBytes: after - before, noiseBytes: Math.abs(before - idle), tokens: TOKENS }));
process.exit(0);
