/**
 * A page in Chromium, where there is one: isolated from other origins it runs the shipped model on one thread and on two,
 * not isolated on one, and refuses two by name. The page is served on the loopback interface.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TemplateErrorCode } from '@mirust/chat-template';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { loadBytes, packPath, ROOT } from './support.ts';

const BINARY = ['chromium', 'chromium-browser', 'google-chrome'].find(
  (name) => spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0,
);
if (BINARY === undefined) console.warn('there is no Chromium: the test of the engine in a page is skipped');

const HTML = '<!doctype html><script type="module" src="/app.js"></script>';

/** What the page does: one result per number of threads, posted back to where it came from. */
const PAGE = `
  import { fileSetOf, openCheckpoint } from '@mirust/checkpoint';
  import { blobSource } from '@mirust/core';
  import { loadModel } from '@mirust/runtime';
  const results = [];
  for (const threads of [1, 2]) {
    try {
      const blob = await (await fetch('/model.slm')).blob();
      const files = fileSetOf(new Map([['model.slm', blobSource(blob, 'model.slm')]]), 'model.slm');
      const model = await loadModel(await openCheckpoint(files), { threads, context: 128 });
      const { text } = await model.complete('Once upon a time', { maxTokens: 30 });
      results.push({ text, backend: model.diagnostics().backend });
      model.free();
    } catch (error) {
      results.push({ code: error.code ?? String(error) });
    }
  }
  await fetch('/done', { method: 'POST', body: JSON.stringify(results) });
`;

/** What a page does that renders chat templates, in workers: one result per template. */
const TEMPLATES_PAGE = `
  import { renderChatTemplate } from '@mirust/chat-template';
  const results = [];
  const input = { messages: [{ role: 'user', content: 'Hello' }], addGenerationPrompt: true };
  const list = '{% set ns = namespace(s=[1]) %}{% for i in range(60) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}';
  const text = "{% set ns = namespace(s='xy') %}{% for i in range(18) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}";
  const templates = [
    '{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}',
    '{{ range(1000000000) }}',
    list + '{{ ns.s|tojson }}',
    text + '{{ range(60000)|join(ns.s) }}',
    '{% if %}',
  ];
  for (const template of templates) {
    try {
      results.push({ text: await renderChatTemplate(template, input) });
    } catch (error) {
      results.push({ code: error.code ?? String(error) });
    }
  }
  await fetch('/done', { method: 'POST', body: JSON.stringify(results) });
`;

type Result = {
  readonly text?: string;
  readonly backend?: string;
  readonly code?: TemplateErrorCode | 'RUNTIME_THREADS';
};

async function bundle(page: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: page, resolveDir: join(ROOT, 'test'), loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    conditions: ['mirust-source'],
  });
  return outputFiles[0]?.text ?? '';
}

/** Opens the page and gives what it posts. */
async function visit(files: ReadonlyMap<string, string | Uint8Array>, isolated: boolean): Promise<Result[]> {
  const profile = mkdtempSync(join(tmpdir(), 'mirust-chromium-'));
  let server: Server | undefined;
  let browser: ReturnType<typeof spawn> | undefined;
  try {
    return await new Promise<Result[]>((resolve, reject) => {
      const listening = createServer(async (request, response) => {
        if (request.method === 'POST') {
          const parts: Buffer[] = [];
          for await (const part of request) parts.push(part as Buffer);
          response.end();
          resolve(JSON.parse(Buffer.concat(parts).toString()) as Result[]);
          return;
        }
        if (isolated) {
          response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
          response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
        }
        const file = files.get(request.url ?? '');
        response.statusCode = file === undefined ? 404 : 200;
        response.setHeader('content-type', request.url === '/' ? 'text/html' : 'text/javascript');
        response.end(file);
      });
      server = listening;
      listening.listen(0, '127.0.0.1', () => {
        const { port } = listening.address() as AddressInfo;
        const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'];
        const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
        const url = `http://127.0.0.1:${port}/`;
        browser = spawn(BINARY ?? '', [...flags, ...quiet, `--user-data-dir=${profile}`, url], {
          stdio: 'ignore',
          // A group of its own, which is ended as a whole: its helpers write to the profile to the last.
          detached: true,
        });
        browser.on('error', reject);
        browser.on('exit', () => reject(new Error('Chromium ended without a result')));
      });
    });
  } finally {
    browser?.removeAllListeners('exit');
    if (browser?.pid !== undefined) process.kill(-browser.pid, 'SIGKILL');
    server?.closeAllConnections();
    server?.close();
    rmSync(profile, { recursive: true, force: true, maxRetries: 10 });
  }
}

describe.skipIf(BINARY === undefined)('a page in Chromium', () => {
  it('runs on one thread anywhere, and on two where it is isolated', async () => {
    const artifact = await packPath(`${ROOT}/fixtures/story/hf`, { quant: 'q8' });
    const model = await loadBytes(artifact, { threads: 1, context: 128 });
    const { text } = await model.complete('Once upon a time', { maxTokens: 30 });
    model.free();
    const files = new Map<string, string | Uint8Array>([
      ['/', HTML],
      ['/app.js', await bundle(PAGE)],
      ['/model.slm', artifact],
    ]);
    const backend = expect.stringMatching(/^wasm-/);
    expect(await visit(files, true)).toEqual([
      { text, backend },
      { text, backend },
    ]);
    expect(await visit(files, false)).toEqual([{ text, backend }, { code: 'RUNTIME_THREADS' }]);
  });

  it('renders chat templates apart, and goes on after hostile ones', async () => {
    const files = new Map([
      ['/', HTML],
      ['/app.js', await bundle(TEMPLATES_PAGE)],
    ]);
    expect(await visit(files, false)).toEqual([
      { text: '<user>Hello' },
      { code: 'TEMPLATE_LIMIT' },
      { code: 'TEMPLATE_TIME' },
      { code: 'TEMPLATE_LIMIT' },
      { code: 'TEMPLATE_SYNTAX' },
    ]);
  });
});
