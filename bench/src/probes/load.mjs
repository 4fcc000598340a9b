/**
 * Loading, verified, in a fresh process: `node load.mjs '{"model":"…","threads":2}'` prints `{"seconds":…,"bytes":…}`.
 * The file is read once beforehand, so that the page cache has it: what is timed is opening, reading, verifying, and
 * the first touch of the model's memory.
 */
import { createReadStream, statSync } from 'node:fs';
import { openCheckpoint } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import { loadModel } from '@mirust/runtime';

const { model: path, threads } = JSON.parse(process.argv[2]);
for await (const _ of createReadStream(path, { highWaterMark: 2 ** 22 })) {
  // Reading is all that is wanted.
}
const start = performance.now();
const checkpoint = await openCheckpoint(await openPath(path));
const model = await loadModel(checkpoint, { context: 512, threads });
const seconds = (performance.now() - start) / 1000;
await checkpoint.close();
model.free();
console.log(JSON.stringify({ seconds, bytes: statSync(path).size }));
process.exit(0);
