/** The published sizes of SLM1, the built-in models, and artifacts of real checkpoints. */
import { fileURLToPath } from 'node:url';
import { type Checkpoint, fileSetOf, openCheckpoint } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import { elementCount, memorySource } from '@mirust/core';
import { parameterCount } from '@mirust/model';
import { createTokenizer } from '@mirust/tokenizer';
import { describe, expect, it } from 'vitest';
// @boundaries-ignore bytes of a format are made where its reader is tested
import { CONFIG, f32Tensor, json, safetensors, type TestFiles, tinyTensors } from '../../checkpoint/test/_support.ts';
import { digestSources, FIXTURE_NAMES, fixtureCheckpoint, pendingSources, type Tile } from '../src/index.ts';
import {
  bytesOf,
  checkpointOf,
  everything,
  openBytes,
  pack,
  planOf,
  SMALL,
  sameBytes,
  sameTensor,
  tensorOf,
} from './_support.ts';

const root = new URL('../../../', import.meta.url);
const STORY = fileURLToPath(new URL('fixtures/story/hf', root));

describe('TinyLM-16M', () => {
  it.each([
    ['f32', 68_194_944],
    ['q8', 17_160_000],
    ['q4', 10_657_728],
  ])('everything as %s has %i bytes', async (type, byteLength) => {
    const checkpoint = fixtureCheckpoint('tiny-lm-16m');
    const plan = await planOf(checkpoint, { recipe: everything(type), format: 'slm1' });
    expect(plan.byteLength).toBe(byteLength);
    expect(plan.tensors).toHaveLength(39);
    expect(parameterCount(checkpoint.model.contract)).toBe(17_048_064);
  });

  it('packed, it has the planned size and opens', async () => {
    const { bytes } = await pack(fixtureCheckpoint('tiny-lm-16m'), { recipe: everything('q8'), format: 'slm1' });
    expect(bytes).toHaveLength(17_160_000);
    const artifact = await openBytes(bytes);
    await artifact.verify();
    expect(artifact.tensors.get('layers.3.w2.weight')?.shape).toEqual([512, 2048]);
  });
});

describe('built-in models', () => {
  it.each([
    ['tiny', 12, 4824],
    ['tiny-tied', 11, 2744],
    ['tiny-bpe', 12, 4856],
    ['tiny-lm-16m', 39, 17_048_064],
  ])('%s: %i tensors, %i parameters', (name, tensors, parameters) => {
    const { model } = fixtureCheckpoint(name);
    expect(model.contract).toHaveLength(tensors);
    expect(parameterCount(model.contract)).toBe(parameters);
    expect(model.contract.reduce((sum, { shape }) => sum + elementCount(shape), 0)).toBe(parameters);
  });

  it('are all of them', () => {
    expect(FIXTURE_NAMES).toEqual(['tiny', 'tiny-tied', 'tiny-bpe', 'tiny-lm-16m']);
    expect(() => fixtureCheckpoint('huge')).toThrow(/no fixture huge: there are tiny, tiny-tied/);
  });

  it('fit into both containers, in every type that SLM1 has', async () => {
    for (const name of FIXTURE_NAMES.slice(0, 3)) {
      for (const type of ['f32', 'q8', 'q4']) {
        for (const format of ['slm1', 'slm2'] as const) {
          const { bytes, plan } = await pack(fixtureCheckpoint(name), { recipe: everything(type), format });
          expect(bytes).toHaveLength(plan.byteLength);
          await (await openBytes(bytes)).verify();
        }
      }
    }
  });

  it('have weights that depend on name and place alone, whatever rows are read', async () => {
    const checkpoint = fixtureCheckpoint('tiny');
    const tensor = tensorOf(checkpoint, 'layers.0.w1.weight');
    const { payload } = await bytesOf(tensor);
    const rows = new Uint8Array(3 * 8 * 4);
    await tensor.readRows(5, 3, rows, new Uint8Array(0));
    expect(rows).toEqual(payload.subarray(5 * 32, 8 * 32));
    const values = new Float32Array(payload.buffer);
    expect(Math.max(...values)).toBeLessThanOrEqual(1 / Math.sqrt(8));
    expect(new Set(values).size).toBeGreaterThan(120);
    expect([...new Float32Array((await bytesOf(tensorOf(checkpoint, 'norm.weight'))).payload.buffer)]).toEqual(
      new Array(8).fill(1),
    );
  });

  it('tiny-bpe encodes "the" as the specification says', async () => {
    const imported = await fixtureCheckpoint('tiny-bpe').readTokenizer();
    const tokenizer = createTokenizer(imported?.model ?? expect.fail());
    expect(tokenizer.encode('the')).toEqual([256, 261]);
  });
});

