/** A model computes the same from every layout of its weights, and from every container that holds them. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { loadModel } from '@mirust/runtime';
import { describe, expect, it } from 'vitest';
import { openBytes, type PackOptions, packPath, ROOT } from './support.ts';

const HF = join(ROOT, 'fixtures', 'story', 'hf');

/** Logits of the reference backend behind a few tokens, as a digest: equal for equal bits alone. */
async function logitsOf(bytes: Uint8Array): Promise<string> {
  const checkpoint = await openBytes(bytes);
  const model = await loadModel(checkpoint, { backend: 'reference', context: 16 });
  await checkpoint.close();
  const hash = createHash('sha256');
  for (const token of [256, 300, 17]) {
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
    const digests = await Promise.all(packed.map(logitsOf));
    expect(new Set(digests).size).toBe(1);
    expect(new Set(packed.map((bytes) => createHash('sha256').update(bytes).digest('hex'))).size).toBe(3);
  });
});
