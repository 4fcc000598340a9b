/** Conversions on threads: the same bytes and the same errors, whoever does the work; and nothing left over. */
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Checkpoint, CheckpointTensor } from '@mirust/checkpoint';
import { openCheckpoint } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import { createEncoding, type DTypeName, memorySink, memorySource } from '@mirust/core';
import { atomicFileSink } from '@mirust/core/node';
import { createRecipe } from '@mirust/quant';
import { readSlm2 } from '@mirust/slm';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  beginSourceDigests,
  type ConversionPlan,
  convert,
  defaultThreads,
  digestSources,
  planConversion,
  startWorkers,
  type Tile,
  type Workers,
} from '../src/index.ts';
import { startWorkThread } from '../src/platform/browser.ts';
import {
  checkpointOf,
  errorOf,
  everything,
  type PackOptions,
  pack,
  planOf,
  SMALL,
  sameBytes,
  tensorOf,
  watchedSink,
} from './_support.ts';

const STORY = fileURLToPath(new URL('../../../fixtures/story/hf', import.meta.url));

/** Threads for all tests: starting them takes longer than most of what they do. */
const pools = new Map<number, Workers>();
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mirust-workers-'));
  for (const count of [2, 3]) pools.set(count, start(count));
});

afterAll(async () => {
  for (const pool of pools.values()) await pool.close();
  await rm(directory, { recursive: true });
});

afterEach(() => {
  vi.restoreAllMocks();
});

function start(count: number): Workers {
  const workers = startWorkers(count);
  if (workers === undefined) throw new Error('no threads');
  return workers;
}

function threads(count: number): Workers {
  return pools.get(count) ?? expect.fail(`no pool of ${count}`);
}

/** A model whose rows have whole q4 blocks of 32, and more than one panel. */
const WIDE = { ...SMALL, hiddenSize: 64, headDim: 16, ffnSize: 96 };

/** Tiles of one panel each, the last ones first: many, and in an order that nobody counts on. */
function small(tiles: readonly Tile[]): Tile[] {
  return tiles
    .flatMap(({ tensor, firstRow, rowCount }) =>
      Array.from({ length: Math.ceil(rowCount / 8) }, (_, panel) => ({
        tensor,
        firstRow: firstRow + panel * 8,
        rowCount: Math.min(8, rowCount - panel * 8),
      })),
    )
    .reverse();
}

/** Makes the engine one without SIMD: codecs convert. */
function withoutKernels(): void {
  vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
}

