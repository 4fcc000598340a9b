/** Plans beyond what the runtime runs: other cache types, many sequences, adapters, architectures without a program. */
import { isMirustError } from '@mirust/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
// @boundaries-ignore random models live beside the tests of the model package
import { smallModels } from '../../model/test/models.ts';
import { type ModelOutline, PLANNED_KV_TYPES, type PlannedKvType, type PlanOptions } from '../src/index.ts';
import { inputOf, outlineOf, planned, SMALL, withoutProgram } from './_support.ts';

const small = inputOf(outlineOf(SMALL), 'f16');
const GIB = 2 ** 30;

/** One key or value of a head of 32. */
const VECTOR_BYTES = { f32: 128, f16: 64, q8: 36, q8_0: 34, q4_0: 18 } as const;

describe('the cache', () => {
  it.each(PLANNED_KV_TYPES)(
    'of %s: layers, positions, heads of keys and values, by the bytes of a vector',
    (kvType) => {
      const { kvCache, components } = planned(small, { kvType, context: 100 });
      const perToken = 3 * 2 * 2 * VECTOR_BYTES[kvType];
      expect(kvCache).toEqual({ bytes: 100 * perToken, bytesPerToken: perToken, activeBytes: 100 * perToken });
      const rows = components.filter(({ name }) => /^kv cache (keys|values)$/.test(name));
      expect(rows.map(({ bytes }) => bytes)).toEqual([50 * perToken, 50 * perToken]);
      expect(new Set(rows.map(({ kind }) => kind))).toEqual(new Set([kvType.includes('_') ? 'estimated' : 'exact']));
    },
  );

  it('of ggml blocks wants heads that divide into them', () => {
    const odd = inputOf(outlineOf({ ...SMALL, headDim: 16 }), 'f16');
    for (const kvType of ['q8_0', 'q4_0'] as const) {
      expect(() => planned(odd, { kvType })).toThrow(expect.objectContaining({ code: 'PLAN_KV_BLOCKS' }));
    }
  });

  it('of the published sizes, GB', () => {
    const gigabytes = (size: string, kvType: PlannedKvType, context: number): string => {
      const outline = { ...withoutProgram(outlineOf(size)), maxContext: 4096 };
      return ((planned(inputOf(outline, 'f16'), { kvType, context }).kvCache?.bytes ?? 0) / 1e9).toFixed(3);
    };
    const f32 = ['7B', '13B', '30B', '65B'].map((size) =>
      [2048, 4096].map((context) => gigabytes(size, 'f32', context)),
    );
    expect(f32).toEqual([
      ['2.147', '4.295'],
      ['3.355', '6.711'],
      ['6.543', '13.086'],
      ['10.737', '21.475'],
    ]);
    expect(gigabytes('7B', 'f16', 4096)).toBe('2.147');
    expect(gigabytes('7B', 'q8_0', 4096)).toBe(((4.294967296 * 34) / 128).toFixed(3));
  });

  it('of more sequences begins behind the prefix that they share', () => {
    const perToken = 3 * 2 * 2 * 128;
    const { kvCache, components } = planned(small, { context: 100, sequences: 5, sharedPrefix: 30 });
    expect(kvCache?.bytes).toBe((100 + 4 * 70) * perToken);
    expect(components.find(({ name }) => name === 'kv cache of 4 more sequences')).toEqual({
      name: 'kv cache of 4 more sequences',
      bytes: 4 * 70 * perToken,
      kind: 'estimated',
    });
    const active = { context: 100, sequences: 5, sharedPrefix: 30, activePositions: 40 };
    expect(planned(small, active).kvCache?.activeBytes).toBe((40 + 4 * 10) * perToken);
    expect(planned(small, { ...active, activePositions: 0 }).kvCache?.activeBytes).toBe(0);
  });

  it('of a sliding window stops growing a chunk behind it', () => {
    const outline = outlineOf({ ...SMALL, slidingWindow: 64 });
    const at = (context: number): number =>
      planned(inputOf(outline, 'f16'), { context, chunk: 16 }).kvCache?.bytes ?? 0;
    expect(at(80)).toBe(80 * 3 * 2 * 2 * 128);
    expect(at(4096)).toBe(at(80));
  });

  it('of the outline is that of the layout, for any model', () => {
    fc.assert(
      fc.property(
        smallModels,
        fc.constantFrom('f32' as const, 'f16' as const, 'q8' as const),
        fc.integer({ min: 1, max: 128 }),
        fc.integer({ min: 1, max: 64 }),
        (hyperparameters, kvType, context, chunk) => {
          const { kvCache, components } = planned(inputOf(outlineOf(hyperparameters), 'f32'), {
            kvType,
            context,
            chunk,
          });
          const rows = components.filter(({ name }) => /^kv cache (keys|values)$/.test(name));
          expect(kvCache?.bytes).toBe(rows.reduce((sum, { bytes }) => sum + bytes, 0));
        },
      ),
    );
  });
});

