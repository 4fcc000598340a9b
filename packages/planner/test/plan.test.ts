/** Plans against published figures: parameters, bytes of weights by type, cache sizes; and what a plan promises. */
import { createEncoding, type DTypeName, isMirustError, type TensorEncoding } from '@mirust/core';
import {
  describeModel,
  type EncodingTable,
  type Hyperparameters,
  KV_TYPES,
  type ModelDescription,
} from '@mirust/model';
import { type PlanReport, validatePlanReport } from '@mirust/schemas';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
// @boundaries-ignore known and random models live beside the tests of the model package
import { LLAMA_SIZES, smallModels } from '../../model/test/models.ts';
import {
  outlineOfDescription,
  type PlanOptions,
  planInputOf,
  planInputOfConfiguration,
  planInputOfModel,
  planMemory,
} from '../src/index.ts';

const GB = 1e9;

function modelOf(size: string): ModelDescription {
  const found = LLAMA_SIZES.find(([name]) => name === size);
  return describeModel('llama', found?.[1] ?? expect.fail(`no model ${size}`));
}

/** Every matrix in one type, vectors in f32, as converters of GGUF files store them. */
function uniform(model: ModelDescription, dtype: DTypeName): EncodingTable {
  return encodings(model, () => dtype);
}

function encodings(model: ModelDescription, dtypeOf: (name: string, layer: number) => DTypeName): EncodingTable {
  const encoding = (name: string, shape: readonly number[]): TensorEncoding => {
    const layer = Number(/^layers\.(\d+)\./.exec(name)?.[1] ?? -1);
    return createEncoding(shape.length > 1 ? dtypeOf(name, layer) : 'f32', shape);
  };
  return new Map(model.contract.map(({ name, shape }) => [name, encoding(name, shape)]));
}

/** The mixes that llama.cpp calls Q4_K_M and Q5_K_M: more bits for v and down in some layers, and for the output. */
function kQuantMix(model: ModelDescription, base: DTypeName): EncodingTable {
  const count = model.hyperparameters.layerCount;
  const eighth = Math.floor(count / 8);
  const moreBits = (layer: number): boolean =>
    layer < eighth || layer >= Math.floor((7 * count) / 8) || (layer - eighth) % 3 === 2;
  return encodings(model, (name, layer) => {
    if (name === 'output.weight') return 'Q6_K';
    return /\.(wv|w2)\./.test(name) && moreBits(layer) ? 'Q6_K' : base;
  });
}

function plan(model: ModelDescription, table: EncodingTable, options: PlanOptions = {}): PlanReport {
  const report = planMemory(planInputOfModel(model, table), options);
  expect(validatePlanReport(report)).toMatchObject({ ok: true });
  return report;
}

function bytesOf(report: PlanReport, prefix: string): number {
  return report.components
    .filter(({ name }) => name.startsWith(prefix) && !name.endsWith('padding'))
    .reduce((sum, { bytes }) => sum + bytes, 0);
}

describe('weights of LLaMA', () => {
  it.each(LLAMA_SIZES)('%s has its exact number of parameters', (_name, hyperparameters, parameters) => {
    const model = describeModel('llama', hyperparameters);
    const report = plan(model, uniform(model, 'f16'));
    expect(report.model.parameters).toBe(parameters);
  });

  it.each<[string, string, number, (model: ModelDescription) => EncodingTable]>([
    ['7B', 'F16', 13.477, (model) => uniform(model, 'f16')],
    ['7B', 'Q8_0', 7.16, (model) => uniform(model, 'Q8_0')],
    ['7B', 'Q6_K', 5.528, (model) => uniform(model, 'Q6_K')],
    ['7B', 'Q5_K_M', 4.782, (model) => kQuantMix(model, 'Q5_K')],
    ['7B', 'Q4_K_M', 4.08, (model) => kQuantMix(model, 'Q4_K')],
    ['7B', 'Q4_0', 3.825, (model) => encodings(model, (name) => (name === 'output.weight' ? 'Q6_K' : 'Q4_0'))],
    ['13B', 'Q4_K_M', 7.865, (model) => kQuantMix(model, 'Q4_K')],
    ['65B', 'Q4_K_M', 39.347, (model) => kQuantMix(model, 'Q4_K')],
  ])('%s as %s: %f GB', (size, _type, gigabytes, table) => {
    const model = modelOf(size);
    const report = plan(model, table(model));
    expect((bytesOf(report, 'weights') / GB).toFixed(3)).toBe(gigabytes.toFixed(3));
    const byType = Object.values(report.model.weightTypes ?? {}).reduce((sum, bytes) => sum + bytes, 0);
    expect(byType).toBe(bytesOf(report, 'weights'));
  });

  it('in our own types: one byte and four per row, half a byte and four per block', () => {
    const model = modelOf('7B');
    const rows = model.contract
      .filter(({ shape }) => shape.length > 1)
      .reduce((sum, { shape }) => sum + (shape[0] ?? 0), 0);
    const [matrices, vectors] = [6_738_149_376, 266_240];
    expect(bytesOf(plan(model, uniform(model, 'q8')), 'weights')).toBe(matrices + 4 * rows + 4 * vectors);
    expect(bytesOf(plan(model, uniform(model, 'q4')), 'weights')).toBe(matrices / 2 + matrices / 8 + 4 * vectors);
  });
});

