/**
 * The memory's pure read rate, of this minute: `node bandwidth.mjs '{"threads":2}'` prints
 * `{"gigabytesPerSecond":[…]}`, one number a pass. What decoding can reach, whatever the kernel: every weight is read
 * once per token.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { sumModule } from './_sum-module.mjs';

/** Far larger than any cache, all threads together. */
const TOTAL_BYTES = 256 * 2 ** 20;
/** One call: compiled code is replaced by better code between calls only. */
const CALL_BYTES = 2 ** 20;
const PAGE_BYTES = 2 ** 16;
const PASSES = 9;

if (isMainThread) await main(JSON.parse(process.argv[2] ?? '{}'));
else read(workerData);

async function main({ threads = 1 }) {
  const byteLength = TOTAL_BYTES / threads;
  const workers = Array.from(
    { length: threads },
    () => new Worker(new URL(import.meta.url), { workerData: { byteLength } }),
  );
  const answers = () => Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
  await answers();
  const rates = [];
  for (let pass = 0; pass < PASSES; pass++) {
    const done = answers();
    for (const worker of workers) worker.postMessage('read');
    const spans = await done;
    const start = Math.min(...spans.map((span) => span.start));
    const end = Math.max(...spans.map((span) => span.end));
    rates.push(TOTAL_BYTES / (end - start) / 1e6);
  }
  await Promise.all(workers.map((worker) => worker.terminate()));
  console.log(JSON.stringify({ gigabytesPerSecond: rates }));
}

function read({ byteLength }) {
  const pages = byteLength / PAGE_BYTES;
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  // Written, or every page would be the one zero page, which the cache holds.
  const words = new Uint32Array(memory.buffer);
  for (let i = 0; i < words.length; i++) words[i] = i;
  const { sum } = new WebAssembly.Instance(sumModule(pages), { host: { memory } }).exports;
  const pass = () => {
    let total = 0n;
    for (let at = 0; at < byteLength; at += CALL_BYTES) total += sum(at, at + CALL_BYTES);
    return total;
  };
  const expected = pass();
  const now = () => performance.timeOrigin + performance.now();
  parentPort.on('message', () => {
    const start = now();
    if (pass() !== expected) throw new Error('the memory has changed');
    parentPort.postMessage({ start, end: now() });
  });
  parentPort.postMessage('ready');
}
