/** Values of weights: NaN, infinities, tensors of one value, in whatever type they are stored. */
import { type Checkpoint, openCheckpoint } from '@mirust/checkpoint';
import { createEncoding, type Shape } from '@mirust/core';
import { afterEach, describe, expect, it, vi } from 'vitest';
// @boundaries-ignore bytes of a format are made where its reader is tested
import {
  GGUF_METADATA,
  GGUF_SHAPES,
  type GgufTensor,
  ggufFile,
  ggufTensors,
  ggufVocabulary,
} from '../../checkpoint/test/_artifacts.ts';
// @boundaries-ignore bytes of a format are made where its reader is tested
import { safetensors, tinyDirectory, tinyTensors } from '../../checkpoint/test/_support.ts';
import { checkWeights } from '../src/weights-check.ts';
import { admitFiles, memoryFiles, outcomes, problems, warnings } from './_support.ts';

afterEach(() => vi.unstubAllGlobals());

/** Types of GGUF with the bytes of 32 values: of ones, and with a bad number. */
const TYPES: readonly [name: string, type: number, good: readonly number[], bad: readonly number[]][] = [
  // 1 is 0x3f800000 in f32, 0x3c00 in f16, 0x3f80 in bf16; all bits of the exponent are infinity or NaN.
  ['f32', 0, repeat([0, 0, 0x80, 0x3f], 32), [...repeat([0, 0, 0x80, 0x3f], 31), 0, 0, 0x80, 0x7f]],
  ['f16', 1, repeat([0, 0x3c], 32), [...repeat([0, 0x3c], 31), 1, 0x7c]],
  ['bf16', 30, repeat([0x80, 0x3f], 32), [...repeat([0x80, 0x3f], 31), 0xc0, 0xff]],
  ['Q8_0', 8, [0, 0x3c, ...repeat([1, 2], 16)], [0, 0x7c, ...repeat([1, 2], 16)]],
  ['Q4_0', 2, [0, 0x3c, ...repeat([0x9a], 16)], [0, 0x7e, ...repeat([0x9a], 16)]],
  ['Q5_1', 7, [0, 0x3c, 0, 0, ...repeat([0x12], 20)], [0, 0x3c, 0, 0xfc, ...repeat([0x12], 20)]],
];

function repeat(bytes: readonly number[], count: number): number[] {
  return Array.from({ length: count }, () => bytes).flat();
}

/** The tiny model with `blk.0.ffn_up.weight` [32, 32] in a type: good rows, but for the one with this index. */
function gguf(type: number, good: readonly number[], bad: readonly number[], badRow: number): Uint8Array {
  const rows = Array.from({ length: 32 }, (_, row) => (row === badRow ? bad : good)).flat();
  const tensors = ggufTensors().map((tensor): GgufTensor => {
    return tensor.name === 'blk.0.ffn_up.weight' ? { ...tensor, type, bytes: Uint8Array.from(rows) } : tensor;
  });
  return ggufFile([...GGUF_METADATA, ...ggufVocabulary()], tensors);
}

/** The tiny directory, one tensor of which has these values. */
function directory(name: string, values: (index: number) => number): Record<string, Uint8Array> {
  const tensors = tinyTensors().map((tensor) => {
    if (tensor.name !== name) return tensor;
    const bytes = Float32Array.from({ length: tensor.bytes.length / 4 }, (_, index) => values(index));
    return { ...tensor, bytes: new Uint8Array(bytes.buffer) };
  });
  return { ...tinyDirectory(), 'model.safetensors': safetensors(tensors) };
}

const UP = 'model.layers.1.mlp.up_proj.weight';

describe('a value that is no number', () => {
  it.each(TYPES)('%s: rejects, and is named', async (_, type, good, bad) => {
    for (const row of [0, 17, 31]) {
      const report = await admitFiles({ 'a.gguf': gguf(type, good, bad, row) }, 'a.gguf');
      expect(problems(report)).toEqual(['weights ADMISSION_WEIGHT_NOT_FINITE']);
      expect(outcomes(report)).toEqual(['passed', 'passed', 'passed', 'passed', 'failed']);
      const [finding] = report.findings.filter(({ severity }) => severity === 'error');
      expect(finding?.tensor).toBe('layers.0.w3.weight');
      expect(Number(/index (\d+)$/.exec(finding?.message ?? '')?.[1])).toSatisfy(
        (index: number) => Math.floor(index / 32) === row,
      );
    }
    const clean = await admitFiles({ 'a.gguf': gguf(type, good, good, 0) }, 'a.gguf');
    expect(problems(clean)).toEqual([]);
  });

  it('is found by the codecs, too, where there are no kernels', async () => {
    for (const [, type, good, bad] of TYPES) {
      const files = { 'a.gguf': gguf(type, good, bad, 5) };
      const withKernels = await admitFiles(files, 'a.gguf');
      vi.stubGlobal('WebAssembly', undefined);
      expect(await admitFiles(files, 'a.gguf')).toEqual(withKernels);
      vi.unstubAllGlobals();
    }
  });

  it('is counted', async () => {
    const report = await admitFiles(directory(UP, (index) => (index % 3 === 1 ? Number.NaN : index)));
    expect(report.findings.map(({ message }) => message)).toContain(
      'tensor layers.1.w3.weight has 16 values that are NaN or infinite, the first at index 1',
    );
  });
});