describe('an adapter', () => {
  it('has two matrices of its rank for every matrix of the layers, in f32', () => {
    const { components } = planned(small, { loraRank: 8 });
    const sides = 2 * (64 + 128) + 2 * (64 + 64) + 3 * (64 + 96);
    expect(components.at(-1)).toEqual({ name: 'adapter of rank 8', bytes: 3 * 8 * sides * 4, kind: 'estimated' });
  });
});

describe('a model without a program', () => {
  const report = planned(inputOf(withoutProgram(outlineOf('7B')), 'Q8_0'), { context: 2048, budgetBytes: 16 * GIB });

  it('of a known family has exact weights and an exact cache; the rest is estimated, and said to be', () => {
    const run = planned(inputOf(outlineOf('7B'), 'Q8_0'), { context: 2048 });
    expect(report.weights).toEqual(run.weights);
    expect(report.kvCache).toEqual(run.kvCache);
    expect(report).not.toHaveProperty('unknown');
    expect(report.model).toMatchObject({ architecture: 'other', runs: false });
    expect(report).not.toHaveProperty('buffers');
    const estimated = report.components.filter(({ kind }) => kind === 'estimated');
    expect(estimated.map(({ name }) => name)).toEqual(['working buffers', 'engine']);
    // Of a llama in disguise the estimate of its buffers is what it has.
    const buffers = run.components.filter(({ name }) => name.startsWith('working buffers'));
    expect(estimated[0]?.bytes).toBe(buffers.reduce((sum, { bytes }) => sum + bytes, 0));
    expect(report.notes?.at(-1)).toContain('the runtime has no program for other');
  });

  it('of an unknown one has no verdict where the known parts fit, and a certain one where they do not', () => {
    const { cache: _cache, ...outline } = withoutProgram(outlineOf('7B'));
    const input = inputOf(outline, 'Q8_0');
    const large = planned(input, { context: 2048, budgetBytes: 16 * GIB });
    expect(large).not.toHaveProperty('fits');
    expect(large.budgetBytes).toBe(16 * GIB);
    expect(planned(input, { context: 2048, budgetBytes: 2 * GIB }).fits).toBe(false);
  });

  it('whose heads no llama can have has buffers that are unknown', () => {
    const outline = { ...withoutProgram(outlineOf(SMALL)), attention: { headCount: 5, headDim: 32 } };
    expect(planned(inputOf(outline, 'f16')).unknown?.map(({ name }) => name)).toEqual(['working buffers', 'program']);
  });

  it('whose cache is not known says so', () => {
    const { cache: _cache, attention: _attention, maxContext: _most, ...rest } = withoutProgram(outlineOf(SMALL));
    const bare: ModelOutline = { ...rest, architecture: 'mamba\u001b[31m' };
    const { unknown, model, options, ...others } = planned(inputOf(bare, 'f16'));
    expect(unknown?.map(({ name }) => name)).toEqual(['kv cache', 'working buffers', 'program']);
    expect(model.architecture).toBe('mamba\\u{1b}[31m');
    expect(options.context).toBe(4096);
    expect(others).not.toHaveProperty('kvCache');
    expect(others).not.toHaveProperty('decode');
  });

  it('of experts counts those that a token is routed to', () => {
    const experts = { count: 8, used: 2 };
    const outline: ModelOutline = {
      ...withoutProgram(outlineOf(SMALL)),
      tensors: [
        { name: 'token_embd.weight', shape: [300, 64], role: 'embedding' },
        { name: 'blk.0.ffn_up_exps.weight', shape: [8, 96, 64], role: 'matrix', layer: 0, experts },
        { name: 'blk.0.ffn_gate_inp.weight', shape: [8, 64], role: 'router', layer: 0 },
      ],
      storedTwiceElements: 300 * 64,
    };
    const { parameters, decode, weights } = planned(inputOf(outline, 'f32'), { context: 10 });
    const routed = 2 * 96 * 64;
    expect(parameters.unique).toBe(300 * 64 + 8 * 96 * 64 + 8 * 64);
    expect(parameters.total).toBe(parameters.unique + 300 * 64);
    expect(parameters.active).toBe(300 * 64 + routed + 8 * 64);
    expect(decode?.weightBytes).toBe(4 * parameters.active);
    expect(decode?.flopsPerToken).toBe(2 * parameters.active + 3 * 2 * 10 * 4 * 64);
    expect(weights.byLayer).toEqual([
      { name: 'token_embd', bytes: 4 * 300 * 64 },
      { name: 'layer 0', bytes: 4 * (8 * 96 * 64 + 8 * 64) },
    ]);
  });
});

