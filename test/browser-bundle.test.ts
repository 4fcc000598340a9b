/**
 * The library in a browser: everything that a page imports bundles for one without a single `node:` module, and the
 * bundle runs. It is executed here with the globals that a browser has and Node's own taken away.
 */
import { createContext, Script } from 'node:vm';
import { type BuildOptions, build } from 'esbuild';
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

/** A page that signs and verifies, as a registry of models would. */
const SIGNING = `
  import { fileSetOf } from '@mirust/checkpoint';
  import { blobSource } from '@mirust/core';
  import { createSigner, digestArtifact, publicKeyPem, signStatement, verifySignature } from '@mirust/provenance';
  globalThis.result = (async () => {
    const files = fileSetOf(new Map([['m.slm', blobSource(globalThis.blob, 'm.slm')]]), 'm.slm');
    const signer = await createSigner('p256', new Uint8Array(32).fill(2));
    const statement = { subject: await digestArtifact(files), predicateType: 'https://example.com/any', predicate: {} };
    const signature = signStatement(statement, [signer]);
    const { keyIds, files: checked } = await verifySignature({ files, signature, keys: [publicKeyPem(signer.publicKey)] });
    return { keyId: keyIds[0] === signer.publicKey.keyId, digests: Object.keys(checked[0].digest) };
  })();
`;

/** What is common to all bundles of a page. */
function options(contents: string): BuildOptions & { readonly metafile: true; readonly write: false } {
  return {
    stdin: { contents, resolveDir: `${ROOT}/test`, loader: 'ts' },
    bundle: true,
    write: false,
    minify: true,
    platform: 'browser',
    conditions: ['mirust-source', 'browser'],
    target: 'es2022',
    metafile: true,
  };
}

/** Bytes that a page loads before it does anything, where a bundler splits, and bytes of everything. */
async function sizes(contents: string): Promise<{ readonly atOnce: number; readonly all: number }> {
  const { metafile } = await build({ ...options(contents), format: 'esm', splitting: true, outdir: 'out' });
  const pending = Object.keys(metafile.outputs).filter((path) => metafile.outputs[path]?.entryPoint === '<stdin>');
  const atOnce = new Set(pending);
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    for (const { path: other, kind } of metafile.outputs[path]?.imports ?? []) {
      if (kind !== 'import-statement' || atOnce.has(other)) continue;
      atOnce.add(other);
      pending.push(other);
    }
  }
  const bytesOf = (paths: Iterable<string>): number =>
    [...paths].reduce((sum, path) => sum + (metafile.outputs[path]?.bytes ?? 0), 0);
  return { atOnce: bytesOf(atOnce), all: bytesOf(Object.keys(metafile.outputs)) };
}

async function bundle(contents: string): Promise<string> {
  const { outputFiles, metafile } = await build({ ...options(contents), format: 'iife' });
  // What is written about rules is for explain and the page of rules.
  expect(Object.keys(metafile.inputs).filter((path) => path.includes('admission/src/rules/docs/'))).toEqual([]);
  return outputFiles[0]?.text ?? '';
}

describe('in a browser', () => {
  it('bundles without node modules, stays small, admits, plans and runs', async () => {
    const code = await bundle(ENTRY);
    expect(code).not.toMatch(/require\(|"node:|'node:/);
    // A budget, so that a heavy dependency cannot creep in: all four jobs in one page, 185 kB of it kernels in base64, 14 kB
    // policies and the rules that they name. What is loaded when it is wanted comes on top: the sandbox of chat templates
    // (63 kB), and the curves and readers of signatures.
    const { atOnce, all } = await sizes(ENTRY);
    expect(atOnce).toBeLessThan(600_000);
    expect(all).toBeLessThan(725_000);
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

  it('bundles without node modules, signs and verifies', async () => {
    const code = await bundle(SIGNING);
    expect(code).not.toMatch(/require\(|"node:|'node:/);
    // Three curves and the readers of models. A budget, as above.
    expect(code.length).toBeLessThan(220_000);
    const bytes = await packPath(`${ROOT}/fixtures/story/hf`, { quant: 'q8' });
    const sandbox = {
      blob: new Blob([bytes as BlobPart]),
      TextEncoder,
      TextDecoder,
      AbortController,
      AbortSignal,
      crypto: globalThis.crypto,
      atob,
      btoa,
      result: undefined as unknown,
    };
    createContext(sandbox);
    new Script(code).runInContext(sandbox);
    expect(await sandbox.result).toEqual({ keyId: true, digests: ['mirustRoot', 'sha256'] });
  });
});