describe('caches of LLaMA', () => {
  it.each([
    ['7B', 2048, 2.147],
    ['7B', 4096, 4.295],
    ['13B', 2048, 3.355],
    ['13B', 4096, 6.711],
    ['30B', 2048, 6.543],
    ['30B', 4096, 13.086],
    ['65B', 2048, 10.737],
    ['65B', 4096, 21.475],
  ])('%s at %i positions: %f GB in f32, half in f16', (size, context, gigabytes) => {
    const model = modelOf(size);
    const table = uniform(model, 'f16');
    const f32 = bytesOf(plan(model, table, { context, kvType: 'f32' }), 'kv cache');
    expect((f32 / GB).toFixed(3)).toBe(gigabytes.toFixed(3));
    expect(bytesOf(plan(model, table, { context, kvType: 'f16' }), 'kv cache')).toBe(f32 / 2);
    // One byte per value and one f32 per vector of 128.
    expect(bytesOf(plan(model, table, { context, kvType: 'q8' }), 'kv cache')).toBe((f32 * (128 + 4)) / (128 * 4));
  });

  it('follow the heads for keys and values, not those for queries', () => {
    const model = modelOf('7B');
    const grouped = describeModel('llama', { ...model.hyperparameters, kvHeadCount: 8 });
    const full = bytesOf(plan(model, uniform(model, 'f16')), 'kv cache');
    expect(bytesOf(plan(grouped, uniform(grouped, 'f16')), 'kv cache')).toBe(full / 4);
  });

  it('hold a window and a chunk where the model has a window', () => {
    const model = modelOf('7B');
    const windowed = describeModel('llama', { ...model.hyperparameters, slidingWindow: 1024 });
    const full = bytesOf(plan(model, uniform(model, 'f16'), { context: 4096 }), 'kv cache');
    const table = uniform(windowed, 'f16');
    expect(bytesOf(plan(windowed, table, { context: 4096, chunk: 64 }), 'kv cache')).toBe((full * 1088) / 4096);
    expect(bytesOf(plan(windowed, table, { context: 512, chunk: 64 }), 'kv cache')).toBe((full * 512) / 4096);
  });

  it('decide whether 13B as Q4_K_M fits into 14 GB: with f32 it does not, with f16 it does', () => {
    const model = modelOf('13B');
    const options = { context: 4096, budgetBytes: 14 * GB } as const;
    const f32 = plan(model, kQuantMix(model, 'Q4_K'), { ...options, kvType: 'f32' });
    expect((f32.totalBytes / GB).toFixed(1)).toBe('14.6');
    expect(f32.fits).toBe(false);
    expect(plan(model, kQuantMix(model, 'Q4_K'), { ...options, kvType: 'f16' }).fits).toBe(true);
  });
});