describe('a token', () => {
  it('reads one row of an embedding that is not the head, every matrix, and the cache up to its position', () => {
    const { decode, weights } = planned(small, { context: 100, activePositions: 10, bandwidthBytesPerSecond: 1e9 });
    const embedding = weights.byLayer.find(({ name }) => name === 'token_embd')?.bytes ?? 0;
    expect(decode?.weightBytes).toBe(weights.bytes - embedding + 64 * 2);
    expect(decode?.cacheBytes).toBe(10 * 3 * 2 * 2 * 128);
    const bytes = (decode?.weightBytes ?? 0) + (decode?.cacheBytes ?? 0);
    expect(decode?.bytesPerToken).toBe(bytes);
    expect(decode?.ceilingTokensPerSecond).toBeCloseTo(1e9 / bytes, 6);
  });

  it('sees no more than a window', () => {
    const outline = outlineOf({ ...SMALL, slidingWindow: 64 });
    const cost = planned(inputOf(outline, 'f16'), { context: 1000 }).decode;
    expect(cost?.cacheBytes).toBe(64 * 3 * 2 * 2 * 128);
  });
});

describe('options', () => {
  it.each<[string, PlanOptions]>([
    ['no sequence', { sequences: 0 }],
    ['half a sequence', { sequences: 1.5 }],
    ['a prefix beyond the context', { context: 10, sharedPrefix: 11 }],
    ['a negative prefix', { sharedPrefix: -1 }],
    ['active positions beyond the context', { context: 10, activePositions: 11 }],
    ['an adapter of rank 0', { loraRank: 0 }],
    ['no bandwidth', { bandwidthBytesPerSecond: 0 }],
    ['an unknown cache', { kvType: 'q4' as 'q8' }],
  ])('refuse %s', (_name, options) => {
    expect(() => planned(small, options)).toThrow(RangeError);
  });

  it('of any values give a plan of safe integers, or an error that says what is wrong', () => {
    const value = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, 1, 2 ** 31, 2 ** 53, -1, Number.NaN));
    const keys = [
      'context',
      'chunk',
      'threads',
      'logitsRows',
      'sequences',
      'sharedPrefix',
      'activePositions',
      'loraRank',
    ];
    const options = fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 4 });
    fc.assert(
      fc.property(options, fc.constantFrom(...PLANNED_KV_TYPES), fc.boolean(), (given, kvType, isRun) => {
        const outline = isRun ? small.outline : withoutProgram(small.outline);
        try {
          const report = planned({ ...small, outline }, { ...given, kvType });
          for (const { bytes } of report.components) expect(Number.isSafeInteger(bytes) && bytes >= 0).toBe(true);
        } catch (error) {
          if (!(error instanceof RangeError) && !isMirustError(error)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});
