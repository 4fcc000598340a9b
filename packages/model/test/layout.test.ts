import { createEncoding, encodedSize, interleavedEncoding, type TensorEncoding } from '@mirust/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  describeModel,
  type EncodingTable,
  intervalsMeet,
  KV_TYPES,
  layoutModel,
  liveIntervals,
  type ModelDescription,
  packBuffers,
  ropeFrequencies,
  scalesName,
  tapeEncoding,
} from '../src/index.ts';
import { LLAMA_SIZES, smallModels, TINY_FIXTURE } from './models.ts';

function encodeAll(
  model: ModelDescription,
  dtype: 'f32' | 'f16' | 'q8' | 'q4',
  options: Parameters<typeof createEncoding>[2] = {},
): EncodingTable {
  return new Map<string, TensorEncoding>(
    model.contract.map(({ name, shape }) => [name, createEncoding(shape.length === 1 ? 'f32' : dtype, shape, options)]),
  );
}

describe('memory layout', () => {
  it("gives the KV bytes of the published formula: 2 · L · C · K · D · bytes, GB of LLaMA's sizes", () => {
    const expected = new Map([
      ['7B', [2.147, 4.295]],
      ['13B', [3.355, 6.711]],
      ['30B', [6.543, 13.086]],
      ['65B', [10.737, 21.475]],
    ]);
    for (const [name, h] of LLAMA_SIZES) {
      const model = describeModel('llama', h);
      const gigabytes = [2048, 4096].map((context) => {
        const options = { context, chunk: 64, kvType: 'f32', logitsRows: 1 } as const;
        return Number((layoutModel(model, encodeAll(model, 'f16'), options).history.byteLength / 1e9).toFixed(3));
      });
      expect(gigabytes).toEqual(expected.get(name));
    }
  });

  const small = { context: 16, chunk: 4, kvType: 'f32', logitsRows: 1 } as const;

  it('places tensors by name on 64-byte boundaries, rows of quantized matrices interleaved', () => {
    const model = describeModel('llama', TINY_FIXTURE);
    const { weights } = layoutModel(model, encodeAll(model, 'q8'), small);
    // wk [8, 8] q8 is one panel: 8 f32 scales, then 8 rows of 8 columns padded to 32.
    const at = weights.placements.findIndex((p) => p.name === 'layers.0.wk.weight');
    const [matrix, next] = weights.placements.slice(at);
    expect(matrix?.byteLength).toBe(8 * 4 + 8 * 32);
    expect(next?.name).toBe('layers.0.wo.weight');
    expect(next?.offset).toBe((matrix?.offset ?? 0) + 320);
  });

  it('places scales directly behind where rows cannot be interleaved', () => {
    const model = describeModel('llama', TINY_FIXTURE);
    const { weights } = layoutModel(model, encodeAll(model, 'q4', { blockSize: 8 }), small);
    // wk [8, 8] q4 in blocks of 8: 32 bytes of payload, then 8 f32 scales; the next one at the next multiple of 64.
    const at = weights.placements.findIndex((p) => p.name === 'layers.0.wk.weight');
    const [payload, scales, next] = weights.placements.slice(at);
    expect(scales?.name).toBe(scalesName('layers.0.wk.weight'));
    expect(scales?.offset).toBe((payload?.offset ?? 0) + 32);
    expect(scales?.byteLength).toBe(32);
    expect(next?.offset).toBe((payload?.offset ?? 0) + 64);
  });

  it('is the same whatever the layout of the source', () => {
    const model = describeModel('llama', TINY_FIXTURE);
    const rowMajor = encodeAll(model, 'q8');
    const shapes = new Map(model.contract.map(({ name, shape }) => [name, shape]));
    const interleaved = new Map(
      [...rowMajor].map(([name, encoding]) => [name, tapeEncoding(encoding, shapes.get(name) ?? [])]),
    );
    expect([...interleaved.values()].some(({ layout }) => layout === 'interleaved')).toBe(true);
    expect(layoutModel(model, interleaved, small)).toEqual(layoutModel(model, rowMajor, small));
  });

  it('refuses options that are no positive integers, and a tensor without an encoding', () => {
    const model = describeModel('llama', TINY_FIXTURE);
    const good = { context: 16, chunk: 4, kvType: 'f32', logitsRows: 1 } as const;
    for (const change of [{ context: 0 }, { chunk: -1 }, { logitsRows: 1.5 }, { context: Number.NaN }]) {
      expect(() => layoutModel(model, encodeAll(model, 'f32'), { ...good, ...change })).toThrow(RangeError);
    }
    expect(() => layoutModel(model, encodeAll(model, 'f32'), { ...good, context: 17 })).toThrow(/passes the 16/);
    expect(() => layoutModel(model, new Map(), good)).toThrow(RangeError);
  });

  it('for random models: weights are the sum of encoded bytes plus the stated padding, nothing overlaps', () => {
    fc.assert(
      fc.property(
        smallModels,
        fc.constantFrom(...KV_TYPES),
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 1, max: 20 }),
        (h, kvType, context, chunk) => {
          const model = describeModel('llama', h);
          const encodings = encodeAll(model, 'q8');
          const layout = layoutModel(model, encodings, { context, chunk, kvType, logitsRows: 1 });
          const sum = model.contract.reduce((total, { name, shape }) => {
            const encoding = encodings.get(name);
            if (encoding === undefined) throw new Error(name);
            const size = encodedSize(interleavedEncoding(encoding, shape), shape);
            return total + size.payloadBytes + size.scaleBytes;
          }, 0);
          expect(layout.weights.byteLength - layout.weights.paddingBytes).toBe(sum);
          for (const tape of [layout.weights, layout.history]) {
            let end = 0;
            for (const { offset, byteLength } of tape.placements) {
              expect(offset).toBeGreaterThanOrEqual(end);
              end = offset + byteLength;
            }
            expect(tape.byteLength).toBeGreaterThanOrEqual(end);
            expect(tape.byteLength % 64).toBe(0);
          }
          const window = h.slidingWindow;
          const positions = window === undefined ? context : Math.min(context, window + Math.min(chunk, context));
          expect(layout.kvCapacity).toBe(positions);
        },
      ),
    );
  });

  it('for random models: working buffers that are live together never overlap', () => {
    fc.assert(
      fc.property(smallModels, fc.integer({ min: 1, max: 20 }), (h, chunk) => {
        const model = describeModel('llama', h);
        const options = { context: 32, chunk, kvType: 'f32', logitsRows: 1 } as const;
        const { scratch, program } = layoutModel(model, encodeAll(model, 'f32'), options);
        const intervals = liveIntervals(program);
        for (const a of scratch.placements) {
          expect(a.offset % 64).toBe(0);
          expect(a.offset + a.byteLength).toBeLessThanOrEqual(scratch.byteLength);
          for (const b of scratch.placements) {
            if (a === b || !intervalsMeet(intervals.get(a.name) ?? [], intervals.get(b.name) ?? [])) continue;
            expect(a.offset + a.byteLength <= b.offset || b.offset + b.byteLength <= a.offset).toBe(true);
          }
        }
      }),
    );
  });

  it('shares bytes: the scratch of a chunk is smaller than the sum of its buffers', () => {
    const model = describeModel('llama', (LLAMA_SIZES[0] as (typeof LLAMA_SIZES)[number])[1]);
    const options = { context: 2048, chunk: 128, kvType: 'f32', logitsRows: 1 } as const;
    const { scratch } = layoutModel(model, encodeAll(model, 'f16'), options);
    const sum = scratch.placements.reduce((total, { byteLength }) => total + byteLength, 0);
    // The feed-forward layer is the peak: hidden, gate, up and the input or output of a matmul are live at once.
    const peak = 128 * 4 * (2 * 11_008 + 2 * 4096 + 128);
    expect(scratch.byteLength).toBeLessThan(sum);
    expect(scratch.byteLength).toBeGreaterThanOrEqual(peak);
    expect(scratch.byteLength).toBeLessThan(peak * 1.05);
  });
});