describe('a plan', () => {
  const small: Hyperparameters = {
    vocabSize: 300,
    hiddenSize: 24,
    layerCount: 2,
    headCount: 4,
    kvHeadCount: 2,
    headDim: 6,
    ffnSize: 20,
    maxContext: 128,
    ropeTheta: 10_000,
    rmsNormEpsilon: 1e-5,
    tiedOutput: false,
  };
  const model = describeModel('llama', small);
  const table = uniform(model, 'q8');

  it('is the sum of its components, for any model, cache and options', () => {
    fc.assert(
      fc.property(
        smallModels,
        fc.constantFrom<DTypeName>('f32', 'f16', 'bf16', 'q8'),
        fc.constantFrom(...KV_TYPES),
        fc.integer({ min: 1, max: 128 }),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 200 }),
        (hyperparameters, dtype, kvType, context, chunk, logitsRows) => {
          const described = describeModel('llama', hyperparameters);
          const report = plan(described, uniform(described, dtype), { kvType, context, chunk, logitsRows });
          expect(report.components.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(report.totalBytes);
          expect(report.components.every(({ kind }) => kind === 'exact')).toBe(true);
          expect(new Set(report.components.map(({ name }) => name)).size).toBe(report.components.length);
          expect(report.options).toEqual({
            context,
            chunk: Math.min(chunk, context),
            kvType,
            logitsRows: Math.min(logitsRows, chunk, context),
            threads: 1,
            sequences: 1,
            sharedPrefix: 0,
            activePositions: context,
            host: 'none',
          });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('names its components', () => {
    const odd = describeModel('llama', { ...small, vocabSize: 301 });
    expect(plan(odd, uniform(odd, 'q8'), { kvType: 'q8', context: 3 }).components.map(({ name }) => name)).toEqual([
      'weights q8 x8',
      'weights f32',
      'weights padding',
      'kv cache keys',
      'kv cache values',
      'kv cache padding',
      'working buffers',
      'working buffers padding',
      'program',
      'thread workspaces',
      'engine',
      'engine padding',
      'page padding',
    ]);
  });

  it('fits a budget of exactly its size, and not one of a byte less', () => {
    const { totalBytes, fits } = plan(model, table);
    expect(fits).toBeUndefined();
    expect(plan(model, table, { budgetBytes: totalBytes })).toMatchObject({ fits: true, budgetBytes: totalBytes });
    expect(plan(model, table, { budgetBytes: totalBytes - 1 }).fits).toBe(false);
    expect(plan(model, table, { budgetBytes: totalBytes + 1 }).fits).toBe(true);
    expect(plan(model, table, { budgetBytes: 0 }).fits).toBe(false);
  });

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('refuses a budget of %f', (budgetBytes) => {
    expect(() => plan(model, table, { budgetBytes })).toThrow(RangeError);
  });

  it.each<[string, PlanOptions]>([
    ['context 0', { context: 0 }],
    ['context NaN', { context: Number.NaN }],
    ['context 1.5', { context: 1.5 }],
    ['chunk 0', { chunk: 0 }],
    ['chunk -1', { chunk: -1 }],
    ['logits rows 0', { logitsRows: 0 }],
    ['an unknown cache type', { kvType: 'q4' as 'q8' }],
  ])('refuses %s', (_what, options) => {
    expect(() => plan(model, table, options)).toThrow(RangeError);
  });

  it('refuses a context beyond the declared one, by name', () => {
    const run = (): unknown => plan(model, table, { context: 129 });
    expect(run).toThrow(/a context of 129 passes the 128/);
    expect(() => plan(model, table, { context: 128 })).not.toThrow();
  });

  it('needs an encoding for every tensor', () => {
    const incomplete = new Map([...table].slice(1));
    expect(() => plan(model, incomplete)).toThrow(RangeError);
  });

  it('refuses a type whose blocks no row divides into', () => {
    let error: unknown;
    try {
      plan(model, uniform(model, 'Q8_0'));
    } catch (caught) {
      error = caught;
    }
    expect(isMirustError(error, 'BLOCK_MISMATCH')).toBe(true);
  });

  it('holds what it needs against every ceiling of the platforms', () => {
    const refusing = (size: string, context: number): string[] =>
      plan(modelOf(size), uniform(modelOf(size), 'q4'), { context })
        .ceilings.filter(({ fits }) => !fits)
        .map(({ name }) => name);
    expect(refusing('7B', 4096)).toEqual(['wasm32 memory', 'ArrayBuffer', 'browser tab']);
    expect(refusing('7B', 1)).toEqual(['browser tab']);
    expect(plan(model, table).ceilings.map(({ fits }) => fits)).toEqual([true, true, true]);
  });

  it('of an open checkpoint takes its encodings', () => {
    const tensors = new Map(
      model.contract.map(({ name, shape }) => {
        const encoding = createEncoding('bf16', shape);
        return [name, { name, sourceName: name, shape, encoding, readRows: async () => {} }];
      }),
    );
    const checkpoint = {
      format: 'slm2',
      files: [],
      isPinned: true,
      model,
      tensors,
      facts: {},
      rootDigest: undefined,
      warnings: [],
      verify: async () => {},
      readTokenizer: async () => undefined,
      close: async () => {},
    } as const;
    expect(planInputOf(checkpoint)).toMatchObject({ source: 'weights' });
    expect(Object.keys(planMemory(planInputOf(checkpoint)).model.weightTypes ?? {})).toEqual(['bf16']);
  });
});

describe('a configuration without weights', () => {
  const model = modelOf('7B');
  it.each([
    ['bfloat16', 'bf16', 'as the configuration says (bfloat16)'],
    ['float16', 'f16', 'as the configuration says (float16)'],
    ['float32', 'f32', 'as the configuration says (float32)'],
    ['torch.bfloat16', 'bf16', 'as the configuration says (torch.bfloat16)'],
    ['half', 'f16', 'as the configuration says (half)'],
    ['f16', 'f16', 'as the configuration says (f16)'],
    [undefined, 'f32', 'since the configuration names none'],
    ['auto', 'f32', 'since "auto" is no type of weights'],
    ['float8_e4m3fn', 'f32', 'since "float8_e4m3fn" is no type of weights'],
    ['Q4_K', 'f32', 'since "Q4_K" is no type of weights'],
    ['int8', 'f32', 'since "int8" is no type of weights'],
    ['__proto__', 'f32', 'since "__proto__" is no type of weights'],
    ['\u001b[31m', 'f32', 'since "\\u{1b}[31m" is no type of weights'],
  ])('with the type %s is planned as %s', (weightType, dtype, reason) => {
    const report = planMemory(planInputOfConfiguration(outlineOfDescription(model), weightType));
    expect(validatePlanReport(report)).toMatchObject({ ok: true });
    expect(report.model.source).toBe('configuration');
    expect(Object.keys(report.model.weightTypes ?? {})).toEqual([dtype]);
    expect(report.notes?.[0]).toBe(`the tensors are taken to be ${dtype}, ${reason}`);
    expect(bytesOf(report, 'weights')).toBe(6_738_415_616 * (dtype === 'f32' ? 4 : 2));
  });
});