describe('the shipped model', () => {
  const reversed = (tiles: readonly Tile[]): Tile[] => [...tiles].reverse();

  async function withStory<T>(run: (checkpoint: Checkpoint) => Promise<T>): Promise<T> {
    const checkpoint = await openCheckpoint(await openPath(STORY));
    try {
      return await run(checkpoint);
    } finally {
      await checkpoint.close();
    }
  }

  it('kept in SLM2: every payload is that of the source, rotated rows included', async () => {
    await withStory(async (checkpoint) => {
      const { bytes, report } = await pack(checkpoint);
      expect(report.tensors.every(({ error }) => error === undefined)).toBe(true);
      const artifact = await openBytes(bytes);
      for (const [name, tensor] of checkpoint.tensors) {
        const stored = tensorOf(artifact, name);
        expect(stored.encoding).toEqual(tensor.encoding);
        expect(await sameTensor(stored, tensor)).toBe(true);
      }
      expect(artifact.model.hyperparameters).toEqual(checkpoint.model.hyperparameters);
      expect((await artifact.readTokenizer())?.model).toEqual((await checkpoint.readTokenizer())?.model);
    });
  });

  it('in SLM1, bf16 becomes f32 without loss, and the tokenizer gives the same ids', async () => {
    await withStory(async (checkpoint) => {
      const { bytes, report } = await pack(checkpoint, { recipe: { default: 'f32' }, format: 'slm1' });
      expect(report.tensors.every(({ error }) => error?.maxAbsoluteError === 0)).toBe(true);
      const artifact = await openBytes(bytes);
      const [ours, theirs] = [await artifact.readTokenizer(), await checkpoint.readTokenizer()];
      const text = 'Once upon a time, Mia saw 3 dogs.\n\tWoof!';
      const ids = [ours, theirs].map((imported) => createTokenizer(imported?.model ?? expect.fail()).encode(text));
      expect(ids[0]).toEqual(ids[1]);
    });
  });

  it('gives the same bytes in any order, in both containers', async () => {
    await withStory(async (checkpoint) => {
      for (const [type, format] of [
        ['q8', 'slm1'],
        ['q4', 'slm2'],
      ] as const) {
        const first = await pack(checkpoint, { recipe: { default: type }, format });
        const second = await pack(checkpoint, { recipe: { default: type }, format, orderTiles: reversed });
        expect(sameBytes(first.bytes, second.bytes)).toBe(true);
      }
    });
  });
});

describe('the order of files', () => {
  /** A sharded checkpoint of 260 tokens whose shards and tensors are listed in the given order. */
  function shards(order: (names: string[]) => string[]): TestFiles {
    const tensors = tinyTensors().map((tensor) =>
      tensor.shape[0] === 12 ? f32Tensor(tensor.name, [260, 8], 1) : tensor,
    );
    const names = Array.from({ length: 4 }, (_, i) => `model-0000${i + 1}-of-00004.safetensors`);
    const parts = new Map(names.map((name, part) => [name, tensors.filter((_, index) => index % 4 === part)]));
    const entries = order(names).flatMap((name) => (parts.get(name) ?? []).map((tensor) => [tensor.name, name]));
    const index = json({ weight_map: Object.fromEntries(entries) });
    const files: Record<string, Uint8Array> = { 'config.json': json({ ...CONFIG, vocab_size: 260 }) };
    for (const name of order(names)) files[name] = safetensors(parts.get(name) ?? []);
    return { ...files, 'model.safetensors.index.json': index };
  }

  it('does not change a byte of the artifact', async () => {
    const artifacts: Uint8Array[] = [];
    for (const order of [(names: string[]) => names, (names: string[]) => [...names].reverse()]) {
      const files = shards(order);
      const sources = new Map(Object.entries(files).map(([name, bytes]) => [name, memorySource(bytes, name)]));
      const opened = await openCheckpoint(fileSetOf(sources));
      // The tokenizer is another package's business: any that fits will do.
      const checkpoint = { ...opened, readTokenizer: checkpointOf(SMALL).readTokenizer };
      const { bytes, plan } = await pack(checkpoint, { recipe: { default: 'q8' } });
      expect(plan.request.sources.map(({ name }) => name)).toEqual(pendingSources(checkpoint).map(({ name }) => name));
      artifacts.push(bytes);
    }
    expect(sameBytes(artifacts[0] ?? expect.fail(), artifacts[1] ?? expect.fail())).toBe(true);
  });
});

describe('digests of sources', () => {
  it('are those of the files, by name, and tell how far they are', async () => {
    const files = ['b', 'a', 'c'].map((name, i) => ({ name, source: memorySource(new Uint8Array(i + 1)) }));
    const checkpoint = { ...checkpointOf(SMALL), files };
    const done: number[] = [];
    const digests = await digestSources(checkpoint, { onProgress: (bytes) => done.push(bytes) });
    expect(digests).toEqual([
      { name: 'a', byteLength: 2, sha256: '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7' },
      { name: 'b', byteLength: 1, sha256: '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d' },
      { name: 'c', byteLength: 3, sha256: '709e80c88487a2411e1ee4dfb9f22a861492d20c4765150c0c794abd70f8147c' },
    ]);
    expect(done).toEqual([1, 3, 6]);
    expect(pendingSources(checkpoint).map(({ name, byteLength }) => [name, byteLength])).toEqual(
      digests.map(({ name, byteLength }) => [name, byteLength]),
    );
    const reason = new Error('enough');
    await expect(digestSources(checkpoint, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
