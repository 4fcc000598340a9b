/** The places apart: a process in Node, a worker in browsers (here one that is made for the test). */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { runApart as runInWorker } from '../src/platform/browser.ts';
import type { SandboxRun } from '../src/platform/contract.ts';
import { runApart as runInProcess } from '../src/platform/node.ts';

const ECHO = 'globalThis.runSandbox = (job) => job.toUpperCase();';
const RUN: SandboxRun = { script: ECHO, job: '"a"', milliseconds: 2000, heapMebibytes: 32, answerCharacters: 100 };

describe('a process', () => {
  it('answers', async () => {
    expect(await runInProcess(RUN)).toEqual({ answer: '"A"' });
  });

  it.each([
    ['time', { script: 'globalThis.runSandbox = () => { for (;;); };', milliseconds: 50 }],
    ['size', { script: "globalThis.runSandbox = () => 'x'.repeat(101);" }],
    [
      'crash',
      { script: 'globalThis.runSandbox = () => { const a = []; for (;;) a.push([a.length]); };', milliseconds: 60_000 },
    ],
    // The list that no worker thread survives.
    [
      'crash',
      {
        script: 'globalThis.runSandbox = () => { const a = []; for (let i = 0; i < 1e9; i++) a.push(i); };',
        milliseconds: 60_000,
      },
    ],
    ['crash', { script: "globalThis.runSandbox = () => { throw new Error('x'); };" }],
    ['crash', { script: 'globalThis.runSandbox = () => 5;' }],
    ['crash', { script: 'no script' }],
  ] as const)('ends by %s', async (ended, change) => {
    expect(await runInProcess({ ...RUN, ...change })).toEqual({ ended });
  });

  it('has none of the globals of Node, and makes no code of texts', async () => {
    const script = `globalThis.runSandbox = () => {
      let made = 'no';
      try { made = String(eval('1') + new Function('return 1')()); } catch {}
      return JSON.stringify([typeof process, typeof require, typeof fetch, typeof setTimeout, made]);
    };`;
    const end = await runInProcess({ ...RUN, script, answerCharacters: 1000 });
    expect(end).toEqual({ answer: '["undefined","undefined","undefined","undefined","no"]' });
  });

  it.each([
    ['nothing', '/nonexistent/node'],
    // Ends at once, as a Node does that lacks a library.
    ['another program', '/bin/false'],
  ])('is absent where %s is started', async (_name, program) => {
    const path = process.execPath;
    process.execPath = program;
    try {
      expect(await runInProcess(RUN)).toEqual({ ended: 'absent' });
    } finally {
      process.execPath = path;
    }
  });
});

/** A worker that runs its script when it is told to, in this thread. */
class FakeWorker {
  static behaviour: 'runs' | 'refuses' | 'fails' | 'hangs' = 'runs';
  static living = 0;
  onmessage: ((event: { data: unknown }) => void) | undefined;
  onerror: (() => void) | undefined;

  constructor() {
    FakeWorker.living++;
    queueMicrotask(() => {
      if (FakeWorker.behaviour === 'refuses') this.onerror?.();
      else this.onmessage?.({ data: {} });
    });
  }

  postMessage(job: string): void {
    if (FakeWorker.behaviour === 'runs') this.onmessage?.({ data: { answer: job.toUpperCase() } });
    if (FakeWorker.behaviour === 'fails') this.onerror?.();
  }

  terminate(): void {
    FakeWorker.living--;
  }
}

describe('a worker', () => {
  afterEach(() => vi.unstubAllGlobals());

  it.each([
    ['runs', {}, { answer: '"A"' }],
    ['runs', { answerCharacters: 2 }, { ended: 'size' }],
    ['refuses', {}, { ended: 'absent' }],
    ['fails', {}, { ended: 'crash' }],
    ['hangs', { milliseconds: 1 }, { ended: 'time' }],
  ] as const)('%s %j', async (behaviour, change, expected) => {
    vi.stubGlobal('Worker', FakeWorker);
    FakeWorker.behaviour = behaviour;
    expect(await runInWorker({ ...RUN, ...change })).toEqual(expected);
    expect(FakeWorker.living).toBe(0);
  });

  it('can be aborted', async () => {
    vi.stubGlobal('Worker', FakeWorker);
    FakeWorker.behaviour = 'hangs';
    const controller = new AbortController();
    const running = runInWorker({ ...RUN, signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    expect(FakeWorker.living).toBe(0);
  });

  it('is absent where the platform has none', async () => {
    vi.stubGlobal('Worker', undefined);
    expect(await runInWorker(RUN)).toEqual({ ended: 'absent' });
  });
});
