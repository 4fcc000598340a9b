/** Planned quantizations against published sizes, and what holds for any outline and any name. */
import { createEncoding, encodedSize, formatEncoding, rowDivides, rowLength, type TensorEncoding } from '@mirust/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
// @boundaries-ignore known models live beside the tests of the model package
import { LLAMA_SIZES } from '../../model/test/models.ts';
import {
  bitsPerWeight,
  FILE_TYPE_ALIASES,
  FILE_TYPE_NAMES,
  findFileType,
  type ModelOutline,
  mixEncodings,
  type OutlineTensor,
  QUANTIZATION_NAMES,
  quantizedEncodings,
  recipeEncodings,
} from '../src/index.ts';
import { llama3, llamaOutline } from './mix-outlines.ts';

type Encodings = ReadonlyMap<string, TensorEncoding>;

function bytesOf({ tensors }: ModelOutline, encodings: Encodings): number {
  return tensors.reduce((sum, { name, shape }) => {
    const { payloadBytes, scaleBytes } = encodedSize(encodings.get(name) ?? expect.fail(name), shape);
    return sum + payloadBytes + scaleBytes;
  }, 0);
}

function matrix(name: string, shape: readonly number[]): OutlineTensor {
  return { name, shape, role: 'matrix' };
}

function outline(...tensors: OutlineTensor[]): ModelOutline {
  return { architecture: 'llama', tensors };
}

function typesOf(of: ModelOutline, name: string): string[] {
  const encodings = quantizedEncodings(of, name);
  return of.tensors.map((tensor) => formatEncoding(encodings.get(tensor.name) ?? expect.fail(tensor.name)));
}

describe('published sizes', () => {
  it.each([
    ['7B', 'F16', '13.477'],
    ['7B', 'Q8_0', '7.160'],
    ['7B', 'Q6_K', '5.528'],
    ['7B', 'Q5_K_M', '4.782'],
    ['7B', 'Q4_K_M', '4.080'],
    ['7B', 'Q4_0', '3.825'],
    ['13B', 'Q4_K_M', '7.865'],
    ['65B', 'Q4_K_M', '39.347'],
  ])('LLaMA %s as %s: %s GB', (size, name, gigabytes) => {
    const [, hyperparameters] = LLAMA_SIZES.find(([known]) => known === size) ?? expect.fail();
    const model = llamaOutline(hyperparameters);
    expect((bytesOf(model, mixEncodings(model, name)) / 1e9).toFixed(3)).toBe(gigabytes);
  });

  it.each([
    ['F16', '16.0005'],
    ['Q8_0', '8.5008'],
    ['Q6_K', '6.5633'],
    ['Q5_K_M', '5.7036'],
    ['Q4_K_M', '4.8944'],
    ['Q4_K_S', '4.6672'],
  ])('Llama-3.1-8B as %s: %s bits per weight', (name, bits) => {
    const model = llamaOutline(llama3(4096, 32, 32, 14_336));
    expect(bitsPerWeight(model, mixEncodings(model, name)).toFixed(4)).toBe(bits);
  });
});

describe('a name', () => {
  const model = outline(matrix('token_embd.weight', [8, 256]), matrix('output_norm.weight', [256]));

  it.each([
    ['q4_k_m', 'Q4_K_M'],
    ['Q4_K', 'Q4_K_M'],
    ['q3_k', 'Q3_K_M'],
    ['Q5_k', 'Q5_K_M'],
    ['mxfp4_moe', 'MXFP4_MOE'],
    ['f16', 'F16'],
  ])('of a file type is taken in any case: %s', (name, found) => {
    expect(findFileType(name)).toBe(found);
  });

  it.each(['', 'COPY', 'Q9', '__proto__', 'constructor', 'Q4_K_M '])('of no file type: %j', (name) => {
    expect(findFileType(name)).toBeUndefined();
    expect(() => mixEncodings(model, name)).toThrow(RangeError);
    expect(() => quantizedEncodings(model, name)).toThrow(RangeError);
  });

  it('in small letters is ours where both have one', () => {
    const routed = outline(matrix('blk.0.ffn_gate_inp.weight', [8, 256]), matrix('blk.0.attn_norm.weight', [256]));
    expect(typesOf(routed, 'f16')).toEqual(['f16', 'f32']);
    expect(typesOf(routed, 'F16')).toEqual(['f32', 'f32']);
    const dense = llamaOutline(llama3(1024, 2, 8, 512));
    for (const name of ['f16', 'bf16', 'f32']) expect(typesOf(dense, name)).toEqual(typesOf(dense, name.toUpperCase()));
  });

  it.each([
    ['Q4_K_X', 'unknown quantization "Q4_K_X": near it are q4, Q4_0, Q4_1, Q4_K_S, Q4_K_M, Q4_K'],
    ['q8_k', 'unknown quantization "q8_k": near it are q8, Q8_0'],
    ['Q8', 'unknown quantization "Q8": near it are q8, Q8_0'],
    ['IQ3', 'unknown quantization "IQ3": near it are IQ3_XXS, IQ3_XS, IQ3_S, IQ3_M'],
    ['\u001b[31m', `unknown quantization "\\u{1b}[31m": write one of ${QUANTIZATION_NAMES.join(', ')}`],
  ])('that is wrong is answered with the near ones: %j', (name, message) => {
    expect(() => quantizedEncodings(model, name)).toThrow(new RangeError(message));
  });

  it.each(['q4/0', 'q4/3', 'q4/x', 'q4/-2', 'q4/99999999999'])('with a block size that cannot be: %s', (name) => {
    expect(() => quantizedEncodings(model, name)).toThrow(RangeError);
  });
});