describe('liveness', () => {
  it('refuses a program that reads what none has written', () => {
    const model = describeModel('llama', TINY_FIXTURE);
    const { program } = layoutModel(model, encodeAll(model, 'f32'), { context: 16 });
    const broken = { ...program, operations: program.operations.slice(1) };
    expect(() => liveIntervals(broken)).toThrow(/before anything wrote it/);
  });

  it('packs disjoint buffers onto the same bytes and conflicting ones apart', () => {
    const item = (name: string, byteLength: number, first: number, last: number) => ({
      name,
      byteLength,
      intervals: [{ first, last }],
    });
    const { offsets, byteLength } = packBuffers([item('a', 100, 0, 1), item('b', 100, 2, 3), item('c', 10, 1, 2)], 64);
    expect(offsets.get('a')).toBe(0);
    expect(offsets.get('b')).toBe(0);
    expect(offsets.get('c')).toBe(128);
    expect(byteLength).toBe(192);
  });
});

describe('rotary frequencies', () => {
  it('fall from 1 as powers of theta; linear scaling and divisors divide them', () => {
    const h = { ...TINY_FIXTURE, headDim: 8 };
    const plain = ropeFrequencies(h);
    expect([...plain].map((f) => Number(f.toPrecision(12)))).toEqual([1, 0.1, 0.01, 0.001]);
    const linear = ropeFrequencies({ ...h, ropeScaling: { type: 'linear', factor: 4 } });
    expect(linear[1]).toBeCloseTo(0.025, 12);
    const factors = Float32Array.of(1, 2, 4, 8);
    expect(ropeFrequencies({ ...h, ropeScaling: { type: 'factors' } }, factors)[3]).toBeCloseTo(0.001 / 8, 12);
    expect(() => ropeFrequencies({ ...h, ropeScaling: { type: 'factors' } })).toThrow(RangeError);
  });

  it('Llama 3: keeps fast pairs, divides slow ones, blends between', () => {
    const scaling = {
      type: 'llama3',
      factor: 8,
      lowFrequencyFactor: 1,
      highFrequencyFactor: 4,
      originalContext: 8192,
    } as const;
    const h = { ...TINY_FIXTURE, headDim: 128, ropeTheta: 500_000 };
    const plain = ropeFrequencies(h);
    const scaled = ropeFrequencies({ ...h, ropeScaling: scaling });
    expect(scaled[0]).toBe(plain[0]);
    expect(scaled[63]).toBe((plain[63] ?? 0) / 8);
    const ratios = [...scaled].map((f, i) => f / (plain[i] ?? 1));
    for (let i = 1; i < ratios.length; i++) expect(ratios[i]).toBeLessThanOrEqual((ratios[i - 1] ?? 0) + 1e-12);
    expect(ratios.some((ratio) => ratio > 0.13 && ratio < 0.99)).toBe(true);
  });
});
