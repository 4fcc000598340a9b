/**
 * The library in a browser: everything that a page imports bundles for one without a single `node:` module, and the
 * bundle runs. It is executed here with the globals that a browser has and Node's own taken away.
 */
import { createContext, Script } from 'node:vm';
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { packPath, ROOT } from './support.ts';

const ENTRY = `
  import { fileSetOf, openCheckpoint } from '@mirust/checkpoint';
  import { blobSource } from '@mirust/core';
  import { admit } from '@mirust/admission';
  import { planInputOf, planMemory } from '@mirust/planner';
  import { loadModel } from '@mirust/runtime';
  globalThis.result = (async () => {
    const files = () => fileSetOf(new Map([['m.slm', blobSource(globalThis.blob, 'm.slm')]]), 'm.slm');
    const report = await admit(files());
    const checkpoint = await openCheckpoint(files());
    const plan = planMemory(planInputOf(checkpoint), { context: 32 });
    const model = await loadModel(checkpoint, { context: 32 });
    const { text } = await model.complete('', { maxTokens: 12 });
    return { verdict: report.verdict, totalBytes: plan.totalBytes, text };
  })();
`;

async function bundle(): Promise<string> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: ENTRY, resolveDir: `${ROOT}/test`, loader: 'ts' },
    bundle: true,
    write: false,
    minify: true,
    platform: 'browser',
    conditions: ['mirust-source', 'browser'],
    format: 'iife',
    target: 'es2022',
    metafile: true,
  });
  // What is written about rules is for explain and the page of rules.
  expect(Object.keys(metafile.inputs).filter((path) => path.includes('admission/src/rules/docs/'))).toEqual([]);
  return outputFiles[0]?.text ?? '';
}

describe('in a browser', () => {
  it('bundles without node modules, stays small, admits, plans and runs', async () => {
    const code = await bundle();
    expect(code).not.toMatch(/require\(|"node:|'node:/);
    // A budget, so that a heavy dependency cannot creep in: all four jobs in one page, 185 kB of it kernels in base64, 14 kB
    // policies and the rules that they name, and 63 kB the sandbox of chat templates, which a bundler that splits leaves out
    // until a template is rendered.
    expect(code.length).toBeLessThan(605_000);
    const bytes = await packPath(`${ROOT}/fixtures/story/hf`, { quant: 'q8' });
    const sandbox = {
      blob: new Blob([bytes as BlobPart]),
      TextEncoder,
      TextDecoder,
      performance,
      setTimeout,
      AbortController,
      AbortSignal,
      crypto: globalThis.crypto,
      atob,
      MessageChannel,
      result: undefined as unknown,
    };
    createContext(sandbox);
    new Script(code).runInContext(sandbox);
    const result = (await sandbox.result) as { verdict: string; totalBytes: number; text: string };
    expect(result.verdict).toBe('admitted');
    expect(result.text).toMatch(/^Once upon a time/);
    expect(result.totalBytes).toBeGreaterThan(900_000);
  });
});
