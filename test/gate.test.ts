/** Admit what you run: `loadModel` asks the gate about the very bytes that it loads. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AdmissionReport, admissionGate, createPolicy } from '@mirust/admission';
import { type FileSet, openCheckpoint, pinFiles } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import { isMirustError, type MirustError } from '@mirust/core';
import { loadModel } from '@mirust/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @boundaries-ignore bytes of a format are made where its reader is tested
import {
  GGUF_METADATA,
  ggufFile,
  ggufTensors,
  ggufVocabulary,
  slm2File,
} from '../packages/checkpoint/test/_artifacts.ts';

const folder = mkdtempSync(join(tmpdir(), 'mirust-gate-'));
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  writeFileSync(at('good.slm'), await slm2File());
  writeFileSync(at('good.gguf'), ggufFile([...GGUF_METADATA, ...ggufVocabulary()], ggufTensors()));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Attempt {
  readonly policy?: object;
  readonly isPinned?: boolean;
  /** Between check and load. */
  readonly meanwhile?: () => void;
}

/** What a step of a loaded model gave. */
interface Loaded extends AdmissionReport {
  readonly logits: Float32Array;
}

/** Loads under a policy and takes one step. */
async function load(name: string, { policy = {}, isPinned = true, meanwhile }: Attempt): Promise<Loaded | MirustError> {
  const plain: FileSet = await openPath(at(name));
  const files = pinFiles(plain);
  const checkpoint = await openCheckpoint(isPinned ? files : plain);
  let report: AdmissionReport | undefined;
  const gate = admissionGate(createPolicy({ version: 1, ...policy }), {
    ...(isPinned ? { files } : {}),
    onReport(made) {
      report = made;
      meanwhile?.();
    },
  });
  try {
    const model = await loadModel(checkpoint, { context: 8, admission: gate });
    const logits = (await model.step(1)).slice();
    model.free();
    return { ...(report as AdmissionReport), logits };
  } catch (error) {
    if (isMirustError(error)) return error;
    throw error;
  } finally {
    await checkpoint.close();
  }
}

describe.each(['good.slm', 'good.gguf'])('%s', (name) => {
  it('is loaded where the policy admits it', async () => {
    expect(await load(name, {})).toMatchObject({ verdict: 'admitted', findings: [] });
  });

  it('is refused where it does not, with the first reason', async () => {
    const error = await load(name, { policy: { architectures: ['qwen2'], maxParameters: 10 } });
    expect(error).toMatchObject({ code: 'ADMISSION_REFUSED', class: 'policy' });
    expect((error as MirustError).message).toMatch(
      /is rejected: MR-P002, the architecture is llama, allowed are qwen2$/,
    );
  });

  it('is refused where the policy demands a run that nobody does', async () => {
    const error = await load(name, { policy: { behaviour: { probes: [{ prompt: '', expected: '' }] } } });
    expect(error).toMatchObject({ code: 'ADMISSION_REFUSED', class: 'behaviour' });
  });

  it.each([
    ['overwritten', (bytes: Uint8Array, path: string) => writeFileSync(path, bytes)],
    [
      'replaced',
      (bytes: Uint8Array, path: string) => {
        rmSync(path);
        writeFileSync(path, bytes);
      },
    ],
  ])('is not loaded as what it is %s by between check and load', async (_, replace) => {
    copyFileSync(at(name), at(`victim-${name}`));
    const bytes = readFileSync(at(name));
    // The middle of a file is weights, and all of them are loaded.
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 100) ^ 1, bytes.length - 100);
    const result = await load(`victim-${name}`, { meanwhile: () => replace(bytes, at(`victim-${name}`)) });
    // Bytes that were read and verified already may be loaded; those that came later may not.
    if (isMirustError(result)) expect(['CHUNK_DIGEST', 'SOURCE_CHANGED']).toContain(result.code);
    else expect(result.logits).toEqual(((await load(name, {})) as Loaded).logits);
  });
});

it('a format without digests is judged only behind pinFiles', async () => {
  expect(await load('good.gguf', { isPinned: false })).toMatchObject({ code: 'RUNTIME_UNPINNED', class: 'integrity' });
  expect(await load('good.slm', { isPinned: false })).toMatchObject({ verdict: 'admitted' });
});
