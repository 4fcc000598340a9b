/** Conversions that fail: the sink is aborted, nothing is left behind, the first error is what the caller sees. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ByteSink, coreError, createEncoding, type DTypeName } from '@mirust/core';
import { atomicFileSink } from '@mirust/core/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { convert } from '../src/index.ts';
import { checkpointOf, errorOf, everything, pack, planOf, SMALL, watchedSink } from './_support.ts';

describe('a weight that is no number', () => {
  const NAME = 'layers.1.w3.weight';
  // Row 7, column 5 of rows of 24.
  const INDEX = 7 * 24 + 5;
  const broken = (dtype: DTypeName, value: number) =>
    checkpointOf(SMALL, {
      encoding: (_, shape) => createEncoding(dtype, shape),
      change: (name, values) => {
        if (name === NAME) values[INDEX] = value;
      },
    });

  it.each(
    (['f32', 'f16', 'bf16'] as const).flatMap((dtype) =>
      ['keep', 'f32', 'f16', 'bf16', 'q8', 'q4/4'].map((type) => [dtype, type] as const),
    ),
  )('%s to %s: names tensor and index, and commits nothing', async (dtype, type) => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const plan = await planOf(broken(dtype, value), { recipe: everything(type) });
      const sink = watchedSink(plan.byteLength);
      const error = await errorOf(convert(plan, sink));
      expect(error.code).toBe('QUANT_NOT_FINITE');
      expect(error.context).toMatchObject({ tensor: NAME, element: INDEX });
      expect(error.message).toBe(`element ${INDEX} of ${NAME} is ${value}`);
      expect(sink.events).toEqual(['abort']);
    }
  });

  it('in SLM1 too', async () => {
    for (const type of ['f32', 'q8', 'q4/4']) {
      const plan = await planOf(broken('f32', Number.NaN), { recipe: everything(type), format: 'slm1' });
      const sink = watchedSink(plan.byteLength);
      expect((await errorOf(convert(plan, sink))).context.element).toBe(INDEX);
      expect(sink.events).toEqual(['abort']);
    }
  });
});

describe('an abort', () => {
  it('before the start, at every step, and while digests are taken', async () => {
    for (const format of ['slm1', 'slm2'] as const) {
      const plan = await planOf(checkpointOf(SMALL), { recipe: everything('q8'), format });
      let steps = 0;
      const whole = watchedSink(plan.byteLength);
      await convert(plan, whole, { onProgress: () => steps++ });
      expect(whole.events).toEqual(['commit']);
      expect(steps).toBe(21);
      for (let at = 0; at <= steps; at++) {
        const controller = new AbortController();
        const reason = new Error('enough');
        if (at === 0) controller.abort(reason);
        let step = 0;
        const sink = watchedSink(plan.byteLength);
        const onProgress = (): void => {
          if (++step === at) controller.abort(reason);
        };
        await expect(convert(plan, sink, { signal: controller.signal, onProgress })).rejects.toBe(reason);
        expect(sink.events).toEqual(['abort']);
        expect(step).toBe(at);
      }
    }
  });

  it('reaches the source', async () => {
    const checkpoint = checkpointOf(SMALL);
    const signals = new Set<AbortSignal | undefined>();
    const tensors = new Map(
      [...checkpoint.tensors].map(([name, tensor]) => [
        name,
        {
          ...tensor,
          readRows: async (...args: Parameters<typeof tensor.readRows>) => {
            signals.add(args[4]?.signal);
            await tensor.readRows(...args);
          },
        },
      ]),
    );
    const { signal } = new AbortController();
    await pack({ ...checkpoint, tensors }, { signal, recipe: { default: 'q8' } });
    expect([...signals]).toEqual([signal]);
  });
});

describe('a sink', () => {
  it('that is full, or that fails at any write', async () => {
    const plan = await planOf(checkpointOf(SMALL), { recipe: everything('q8') });
    let writes = 0;
    await convert(
      plan,
      watchedSink(plan.byteLength, () => writes++),
    );
    for (let failing = 0; failing < writes; failing++) {
      let count = 0;
      const sink = watchedSink(plan.byteLength, (offset) => {
        if (count++ === failing) throw coreError('SINK_NO_SPACE', 'the disk is full', { offset });
      });
      expect((await errorOf(convert(plan, sink))).code).toBe('SINK_NO_SPACE');
      expect(sink.events).toEqual(['abort']);
    }
  });

  it('that fails to commit is aborted', async () => {
    const plan = await planOf(checkpointOf(SMALL));
    const inner = watchedSink(plan.byteLength);
    const sink: ByteSink = {
      ...inner,
      commit: async () => {
        throw coreError('SINK_WRITE', 'no rename');
      },
    };
    expect((await errorOf(convert(plan, sink))).code).toBe('SINK_WRITE');
    expect(inner.events).toEqual(['abort']);
  });

  it('that cannot be cleaned up does not hide the first error', async () => {
    const plan = await planOf(checkpointOf(SMALL));
    const sink: ByteSink = {
      ...watchedSink(plan.byteLength, () => {
        throw coreError('SINK_NO_SPACE', 'the disk is full');
      }),
      abort: async () => {
        throw coreError('SINK_WRITE', 'the file cannot be removed');
      },
    };
    expect((await errorOf(convert(plan, sink))).code).toBe('SINK_NO_SPACE');
  });

  it('of another length is refused', async () => {
    const plan = await planOf(checkpointOf(SMALL));
    const sink = watchedSink(plan.byteLength + 1);
    await expect(convert(plan, sink)).rejects.toThrow(RangeError);
    expect(sink.events).toEqual(['abort']);
  });
});

describe('tiles', () => {
  it('that are left out, that are there twice, or that are of no tensor', async () => {
    const plan = await planOf(checkpointOf(SMALL), { recipe: { default: 'q8' } });
    for (const orderTiles of [
      (tiles: readonly { tensor: string; firstRow: number; rowCount: number }[]) => tiles.slice(1),
      (tiles: readonly { tensor: string; firstRow: number; rowCount: number }[]) => [...tiles, ...tiles.slice(0, 1)],
      () => [{ tensor: 'x', firstRow: 0, rowCount: 1 }],
    ]) {
      const sink = watchedSink(plan.byteLength);
      await expect(convert(plan, sink, { orderTiles })).rejects.toThrow();
      expect(sink.events).toEqual(['abort']);
    }
  });
});

describe('on a disk', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mirust-pipeline-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('a failed conversion leaves no file, and an older one as it was', async () => {
    const path = join(folder, 'a.slm');
    const checkpoint = checkpointOf(SMALL, {
      change: (name, values) => {
        if (name === 'layers.1.w2.weight') values[3] = Number.NaN;
      },
    });
    const plan = await planOf(checkpoint, { recipe: everything('q8') });
    await errorOf(atomicFileSink(path, plan.byteLength).then((sink) => convert(plan, sink)));
    expect(await readdir(folder)).toEqual([]);
    await writeFile(path, 'old');
    await errorOf(atomicFileSink(path, plan.byteLength).then((sink) => convert(plan, sink)));
    expect(await readdir(folder)).toEqual(['a.slm']);
    const good = await planOf(checkpointOf(SMALL), { recipe: everything('q8') });
    await convert(good, await atomicFileSink(path, good.byteLength));
    expect(await readdir(folder)).toEqual(['a.slm']);
  });
});
