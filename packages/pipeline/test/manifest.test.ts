/** Manifests of both containers: what they say, and that their readers take them back. */
import { memorySource } from '@mirust/core';
import { createSha256, readManifest, readSidecar, toHex, writeManifest, writeSidecar } from '@mirust/integrity';
import { describe, expect, it } from 'vitest';
import { fixtureCheckpoint, manifestOf, sidecarOf } from '../src/index.ts';
import { checkpointOf, errorOf, everything, pack, SMALL } from './_support.ts';

const tool = { name: 'test', version: '1' };

function sha256(bytes: Uint8Array): string {
  const hash = createSha256();
  hash.update(bytes);
  return toHex(hash.digest());
}

describe('the JSON manifest', () => {
  it('of an SLM2 file', async () => {
    const recipe = { default: 'q4', rules: [{ pattern: 'layers.0.*', type: 'q4/8' }], scaleType: 'f16' as const };
    const { bytes, report } = await pack(checkpointOf(SMALL, { facts: { name: 'small' } }), { recipe });
    const manifest = await manifestOf(memorySource(bytes, '/a/path/model.slm'), { tool });
    expect(readManifest(writeManifest(manifest))).toEqual(manifest);
    expect(manifest).toMatchObject({
      artifact: {
        format: 'slm2',
        fileName: 'model.slm',
        byteLength: bytes.length,
        rootDigest: report.digest.rootDigest,
      },
      model: { name: 'small', architecture: 'llama', hyperparameters: SMALL },
      recipe: { default: 'q4', rules: recipe.rules, q4BlockSize: 32, scaleType: 'f16' },
      tool,
      admission: { state: 'not-run', requiredNextGate: 'structure' },
    });
    expect(manifest.tensors).toHaveLength(21);
    const stored = new Map(report.tensors.map(({ name, storedBytes }) => [name, storedBytes]));
    for (const { name, byteLength, sha256: digest } of manifest.tensors) {
      expect(byteLength).toBe(stored.get(name));
      expect(digest).toMatch(/^[0-9a-f]{64}$/);
    }
    const byName = new Map(manifest.tensors.map((tensor) => [tensor.name, tensor]));
    expect(byName.get('layers.0.wq.weight')).toMatchObject({ encoding: 'q4/8', scaleType: 'f16', shape: [24, 24] });
    expect(byName.get('layers.0.wq.weight')?.layout).toBeUndefined();
    expect(byName.get('layers.1.wq.weight')).toMatchObject({
      encoding: 'q8',
      scaleType: 'f16',
      layout: 'interleaved',
      byteLength: 3 * (8 * 2 + 8 * 32),
    });
    expect(byName.get('norm.weight')).toMatchObject({ encoding: 'f32', shape: [24] });
    expect(byName.get('norm.weight')?.scaleType).toBeUndefined();
  });

  it('of an SLM1 file', async () => {
    const { bytes, report } = await pack(fixtureCheckpoint('tiny'), { recipe: everything('q8'), format: 'slm1' });
    const manifest = await manifestOf(memorySource(bytes, 'C:\\models\\tiny.slm'), { tool });
    expect(readManifest(writeManifest(manifest))).toEqual(manifest);
    expect(manifest).toMatchObject({
      artifact: {
        format: 'slm1',
        fileName: 'tiny.slm',
        byteLength: bytes.length,
        sha256: sha256(bytes),
        checksum: report.digest.checksum?.toString(16).padStart(16, '0'),
      },
      model: { architecture: 'llama', parameterCount: 4824 },
      sources: [],
    });
    expect(manifest.tensors.map(({ name }) => name)).toContain('tok_embeddings.weight');
  });

  it('takes the name that it is given: paths are cut where they are long', async () => {
    const { bytes } = await pack(checkpointOf(SMALL));
    const source = memorySource(bytes, `/${'long/'.repeat(40)}… (200 characters)`);
    const manifest = await manifestOf(source, { tool, fileName: 'model.slm' });
    expect(manifest.artifact.fileName).toBe('model.slm');
  });

  it('is not made for a damaged file', async () => {
    for (const format of ['slm1', 'slm2'] as const) {
      const { bytes } = await pack(checkpointOf(SMALL), { recipe: everything('f32'), format });
      const at = bytes.length - 100;
      bytes[at] = (bytes[at] ?? 0) ^ 4;
      const error = await errorOf(manifestOf(memorySource(bytes), { tool }));
      expect(error.class).toBe('integrity');
    }
  });

  it('honours an abort and tells how far it is', async () => {
    const { bytes } = await pack(checkpointOf(SMALL));
    const reason = new Error('enough');
    const aborted = manifestOf(memorySource(bytes), { tool, signal: AbortSignal.abort(reason) });
    await expect(aborted).rejects.toBe(reason);
    const shares: number[] = [];
    await manifestOf(memorySource(bytes), { tool, onProgress: (done, total) => shares.push(done / total) });
    expect(shares.at(-1)).toBe(1);
  });
});

describe('the sidecar', () => {
  it.each([
    ['f32', 'f32'],
    ['q8', 'q8'],
    ['q4/4', 'q4'],
  ])('of everything as %s', async (type, quantization) => {
    const { bytes, report } = await pack(fixtureCheckpoint('tiny'), { recipe: everything(type), format: 'slm1' });
    const sidecar = await sidecarOf(memorySource(bytes, '/x/tiny.slm'), 'deterministic-smoke');
    expect(readSidecar(writeSidecar(sidecar))).toEqual(sidecar);
    expect(sidecar).toEqual({
      modelPath: 'tiny.slm',
      byteLength: bytes.length,
      checksum: report.digest.checksum?.toString(16).padStart(16, '0'),
      vocabSize: 260,
      hiddenSize: 8,
      layerCount: 1,
      headCount: 2,
      kvHeadCount: 2,
      headDim: 4,
      ffnSize: 16,
      maxContext: 64,
      tiedOutput: false,
      tensorCount: 12,
      parameterCount: 4824,
      quantization,
      sourceKind: 'deterministic-smoke',
      qualityClaim: 'none',
      trainedQualityClaim: 'none',
      admissionStatus: 'not-run',
      requiredNextGate: 'structure',
    });
  });

  it('of several types is mixed; vectors do not count', async () => {
    const quantizationOf = async (rules: { pattern: string; type: string }[]): Promise<string> => {
      const { bytes } = await pack(fixtureCheckpoint('tiny-tied'), {
        recipe: { default: 'q8', rules },
        format: 'slm1',
      });
      const sidecar = await sidecarOf(memorySource(bytes), 'converted-trained', { fileName: 'a.slm' });
      expect(sidecar).toMatchObject({ sourceKind: 'converted-trained', modelPath: 'a.slm', tiedOutput: true });
      return sidecar.quantization;
    };
    expect(await quantizationOf([])).toBe('q8');
    expect(await quantizationOf([{ pattern: '*.wo.weight', type: 'f32' }])).toBe('mixed');
  });

  it('is not made for a damaged file', async () => {
    const { bytes } = await pack(fixtureCheckpoint('tiny'), { recipe: everything('q8'), format: 'slm1' });
    bytes[5000] = (bytes[5000] ?? 0) ^ 1;
    expect((await errorOf(sidecarOf(memorySource(bytes), 'deterministic-smoke'))).code).toBe('SLM1_CHECKSUM');
  });
});
