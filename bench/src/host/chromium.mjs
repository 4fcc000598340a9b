/** Measures a page in headless Chromium: the memory of the renderer process, which is the tab. Linux alone tells it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-sync',
  '--disable-background-networking',
  '--disable-component-update',
  '--no-first-run',
  '--enable-precise-memory-info',
  '--js-flags=--expose-gc',
];

/** Bytes that the page takes for a moment: which renderer is its own is told by who has grown. */
const MARK_BYTES = 64 * 2 ** 20;

/** Steps: the runtime is there; a model was loaded; it has run. After each the page waits until it was looked at. */
const PAGE = `
  import { fileSetOf, openCheckpoint } from '@mirust/checkpoint';
  import { blobSource } from '@mirust/core';
  import { loadModel } from '@mirust/runtime';
  const { name, threads } = JSON.parse(decodeURIComponent(location.hash.slice(1)));
  const step = async (facts) => {
    // Collected twice, with a rest: what is external is given back later.
    for (let round = 0; round < 2; round++) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    const heapBytes = performance.memory.usedJSHeapSize;
    await fetch('/step', { method: 'POST', body: JSON.stringify({ ...facts, heapBytes }) });
  };
  try {
    await step({ step: 'before' });
    let mark = new Uint8Array(${MARK_BYTES}).fill(1);
    await step({ step: 'marked', first: mark[0] });
    mark = undefined;
    await step({ step: 'host' });
    const blob = await (await fetch('/model')).blob();
    const files = fileSetOf(new Map([[name, blobSource(blob, name)]]), name);
    const model = await loadModel(await openCheckpoint(files), { threads });
    const { chunk } = model.layout.options;
    const loadedBytes = model.layout.engine.byteLength + model.layout.weights.byteLength;
    await step({ step: 'loaded', loadedBytes });
    model.reset({ wipe: true });
    await model.feed(Array.from({ length: chunk }, (_, index) => index));
    for (let count = 0; count < 16; count++) await model.step(count);
    await step({ step: 'run', totalBytes: model.layout.totalBytes });
  } catch (error) {
    await fetch('/step', { method: 'POST', body: JSON.stringify({ step: 'failed', message: String(error) }) });
  }
`;

let app;

/** Gives `{ host, loaded, run }`: what the page said, and the renderer's `rssBytes`, `pssBytes` and `peakRssBytes`. */
export async function measurePage(binary, path, threads) {
  app ??= (
    await build({
      stdin: {
        contents: PAGE,
        resolveDir: import.meta.dirname ?? new URL('.', import.meta.url).pathname,
        loader: 'js',
      },
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'browser',
      conditions: ['mirust-source'],
    })
  ).outputFiles[0].text;
  const steps = {};
  let before;
  let own;
  let browser;
  const profile = mkdtempSync(join(tmpdir(), 'mirust-host-'));
  const { promise, resolve, reject } = deferred();
  const server = createServer(async (request, response) => {
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    if (request.method === 'POST') {
      const parts = [];
      for await (const part of request) parts.push(part);
      const { step, ...facts } = JSON.parse(Buffer.concat(parts).toString());
      if (step === 'failed') reject(new Error(facts.message));
      if (step === 'before') before = renderersOf(browser.pid);
      else if (step === 'marked') own = grown(before, renderersOf(browser.pid));
      else if (step !== 'failed') steps[step] = { ...facts, ...memoryOf(own) };
      // A peak begins anew with each step, so that of loading is not the mark's.
      if (step === 'host') writeFileSync(`/proc/${own}/clear_refs`, '5');
      response.end();
      if (step === 'run') resolve();
    } else if (request.url === '/model') createReadStream(path).pipe(response);
    else if (request.url === '/') {
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><script type="module" src="/app.js"></script>');
    } else {
      response.setHeader('content-type', 'text/javascript');
      response.statusCode = request.url === '/app.js' ? 200 : 404;
      response.end(request.url === '/app.js' ? app : '');
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const name = path.endsWith('.gguf') ? 'model.gguf' : 'model.slm';
  const hash = encodeURIComponent(JSON.stringify({ name, threads }));
  const timer = setTimeout(() => reject(new Error('the page gave no answer')), 120_000);
  try {
    const url = `http://127.0.0.1:${server.address().port}/#${hash}`;
    // A group of its own, which is ended as a whole.
    browser = spawn(binary, [...FLAGS, `--user-data-dir=${profile}`, url], { stdio: 'ignore', detached: true });
    browser.on('error', reject);
    browser.on('exit', () => reject(new Error('Chromium ended')));
    await promise;
    return steps;
  } finally {
    clearTimeout(timer);
    browser?.removeAllListeners('exit');
    if (browser?.pid !== undefined) process.kill(-browser.pid, 'SIGKILL');
    server.closeAllConnections();
    server.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

/** RSS of the renderers below a process, by process. */
function renderersOf(root) {
  const parents = new Map();
  for (const pid of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const parent = /^PPid:\s*(\d+)$/m.exec(text(`/proc/${pid}/status`))?.[1];
    if (parent !== undefined) parents.set(Number(pid), Number(parent));
  }
  const isBelow = (pid) => pid === root || (parents.has(pid) && isBelow(parents.get(pid)));
  const pids = [...parents.keys()].filter(isBelow);
  const renderers = pids.filter((pid) => text(`/proc/${pid}/cmdline`).includes('--type=renderer'));
  return new Map(renderers.map((pid) => [pid, memoryOf(pid).rssBytes]));
}

/** The process that took the mark. */
function grown(before, after) {
  const found = [...after].find(([pid, bytes]) => bytes - (before.get(pid) ?? bytes) > MARK_BYTES / 2);
  if (found === undefined) throw new Error('no renderer has grown');
  return found[0];
}

function memoryOf(pid) {
  const status = text(`/proc/${pid}/status`);
  const kibibytes = (source, key) => 1024 * Number(new RegExp(`^${key}:\\s*(\\d+) kB$`, 'm').exec(source)?.[1] ?? 0);
  return {
    rssBytes: kibibytes(status, 'VmRSS'),
    peakRssBytes: kibibytes(status, 'VmHWM'),
    pssBytes: kibibytes(text(`/proc/${pid}/smaps_rollup`), 'Pss'),
  };
}

/** Of a file that may be gone; empty then. */
function text(path) {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

function deferred() {
  let settle;
  const promise = new Promise((resolve, reject) => {
    settle = { resolve, reject };
  });
  return { promise, ...settle };
}
