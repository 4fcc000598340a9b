/**
 * llama.cpp as WebAssembly in headless Chromium, through wllama 2.2.1 or 3.8.1:
 * `node wllama.mjs '{"release":"wllama-2","model":"…","threads":1,"chromium":"…","plan":{…}}'` prints one JSON line.
 *
 * Everything comes from a server on the loopback: page, package, model. The page is cross-origin isolated, so that both
 * releases get the threads they ask for (the later one needs shared memory even for one).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

const { release, model, threads, plan, chromium } = JSON.parse(process.argv[2]);
const here = fileURLToPath(new URL('.', import.meta.url));

const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

/** Long enough for the slowest pair of model and engine; a page that hangs must not hang the run. */
const TIMEOUT_MS = 240_000;

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-sync',
  '--disable-background-networking',
  '--disable-component-update',
  '--no-first-run',
];

const { promise: answered, resolve: answer } = deferred();
const server = createServer(serve);
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const query = new URLSearchParams({ release, threads: String(threads), plan: JSON.stringify(plan) });
const profile = mkdtempSync(join(tmpdir(), 'mirust-bench-'));
const url = `http://127.0.0.1:${server.address().port}/page.html?${query}`;
const browser = spawn(chromium, [...FLAGS, `--user-data-dir=${profile}`, url], { stdio: 'ignore', detached: true });
browser.on('error', (error) => answer({ error: String(error) }));
browser.on('exit', () => answer({ error: 'the browser ended' }));
// Told to stop, it still closes the browser.
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => answer({ error: 'told to stop' }));
const timer = setTimeout(() => answer({ error: 'the page gave no answer' }), TIMEOUT_MS);
const result = await answered;
clearTimeout(timer);
if (browser.exitCode === null && browser.kill()) await once(browser, 'exit');
endGroup(browser.pid);
rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
console.log(JSON.stringify(result));
process.exit(0);

/** Ends the browser's helpers, which outlive it for a moment and would still write to the profile. */
function endGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // None is left, or the platform has no process groups.
  }
}

function deferred() {
  let resolve;
  const promise = new Promise((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** Page, package, model; and the page's answer. */
function serve(request, response) {
  if (request.method === 'POST') {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      response.end();
      answer(JSON.parse(Buffer.concat(parts).toString('utf8')));
    });
    return;
  }
  const { pathname } = new URL(request.url, 'http://localhost');
  const path = pathname === '/model.gguf' ? model : join(here, normalize(pathname));
  try {
    response.writeHead(200, {
      'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
      'content-length': statSync(path).size,
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-embedder-policy': 'require-corp',
    });
    createReadStream(path).pipe(response);
  } catch {
    response.writeHead(404).end();
  }
}