describe('who converts does not matter', () => {
  const source = (dtype: DTypeName): Checkpoint =>
    checkpointOf(WIDE, { encoding: (_, shape) => createEncoding(shape.length > 1 ? dtype : 'f32', shape) });

  it.each(
    (['f32', 'f16', 'bf16', 'q8', 'q4', 'Q8_0'] as const).flatMap((dtype) =>
      ['keep', 'f32', 'f16', 'bf16', 'q8', 'q4', 'q4/64'].map((type) => [dtype, type] as const),
    ),
  )('%s to %s', async (dtype, type) => {
    // Nothing encodes ggml's types; stored tensors of them come from elsewhere.
    const checkpoint = dtype === 'Q8_0' ? await blocks() : source(dtype);
    for (const options of packings(dtype, type)) {
      withoutKernels();
      const codecs = await pack(checkpoint, options);
      vi.restoreAllMocks();
      for (const workers of [undefined, threads(2), threads(3)]) {
        for (const orderTiles of [(tiles: readonly Tile[]) => tiles, small]) {
          const { bytes, report } = await pack(checkpoint, { ...options, workers, orderTiles });
          expect(sameBytes(bytes, codecs.bytes)).toBe(true);
          expect(report).toEqual(codecs.report);
        }
      }
    }
  });

  /** Every container, layout and scale type that holds a type. */
  function packings(dtype: DTypeName, type: string): PackOptions[] {
    const recipe = everything(type);
    const slm2 = (['rows', 'interleaved'] as const).flatMap((layout): PackOptions[] => [
      { recipe, layout },
      ...(type.startsWith('q') ? [{ recipe: { ...recipe, scaleType: 'f16' as const }, layout }] : []),
    ]);
    const stored = type === 'keep' ? dtype : type;
    return /^(f32|q8|q4.*)$/.test(stored) ? [{ recipe, format: 'slm1' }, ...slm2] : slm2;
  }

  /** A checkpoint of Q8_0 blocks: f32 values stored as ggml does it. */
  async function blocks(): Promise<Checkpoint> {
    const plain = source('f32');
    const tensors = [...plain.tensors].map(([name, tensor]): [string, CheckpointTensor] => {
      if (tensor.shape.length === 1) return [name, tensor];
      const encoding = createEncoding('Q8_0', tensor.shape);
      const columns = tensor.shape[1] ?? 0;
      return [
        name,
        {
          ...tensor,
          encoding,
          async readRows(firstRow, count, payload) {
            const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
            for (let block = 0; block < (count * columns) / 32; block++) {
              // d = 2^-6, codes that depend on the place.
              view.setUint16(block * 34, 0x2400, true);
              for (let i = 0; i < 32; i++)
                view.setInt8(block * 34 + 2 + i, (((firstRow * columns) / 32 + block) * 37 + i * 11) % 120);
            }
          },
        },
      ];
    });
    return { ...plain, tensors: new Map(tensors) };
  }

  it('of a real checkpoint in files, which threads read', async () => {
    const artifacts: Uint8Array[] = [];
    for (const workers of [undefined, threads(2), threads(3)]) {
      const checkpoint = await openCheckpoint(await openPath(STORY));
      try {
        const plan = await storyPlan(checkpoint);
        const read = vi.spyOn(tensorOf(checkpoint, 'layers.0.w1.weight'), 'readRows');
        const out = join(directory, 'story.slm');
        const report = await convert(plan, await atomicFileSink(out, plan.byteLength), { workers });
        // Rows that are gathered come from the source; the rest does not, where threads read.
        expect(read).toHaveBeenCalledTimes(workers === undefined ? 1 : 0);
        const bytes = await readFile(out);
        artifacts.push(bytes);
        const { meta, rootDigest } = await readSlm2(memorySource(bytes));
        expect(rootDigest).toBe(report.digest.rootDigest);
        for (const { name, sha256 } of meta.sources) {
          expect(sha256).toBe(
            createHash('sha256')
              .update(await readFile(join(STORY, name)))
              .digest('hex'),
          );
        }
        expect(meta.sources).toEqual(await digestSources(checkpoint));
      } finally {
        await checkpoint.close();
      }
    }
    for (const artifact of artifacts) expect(sameBytes(artifact, artifacts[0] ?? expect.fail())).toBe(true);
  });
});

/** Packs the shipped model to q8; its digests are still to be taken. */
function storyPlan(checkpoint: Checkpoint): Promise<ConversionPlan> {
  const tool = { name: 'test', version: '1' };
  return planConversion({ checkpoint, recipe: createRecipe({ default: 'q8' }), format: 'slm2', tool });
}

