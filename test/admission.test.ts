/** The gate's promise: what it admits, the runtime loads. Over good files of every format, and over damaged ones. */
import { readdirSync, readFileSync } from 'node:fs';
import { admit } from '@mirust/admission';
import { type FileSet, fileSetOf, openCheckpoint } from '@mirust/checkpoint';
import { isMirustError, memorySource } from '@mirust/core';
import { fixtureCheckpoint } from '@mirust/pipeline';
import { loadModel } from '@mirust/runtime';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
// @boundaries-ignore bytes of a format are made where its reader is tested
import {
  GGUF_METADATA,
  ggufFile,
  ggufTensors,
  ggufVocabulary,
  llama2cFile,
  llama2cTokenizer,
  slm2File,
} from '../packages/checkpoint/test/_artifacts.ts';
// @boundaries-ignore digests of changed files are made right where the container is tested
import { resign } from '../packages/slm/test/_support.ts';
import { packCheckpoint, ROOT } from './support.ts';

type Files = Readonly<Record<string, Uint8Array>>;

function fileSet(files: Files, primary: string | undefined): FileSet {
  return fileSetOf(new Map(Object.entries(files).map(([name, bytes]) => [name, memorySource(bytes, name)])), primary);
}

/** Loads a model and runs it for one token. */
async function runs(files: Files, primary: string | undefined): Promise<void> {
  const checkpoint = await openCheckpoint(fileSet(files, primary));
  const model = await loadModel(checkpoint, { context: Math.min(8, checkpoint.model.hyperparameters.maxContext) });
  const logits = await model.step(1);
  expect(logits).toHaveLength(checkpoint.model.hyperparameters.vocabSize);
  model.free();
  await checkpoint.close();
}

const story = (): Files =>
  Object.fromEntries(
    readdirSync(`${ROOT}/fixtures/story/hf`).map((name) => [name, readFileSync(`${ROOT}/fixtures/story/hf/${name}`)]),
  );

/** Small models of every format, each with a tokenizer. */
const SAMPLES: readonly (readonly [string, () => Promise<Files> | Files, string | undefined])[] = [
  ['Hugging Face', story, undefined],
  ['GGUF', () => ({ 'a.gguf': ggufFile([...GGUF_METADATA, ...ggufVocabulary()], ggufTensors()) }), 'a.gguf'],
  [
    'llama2.c',
    () => ({ 'a.bin': llama2cFile({ version: 1, vocabulary: 260 }), 'tokenizer.bin': llama2cTokenizer(260) }),
    'a.bin',
  ],
  [
    'SLM1 of a fixture in f32',
    async () => ({ 'a.slm': await packCheckpoint(fixtureCheckpoint('tiny-bpe'), { format: 'slm1', quant: 'f32' }) }),
    'a.slm',
  ],
  ['SLM2', async () => ({ 'a.slm': await slm2File() }), 'a.slm'],
  [
    'SLM1 of a fixture in q4',
    async () => ({ 'a.slm': await packCheckpoint(fixtureCheckpoint('tiny-bpe'), { format: 'slm1', quant: 'q4' }) }),
    'a.slm',
  ],
];

/** Writes right digests into a damaged file of a sample, where its format has some that can be forged. */
const FORGED: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = { SLM2: resign };

/** Bytes set in the first kilobytes, where the decisions are; now and then a cut. */
const damage = fc.record({
  forge: fc.boolean(),
  cut: fc.option(fc.double({ min: 0.5, max: 1, noNaN: true }), { nil: undefined, freq: 8 }),
  reach: fc.constantFrom(120, 1200, 12_000),
  bytes: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat({ max: 255 })), {
    minLength: 1,
    maxLength: 3,
  }),
});

type Damage = typeof damage extends fc.Arbitrary<infer T> ? T : never;

/** A sample with some bytes of one of its files changed. */
async function damaged(sample: (typeof SAMPLES)[number], which: number, how: Damage): Promise<Files> {
  const [format, make] = sample;
  const files = await make();
  const names = Object.keys(files);
  const name = names[which % names.length] ?? '';
  const good = files[name] ?? new Uint8Array(0);
  const changed = good.slice(0, how.cut === undefined ? good.length : Math.floor(how.cut * good.length));
  for (const [at, value] of how.bytes) changed[Math.floor(at * Math.min(how.reach, changed.length - 1))] = value;
  const forged = how.forge && how.cut === undefined ? FORGED[format]?.(changed) : undefined;
  return { ...files, [name]: forged ?? changed };
}

describe.each(SAMPLES)('%s', (...sample) => {
  const [, make, primary] = sample;

  it('is admitted, and loads', async () => {
    const files = await make();
    const report = await admit(fileSet(files, primary));
    expect(report.findings).toEqual([]);
    expect(report.verdict).toBe('admitted');
    await runs(files, primary);
  });

  it('damaged: whatever is admitted loads, whatever does not load is not admitted', async () => {
    let rejected = 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(), damage, async (which, how) => {
        const files = await damaged(sample, which, how);
        const { verdict } = await admit(fileSet(files, primary));
        if (verdict === 'admitted') return runs(files, primary);
        rejected++;
        const outcome: unknown = await runs(files, primary).catch((error: unknown) => error);
        // What the gate refuses may still load (a missing tokenizer); what fails, fails with a code.
        if (outcome !== undefined) expect(isMirustError(outcome)).toBe(true);
      }),
      { numRuns: 60 },
    );
    expect(rejected).toBeGreaterThan(0);
  });

  it('damaged: packing gives an artifact that is admitted, or a reason', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), damage, async (which, how) => {
        const files = await damaged(sample, which, how);
        const packed: unknown = await openCheckpoint(fileSet(files, primary))
          .then((checkpoint) => packCheckpoint(checkpoint, { quant: 'q8' }))
          .catch((error: unknown) => error);
        if (!(packed instanceof Uint8Array)) expect(isMirustError(packed)).toBe(true);
        else expect(await admit(fileSet({ 'a.slm': packed }, 'a.slm'))).toMatchObject({ verdict: 'admitted' });
      }),
      { numRuns: 30 },
    );
  });
});
