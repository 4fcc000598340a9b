/** A model computes the same from every layout of its weights, and from every container that holds them. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Checkpoint } from '@mirust/checkpoint';
import { loadModel } from '@mirust/runtime';
import { describe, expect, it } from 'vitest';
import { blockCheckpoint, openBytes, type PackOptions, packCheckpoint, packPath, ROOT } from './support.ts';

const HF = join(ROOT, 'fixtures', 'story', 'hf');

/** Logits of the reference backend behind a few tokens, as a digest: equal for equal bits alone. */
async function logitsOf(checkpoint: Checkpoint): Promise<string> {
  const model = await loadModel(checkpoint, { backend: 'reference', context: 16 });
  await checkpoint.close();
  const hash = createHash('sha256');
  for (const token of [256, 30, 17]) {
    const logits = await model.step(token);
    expect(logits.every(Number.isFinite)).toBe(true);
    hash.update(Uint8Array.from(new Uint8Array(logits.buffer, logits.byteOffset, logits.byteLength)));
  }
  model.free();
  return hash.digest('hex');
}

describe.each(['q8', 'q4'])('the shipped model at %s', (quant) => {
  it('has the same logits from interleaved rows, from rows one by one, and from SLM1', async () => {
    const forms: PackOptions[] = [{}, { layout: 'rows' }, { format: 'slm1' }];
    const packed = await Promise.all(forms.map((form) => packPath(HF, { quant, ...form })));
    const digests = await Promise.all(packed.map(async (bytes) => logitsOf(await openBytes(bytes))));
    expect(new Set(digests).size).toBe(1);
    expect(new Set(packed.map((bytes) => createHash('sha256').update(bytes).digest('hex'))).size).toBe(3);
  });
});

const TINY = {
  vocabSize: 260,
  hiddenSize: 32,
  layerCount: 2,
  headCount: 4,
  kvHeadCount: 1,
  headDim: 8,
  ffnSize: 96,
  maxContext: 32,
  ropeTheta: 10_000,
  rmsNormEpsilon: 1e-5,
  tiedOutput: true,
} as const;

it.each(['Q8_0', 'Q4_0'] as const)('a model in %s has the same logits as it is and packed', async (dtype) => {
  const source = blockCheckpoint(dtype, TINY);
  const forms = [{}, { layout: 'rows' }] as const;
  const packed = await Promise.all(forms.map(async (form) => openBytes(await packCheckpoint(source, form))));
  expect(packed.map(({ tensors }) => tensors.get('layers.0.wk.weight')?.encoding.layout)).toEqual([
    'interleaved',
    undefined,
  ]);
  const digests = await Promise.all([source, ...packed].map(logitsOf));
  expect(new Set(digests).size).toBe(1);
});