describe('an error', () => {
  const NAMES = ['layers.0.w1.weight', 'layers.1.w2.weight'] as const;
  /** NaN in two tensors, and in two tiles of each. */
  const broken = (): Checkpoint =>
    checkpointOf(WIDE, {
      change: (name, values) => {
        if (!NAMES.some((each) => each === name)) return;
        for (const at of [values.length - 3, 64 * 9 + 5]) values[at] = Number.NaN;
      },
    });
  const forwards = (tiles: readonly Tile[]): Tile[] => small(tiles).reverse();

  it.each(['keep', 'q8', 'q4', 'f16'])('in several tiles, to %s, is that of the first one', async (type) => {
    for (const workers of [undefined, threads(2), threads(3)]) {
      for (let round = 0; round < 5; round++) {
        const plan = await planOf(broken(), { recipe: everything(type) });
        const sink = watchedSink(plan.byteLength);
        const error = await errorOf(convert(plan, sink, { workers, orderTiles: forwards }));
        expect(error.code).toBe('QUANT_NOT_FINITE');
        expect(error.context).toMatchObject({ tensor: NAMES[0], element: 64 * 9 + 5 });
        expect(sink.events).toEqual(['abort']);
      }
    }
  });

  it('of a scale beyond f16, and of a value, names what the codecs name', async () => {
    const large = checkpointOf(WIDE, {
      change: (name, values) => {
        if (name === NAMES[0]) values[130] = 1e30;
      },
    });
    for (const type of ['q8', 'q4', 'f16']) {
      const plan = await planOf(large, { recipe: { ...everything(type), scaleType: 'f16' } });
      withoutKernels();
      const expected = await errorOf(convert(plan, memorySink(plan.byteLength)));
      vi.restoreAllMocks();
      expect(expected.code).toBe('QUANT_RANGE');
      for (const workers of [undefined, threads(2)]) {
        const error = await errorOf(convert(plan, memorySink(plan.byteLength), { workers }));
        expect([error.message, error.context]).toEqual([expected.message, expected.context]);
      }
    }
  });

  it('of a sink or a source ends everything: nothing is read or written any more', async () => {
    for (const where of ['source', 'sink'] as const) {
      let calls = 0;
      let underWay = 0;
      const act = async (): Promise<void> => {
        underWay++;
        await new Promise((resolve) => setImmediate(resolve));
        underWay--;
        if (++calls === 7) throw new Error(`the ${where} fails`);
      };
      const checkpoint = checkpointOf(WIDE);
      const tensors = [...checkpoint.tensors].map(([name, tensor]): [string, CheckpointTensor] => {
        const readRows: CheckpointTensor['readRows'] = async (...args) => {
          if (where === 'source') await act();
          await tensor.readRows(...args);
        };
        return [name, { ...tensor, readRows }];
      });
      const plan = await planOf({ ...checkpoint, tensors: new Map(tensors) }, { recipe: everything('q8') });
      const inner = watchedSink(plan.byteLength);
      const sink = {
        ...inner,
        async write(offset: number, bytes: Uint8Array) {
          if (where === 'sink') await act();
          await inner.write(offset, bytes);
        },
      };
      await expect(convert(plan, sink, { workers: threads(3), orderTiles: small })).rejects.toThrow(
        `the ${where} fails`,
      );
      expect([underWay, inner.events]).toEqual([0, ['abort']]);
      const before = calls;
      await new Promise((resolve) => setImmediate(resolve));
      expect(calls).toBe(before);
    }
  });

  it('of the threads is one of the conversion', async () => {
    const workers = start(2);
    await workers.started;
    const plan = await planOf(checkpointOf(WIDE), { recipe: everything('q4') });
    const sink = watchedSink(plan.byteLength);
    let tiles = 0;
    const onProgress = (): void => {
      if (++tiles === 5) void workers.close();
    };
    await expect(convert(plan, sink, { workers, onProgress, orderTiles: small })).rejects.toThrow('closed');
    expect(sink.events).toEqual(['abort']);
    await workers.close();
  });
});

describe('an abort', () => {
  it('ends a conversion on threads at any step', async () => {
    const plan = await planOf(checkpointOf(WIDE), { recipe: everything('q4') });
    for (const at of [1, 2, 7, 20]) {
      const controller = new AbortController();
      const reason = new Error('enough');
      let steps = 0;
      const onProgress = (): void => {
        if (++steps === at) controller.abort(reason);
      };
      const sink = watchedSink(plan.byteLength);
      const options = { workers: threads(3), signal: controller.signal, onProgress, orderTiles: small };
      await expect(convert(plan, sink, options)).rejects.toBe(reason);
      expect([steps, sink.events]).toEqual([at, ['abort']]);
    }
    // The threads are none the worse for it.
    const whole = await pack(checkpointOf(WIDE), { recipe: everything('q4'), workers: threads(3) });
    expect(sameBytes(whole.bytes, (await pack(checkpointOf(WIDE), { recipe: everything('q4') })).bytes)).toBe(true);
  });
});

describe('a file', () => {
  /** A copy of the shipped model that a test may spoil once it is open. */
  async function spoiled(spoil: (path: string) => Promise<void>, workers: Workers): Promise<void> {
    const folder = await mkdtemp(join(directory, 'story-'));
    await cp(STORY, folder, { recursive: true });
    const checkpoint = await openCheckpoint(await openPath(folder));
    try {
      const plan = await storyPlan(checkpoint);
      await spoil(join(folder, 'model.safetensors'));
      const sink = watchedSink(plan.byteLength);
      expect((await errorOf(convert(plan, sink, { workers }))).code).toBe('SOURCE_CHANGED');
      expect(sink.events).toEqual(['abort']);
    } finally {
      // Waits for whoever still has the file: nobody.
      await checkpoint.close();
    }
  }

  it('that is cut while threads read it is reported', async () => {
    await spoiled((path) => truncate(path, 100_000), threads(2));
  });

  it('that is written to while threads read it is reported', async () => {
    await spoiled(async (path) => writeFile(path, (await readFile(path)).fill(0, 900_000, 900_100)), threads(2));
  });
});