describe('our own types', () => {
  const model = outline(
    matrix('token_embd.weight', [10, 96]),
    matrix('blk.0.ffn_down.weight', [96, 80]),
    matrix('blk.0.ffn_up_exps.weight', [4, 80, 96]),
    matrix('output_norm.weight', [96]),
  );

  it.each([
    ['q8', ['q8', 'q8', 'q8', 'f32']],
    ['q4', ['q4/32', 'q8', 'q4/32', 'f32']],
    ['q4/16', ['q4/16', 'q4/16', 'q4/16', 'f32']],
    ['q4/64', ['q8', 'q8', 'q8', 'f32']],
    ['bf16', ['bf16', 'bf16', 'bf16', 'f32']],
  ])('%s', (name, types) => {
    expect(typesOf(model, name)).toEqual(types);
  });

  it('count their scales', () => {
    const [, , stack] = model.tensors;
    const { payloadBytes, scaleBytes } = encodedSize(
      recipeEncodings(model, 'q8').get(stack?.name ?? '') ?? expect.fail(),
      stack?.shape ?? [],
    );
    expect([payloadBytes, scaleBytes]).toEqual([4 * 80 * 96, 4 * 80 * 4]);
  });

  it('keep what the source has, and need a source for it', () => {
    const stored = new Map(model.tensors.map(({ name, shape }) => [name, createEncoding('bf16', shape)]));
    expect(recipeEncodings(model, 'keep', stored)).toEqual(stored);
    expect(() => recipeEncodings(model, 'keep')).toThrow(/"keep" needs a source/);
    expect(() => quantizedEncodings(model, 'keep', new Map([...stored].slice(1)))).toThrow(RangeError);
  });
});

describe('a mix', () => {
  it('gives way where blocks do not divide rows, to blocks of 32 and then to f16', () => {
    const rows = (length: number): ModelOutline =>
      outline(matrix('blk.0.attn_q.weight', [4, length]), matrix('output.weight', [4, 256]));
    expect(typesOf(rows(512), 'Q4_K_S')[0]).toBe('Q4_K');
    expect(typesOf(rows(288), 'Q4_K_S')[0]).toBe('Q5_0');
    expect(typesOf(rows(80), 'Q4_K_S')[0]).toBe('f16');
    expect(typesOf(rows(80), 'Q8_0')[0]).toBe('f16');
    // llama-quantize refuses this one.
    expect(typesOf(rows(288), 'Q1_0')[0]).toBe('f16');
  });

  it('keeps small matrices as the source has them where that is a plain float', () => {
    const model = outline(matrix('blk.0.laurel_l.weight', [4, 256]), matrix('blk.0.ffn_up.weight', [4, 256]));
    const typeWith = (stored: 'f32' | 'bf16' | 'Q8_0' | undefined, name = 'Q4_0'): unknown => {
      const all = model.tensors.map((tensor) => [tensor.name, createEncoding(stored ?? 'f32', tensor.shape)] as const);
      const encodings = quantizedEncodings(model, name, stored === undefined ? undefined : new Map(all));
      return encodings.get('blk.0.laurel_l.weight')?.dtype;
    };
    expect([typeWith('f32'), typeWith('bf16'), typeWith('Q8_0'), typeWith(undefined)]).toEqual([
      'f32',
      'bf16',
      'f16',
      'f16',
    ]);
    expect(typeWith(undefined, 'BF16')).toBe('bf16');
  });

  it('knows grouped heads and experts without a cache, from shapes', () => {
    const values = (queries: number, ...more: OutlineTensor[]): string | undefined =>
      typesOf(
        outline(
          matrix('blk.0.attn_v.weight', [64, 256]),
          matrix('blk.0.attn_q.weight', [queries, 256]),
          matrix('blk.0.attn_k.weight', [64, 256]),
          ...more,
        ),
        'Q2_K',
      )[0];
    expect(values(128)).toBe('Q3_K');
    expect(values(256)).toBe('Q4_K');
    expect(values(128, matrix('blk.0.ffn_up_exps.weight', [8, 256, 256]))).toBe('Q8_0');
  });

  it('takes a layer without attention for one without heads, but where GGUF states one count for all', () => {
    const hybrid = (architecture: string): string | undefined =>
      typesOf(
        {
          architecture,
          tensors: [matrix('blk.1.attn_v.weight', [64, 256])],
          cache: [null, { kvHeadCount: 2, keyDim: 32, valueDim: 32 }],
          attention: { headCount: 8, headDim: 32 },
        },
        'Q2_K',
      )[0];
    expect([hybrid('jamba'), hybrid('qwen3next')]).toEqual(['Q3_K', 'Q4_K']);
  });
});