describe('a tensor of one value', () => {
  it('is a warning', async () => {
    expect(warnings(await admitFiles(directory(UP, () => 0)))).toEqual(['weights ADMISSION_WEIGHT_ZERO']);
    expect(warnings(await admitFiles(directory(UP, () => 0.25)))).toEqual(['weights ADMISSION_WEIGHT_CONSTANT']);
    expect(warnings(await admitFiles(directory(UP, (index) => (index === 0 ? -1 : 0))))).toEqual([]);
  });

  it('is none where it is a vector of ones: norms begin like that', async () => {
    expect(warnings(await admitFiles(directory('model.norm.weight', () => 1)))).toEqual([]);
    expect(warnings(await admitFiles(directory('model.norm.weight', () => 0)))).toEqual([
      'weights ADMISSION_WEIGHT_ZERO',
    ]);
  });
});

describe('a row far beyond the others', () => {
  const values = (outlier: number) => (index: number) => (Math.floor(index / 8) === 3 ? outlier : (index % 5) - 2.5);

  it('is a warning that names it, from a factor of a thousand on', async () => {
    const report = await admitFiles(directory(UP, values(2501)));
    expect(warnings(report)).toEqual(['weights ADMISSION_WEIGHT_SCALE']);
    expect(report.findings.map(({ message }) => message)).toContain(
      'row 3 of tensor layers.1.w3.weight has values up to 2.50e+3, where 2.50 is typical',
    );
    expect(warnings(await admitFiles(directory(UP, values(-2500))))).toEqual([]);
    expect(warnings(await admitFiles(directory(UP, values(-1e38))))).toEqual(['weights ADMISSION_WEIGHT_SCALE']);
  });

  it('is none beside rows of zeros, which spare rows of an embedding are', async () => {
    const embedding = (index: number): number => (index < 32 ? (index % 7) - 3 : 0);
    expect(warnings(await admitFiles(directory('model.embed_tokens.weight', embedding)))).toEqual([]);
  });

  it('is found by the codecs, too', async () => {
    const withKernels = await admitFiles(directory(UP, values(1e6)));
    vi.stubGlobal('WebAssembly', undefined);
    expect(await admitFiles(directory(UP, values(1e6)))).toEqual(withKernels);
  });
});

describe('a sample', () => {
  it('says that it is one, and of which tensors; small ones are looked at wholly', async () => {
    const values = new Float32Array(20000 * 1024).map((_, index) => index % 7);
    const checkpoint = fakeCheckpoint([20000, 1024], (firstRow, payload) => {
      payload.set(new Uint8Array(values.buffer, firstRow * 4096, payload.byteLength));
    });
    values[5] = Number.NaN;
    values[2000 * 1024] = Number.NaN;
    const full = await checkWeights(checkpoint, {});
    expect(full.map(({ message }) => message)).toEqual([
      'tensor wide has 2 values that are NaN or infinite, the first at index 5',
    ]);
    const sampled = await checkWeights(checkpoint, { isSampled: true });
    expect(sampled.map(({ rule, message }) => `${rule} ${message}`)).toEqual([
      'ADMISSION_WEIGHT_NOT_FINITE tensor wide has 1 value that is NaN or infinite, the first at index 5',
      'ADMISSION_SAMPLED of 1 tensor a sample was looked at',
    ]);
    const small = fakeCheckpoint([8, 8], (_, payload) => payload.fill(63));
    expect(await checkWeights(small, { isSampled: true })).toMatchObject([{ rule: 'ADMISSION_WEIGHT_CONSTANT' }]);
  });
});

describe('reading', () => {
  it('covers a tensor of many tiles, to its last value', async () => {
    const values = new Float32Array(2000 * 1024).map((_, index) => index % 7);
    const checkpoint = fakeCheckpoint([2000, 1024], (firstRow, payload) => {
      payload.set(new Uint8Array(values.buffer, firstRow * 4096, payload.byteLength));
    });
    expect(await checkWeights(checkpoint, {})).toEqual([]);
    values[values.length - 1] = Number.NEGATIVE_INFINITY;
    expect((await checkWeights(checkpoint, {})).map(({ message }) => message)).toEqual([
      `tensor wide has 1 value that is NaN or infinite, the first at index ${values.length - 1}`,
    ]);
  });

  it('tells how far it is, and ends with its signal', async () => {
    const checkpoint = await openCheckpoint(
      memoryFiles({ 'a.gguf': gguf(0, repeat([0, 0, 0, 1], 32), [], -1) }, 'a.gguf'),
    );
    const told: [number, number][] = [];
    await checkWeights(checkpoint, { onProgress: (done, total) => told.push([done, total]) });
    const bytes = 4 * GGUF_SHAPES.reduce((sum, [, shape]) => sum + shape.reduce((a, b) => a * b, 1), 0);
    expect(told.at(-1)).toEqual([bytes, bytes]);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(checkWeights(checkpoint, { signal })).rejects.toThrow('enough');
    await checkpoint.close();
  });

  it('of rows that no memory should be taken for leaves the verdict open', async () => {
    const checkpoint = fakeCheckpoint([8, 2 ** 25], () => {
      throw new Error('nothing is read');
    });
    const [finding, ...others] = await checkWeights(checkpoint, {});
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ rule: 'ADMISSION_NOT_SCANNED', class: 'weights', severity: 'undetermined' });
  });
});

/** As much of a checkpoint as this check looks at: one f32 tensor. */
function fakeCheckpoint(shape: Shape, read: (firstRow: number, payload: Uint8Array) => void): Checkpoint {
  const tensor = {
    name: 'wide',
    sourceName: 'wide',
    shape,
    encoding: createEncoding('f32', shape),
    readRows: async (firstRow: number, _count: number, payload: Uint8Array) => read(firstRow, payload),
  };
  return { tensors: new Map([['wide', tensor]]) } as unknown as Checkpoint;
}
