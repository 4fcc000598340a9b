/**
 * SHA-256 alone: `node sha256.mjs '{"model":"…","threads":2}'` prints `{"seconds":…,"bytes":…}`. The bytes of the file
 * lie in memory, each thread hashes its share in pieces of 1 MiB, as an SLM2's leaves are. Nothing that verifies a file
 * can load it faster than this.
 */
import { hash } from 'node:crypto';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

const PIECE_BYTES = 2 ** 20;

if (isMainThread) await main(JSON.parse(process.argv[2]));
else digest(workerData);

async function main({ model, threads }) {
  const { size } = statSync(model);
  const share = Math.ceil(size / threads / PIECE_BYTES) * PIECE_BYTES;
  const workers = Array.from({ length: threads }, (_, index) => {
    const start = Math.min(size, index * share);
    const data = { model, start, end: Math.min(size, start + share) };
    return new Worker(new URL(import.meta.url), { workerData: data });
  });
  const answers = () => Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
  await answers();
  const done = answers();
  const start = performance.now();
  for (const worker of workers) worker.postMessage('digest');
  await done;
  console.log(JSON.stringify({ seconds: (performance.now() - start) / 1000, bytes: size }));
  process.exit(0);
}

function digest({ model, start, end }) {
  const bytes = new Uint8Array(end - start);
  const file = openSync(model);
  for (let done = 0; done < bytes.length; ) {
    done += readSync(file, bytes, done, Math.min(bytes.length - done, 2 ** 26), start + done);
  }
  closeSync(file);
  parentPort.once('message', () => {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES)
      hash('sha256', bytes.subarray(at, at + PIECE_BYTES), 'buffer');
    parentPort.postMessage('done');
  });
  parentPort.postMessage('ready');
}