const NAMES = [
  'token_embd.weight',
  'output.weight',
  ...[0, 1, 7].flatMap((layer) =>
    ['attn_q', 'attn_k', 'attn_v', 'attn_qkv', 'attn_output', 'ffn_up', 'ffn_gate', 'ffn_down', 'ffn_down_exps'].map(
      (name) => `blk.${layer}.${name}.weight`,
    ),
  ),
  'blk.3.ffn_gate_inp.weight',
  'blk.3.attn_q.bias',
  'blk.999999999.ffn_down.weight',
  'blk.9999999999.ffn_down.weight',
  'model.layers.0.mlp.down_proj.weight',
  '',
];

const anyTensor: fc.Arbitrary<Omit<OutlineTensor, 'name'>> = fc.record(
  {
    shape: fc
      .tuple(
        fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 3 }),
        fc.oneof(
          fc.integer({ min: 1, max: 70 }),
          fc.integer({ min: 1, max: 12 }).map((blocks) => blocks * 32),
        ),
      )
      .map(([outer, row]) => [...outer, row]),
    role: fc.constantFrom('matrix', 'norm', 'unknown'),
    experts: fc.record({ count: fc.constantFrom(1, 4, 8, 128), used: fc.constant(2) }),
  },
  { requiredKeys: ['shape', 'role'] },
);

const anyOutline: fc.Arbitrary<ModelOutline> = fc
  .record({
    architecture: fc.constantFrom('llama', 'falcon', 'qwen2', 'bailingmoe3', 'unheard-of'),
    names: fc.uniqueArray(fc.constantFrom(...NAMES), { maxLength: 12 }),
    tensors: fc.array(anyTensor, { minLength: 12, maxLength: 12 }),
    heads: fc.option(fc.tuple(fc.integer({ min: 1, max: 64 }), fc.integer({ min: 1, max: 8 })), { nil: undefined }),
  })
  .map(({ architecture, names, tensors, heads }) => ({
    architecture,
    tensors: names.map((name, index) => ({ ...(tensors[index] ?? expect.fail()), name })),
    ...(heads === undefined
      ? {}
      : {
          attention: { headCount: heads[0], headDim: 64 },
          cache: [null, { kvHeadCount: heads[1], keyDim: 64, valueDim: 64 }].slice(heads[1] % 2),
        }),
  }));

describe('any outline under any name', () => {
  it('has an encoding for every tensor whose blocks divide its rows', () => {
    const names = [...FILE_TYPE_NAMES, ...FILE_TYPE_ALIASES.keys(), 'q8', 'q4', 'q4/64', 'f16', 'bf16', 'f32'];
    fc.assert(
      fc.property(anyOutline, fc.constantFrom(...names), fc.boolean(), (model, name, importanceMatrix) => {
        const isOurs = name === name.toLowerCase();
        const encodings = isOurs ? quantizedEncodings(model, name) : mixEncodings(model, name, { importanceMatrix });
        expect([...encodings.keys()]).toEqual(model.tensors.map((tensor) => tensor.name));
        for (const tensor of model.tensors) {
          const encoding = encodings.get(tensor.name) ?? expect.fail(tensor.name);
          expect(rowDivides(encoding, rowLength(tensor.shape))).toBe(true);
          const { payloadBytes, scaleBytes } = encodedSize(encoding, tensor.shape);
          expect(Number.isSafeInteger(payloadBytes + scaleBytes)).toBe(true);
          expect(payloadBytes).toBeGreaterThan(0);
        }
        const bits = bitsPerWeight(model, encodings);
        expect(bits === 0).toBe(model.tensors.length === 0);
        expect(bits).toBeLessThanOrEqual(40);
      }),
      { numRuns: 1000 },
    );
  });

  it('is not measured where an encoding is missing', () => {
    const model = outline(matrix('output.weight', [4, 256]));
    expect(() => bitsPerWeight(model, new Map())).toThrow(/no encoding for tensor output.weight/);
  });
});
