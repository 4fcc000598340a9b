/**
 * The JavaScript heap over 1,000 decoded tokens: `node --expose-gc heap.mjs '{"model":"…","threads":1}'` prints
 * `{"growthBytes":[…],"tokens":1000}`: what each of several thousands left behind, after collections. The first
 * thousands do not count: the engine still compiles. What is left behind for good is in all of them; noise goes both
 * ways.
 */
import { openCheckpoint } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import { loadModel } from '@mirust/runtime';
import { tokensFor } from './_tokens.mjs';

const { model: path, threads } = JSON.parse(process.argv[2]);
const TOKENS = 1000;
const WARM_UP_THOUSANDS = 3;
const THOUSANDS = 5;

const checkpoint = await openCheckpoint(await openPath(path));
const model = await loadModel(checkpoint, { context: TOKENS, threads });
await checkpoint.close();
const tokens = tokensFor(TOKENS, model.description.hyperparameters.vocabSize);

/** Live bytes: what is left when nothing more can be collected. */
async function liveBytes() {
  for (let round = 0; round < 4; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc();
  }
  return process.memoryUsage().heapUsed;
}

async function decodeThousand() {
  model.reset();
  for (const token of tokens) await model.step(token);
  return await liveBytes();
}

const growthBytes = [];
for (let thousand = 1; thousand < WARM_UP_THOUSANDS; thousand++) await decodeThousand();
let before = await decodeThousand();
for (let thousand = 0; thousand < THOUSANDS; thousand++) {
  const after = await decodeThousand();
  growthBytes.push(after - before);
  before = after;
}
model.free();
console.log(JSON.stringify({ growthBytes, tokens: TOKENS }));
process.exit(0);