describe('digests of sources', () => {
  const file = (byteLength: number) => ({
    name: `f${byteLength}`,
    source: memorySource(new Uint8Array(byteLength).fill(3)),
  });

  it('are the same on threads', async () => {
    const files = [0, 1, 2 ** 20, 3 * 2 ** 20 + 1, 77, 2 ** 21].map(file);
    const checkpoint = { ...checkpointOf(SMALL), files };
    const expected = await digestSources(checkpoint);
    for (const workers of [threads(2), threads(3)]) {
      const done: number[] = [];
      expect(await digestSources(checkpoint, { workers, onProgress: (bytes) => done.push(bytes) })).toEqual(expected);
      expect(done).toEqual([...done].sort((a, b) => a - b));
      expect(done.at(-1)).toBe(files.reduce((sum, { source }) => sum + source.byteLength, 0));
    }
  });

  it('that are under way count as progress, and end with a conversion that fails', async () => {
    const checkpoint = { ...checkpointOf(SMALL), files: [file(2 ** 20)] };
    const tool = { name: 'test', version: '1' };
    const plan = await planConversion({ checkpoint, recipe: createRecipe({ default: 'q8' }), format: 'slm2', tool });
    const digests = beginSourceDigests(checkpoint, { workers: threads(2) });
    let latest: readonly number[] = [];
    await convert(plan, memorySink(plan.byteLength), { digests, onProgress: (...progress) => (latest = progress) });
    expect(latest[0]).toBe(latest[1]);
    expect(digests.doneBytes).toBe(2 ** 20);

    let reads = 0;
    const endless = {
      ...checkpoint,
      files: [
        {
          name: 'endless',
          source: {
            ...memorySource(new Uint8Array(1)),
            byteLength: 2 ** 50,
            readInto: async () => void (await new Promise((resolve) => setImmediate(resolve, reads++))),
          },
        },
      ],
    };
    const begun = beginSourceDigests(endless);
    const sink = watchedSink(plan.byteLength, () => {
      throw new Error('the sink fails');
    });
    await expect(convert(plan, sink, { digests: begun })).rejects.toThrow('the sink fails');
    const before = reads;
    await new Promise((resolve) => setImmediate(resolve));
    expect(reads).toBe(before);
    await expect(begun.files).rejects.toThrow();
  });

  it('that fail end the conversion, with what they failed with', async () => {
    const bad = {
      name: 'bad',
      source: { ...memorySource(new Uint8Array(10)), readInto: async () => Promise.reject(new Error('unreadable')) },
    };
    const checkpoint = { ...checkpointOf(SMALL), files: [bad] };
    const tool = { name: 'test', version: '1' };
    const plan = await planConversion({ checkpoint, recipe: createRecipe({ default: 'q8' }), format: 'slm2', tool });
    for (const workers of [undefined, threads(2)]) {
      const sink = watchedSink(plan.byteLength);
      await expect(convert(plan, sink, { workers })).rejects.toThrow('unreadable');
      expect(sink.events).toEqual(['abort']);
    }
  });

  it('are not taken for a container that has no place for them', async () => {
    const readInto = vi.fn();
    const files = [{ name: 'unread', source: { ...memorySource(new Uint8Array(10)), readInto } }];
    const tool = { name: 'test', version: '1' };
    const plan = await planConversion({
      checkpoint: { ...checkpointOf(SMALL), files },
      recipe: createRecipe({ default: 'q8' }),
      format: 'slm1',
      tool,
    });
    await convert(plan, memorySink(plan.byteLength));
    expect(readInto).not.toHaveBeenCalled();
  });
});

describe('threads', () => {
  it('are started for more than one, and only where there are any', () => {
    expect(startWorkers(1)).toBeUndefined();
    for (const count of [0, -1, 1.5, Number.NaN]) expect(() => startWorkers(count)).toThrow(RangeError);
    expect(startWorkThread({ onReady() {}, onAnswer() {}, onFailure() {} })).toBeUndefined();
    expect(defaultThreads(1000)).toBe(1);
    expect(defaultThreads(2 ** 40)).toBeGreaterThanOrEqual(1);
  });

  it('that do not start leave the work to the caller', async () => {
    const workers = start(2);
    await workers.close();
    expect(await workers.started).toBe(false);
    const { bytes } = await pack(checkpointOf(WIDE), { recipe: everything('q8'), workers });
    expect(sameBytes(bytes, (await pack(checkpointOf(WIDE), { recipe: everything('q8') })).bytes)).toBe(true);
  });
});
