/**
 * Loading, generating and freeing, over and over: `node --expose-gc soak.mjs '{"model":"…","threads":2,"rounds":1000}'`
 * prints `{"rss":[…],"heap":[…],"open":[…],"taken":{"count":…,"bytes":…}}`: resident bytes and bytes of the JavaScript heap
 * after the collections of every round, what a round left on its ledger (the first such round ends the run), and what one
 * round takes. `"keep":true` keeps every model, unfreed: what a leak of all of a model looks like to the same measurement.
 */
import { openCheckpoint } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import { loadModel } from '@mirust/runtime';
import { createLedger, findLeaks } from '@mirust/runtime/leaks';

const { model: path, threads, rounds, keep = false } = JSON.parse(process.argv[2]);
const kept = [];

/** One round: everything that it takes is a local variable of this function. */
async function loadGenerateFree(ledger) {
  const checkpoint = await openCheckpoint(await openPath(path), { ledger });
  const model = await loadModel(checkpoint, { threads, ledger });
  await checkpoint.close();
  await model.complete('Once upon a time', { maxTokens: 8 });
  if (keep) kept.push(model);
  else model.free();
}

const rss = [];
const heap = [];
let report;
for (let round = 0; round < rounds; round++) {
  const ledger = createLedger();
  await loadGenerateFree(ledger);
  report = await findLeaks(ledger, { collect: globalThis.gc });
  const usage = process.memoryUsage();
  rss.push(usage.rss);
  heap.push(usage.heapUsed);
  if (!keep && report.open.length + report.retained.length > 0) break;
}
const { open, retained, taken } = report;
process.stdout.write(JSON.stringify({ rss, heap, open: keep ? [] : [...open, ...retained], taken }), () =>
  process.exit(0),
);
