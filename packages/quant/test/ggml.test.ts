import { createEncoding, DTYPE_NAMES, type DTypeName, dtypeInfo, isDTypeName } from '@mirust/core';
import { describe, expect, it } from 'vitest';
import { canDecode, decodeRows, type StoredTensor } from '../src/index.ts';
import { floatsFromBase64, fromBase64, readOracle } from './_values.ts';

interface Case {
  readonly dtype: DTypeName;
  readonly blocks: Uint8Array;
  readonly values: Float32Array;
}

const CASES: readonly Case[] = Object.entries(
  readOracle('ggml-blocks.json') as Record<string, { blocks: string; values: string }>,
).map(([name, { blocks, values }]) => ({
  dtype: isDTypeName(name) ? name : (name.toLowerCase() as DTypeName),
  blocks: fromBase64(blocks),
  values: floatsFromBase64(values),
}));

function tensorOf({ dtype, blocks, values }: Case, rows: number): StoredTensor {
  const shape = [rows, values.length / rows];
  return { name: 'x', encoding: createEncoding(dtype, shape), shape, payload: blocks, scales: new Uint8Array(0) };
}

describe.each(CASES)('$dtype', (item) => {
  const { dtype, blocks, values } = item;

  it('decodes to the values of the gguf package, bit for bit', () => {
    expect(blocks.byteLength * dtypeInfo(dtype).blockElements).toBe(values.length * dtypeInfo(dtype).blockBytes);
    const decoded = new Float32Array(values.length);
    decodeRows(tensorOf(item, 1), 0, 1, decoded);
    // Object.is: a lost sign of zero is an error, and NaN equals NaN.
    const wrong = [...decoded.keys()].filter((index) => !Object.is(decoded[index], values[index]));
    expect(wrong.map((index) => [index, decoded[index], values[index]])).toEqual([]);
    expect(values.some((value) => Math.abs(value) > 0.01 && Math.abs(value) < 10)).toBe(true);
  });

  it('decodes any rows alone, from bytes at any alignment', () => {
    const moved = new Uint8Array(blocks.byteLength + 3).subarray(3);
    moved.set(blocks);
    const tensor = { ...tensorOf(item, 2), payload: moved };
    const row = new Float32Array(values.length / 2);
    decodeRows(tensor, 1, 1, row);
    expect(row).toEqual(values.slice(values.length / 2));
  });
});

it('covers every type that is decoded and has no scales of its own', () => {
  const covered = [...CASES.map(({ dtype }) => dtype), 'f32', 'q8', 'q4'];
  expect(DTYPE_NAMES.filter(canDecode).sort()).toEqual(covered.sort());
});

describe('types that cannot be decoded', () => {
  it.each(DTYPE_NAMES.filter((dtype) => !canDecode(dtype)))('%s is refused by name', (dtype) => {
    const { blockElements, blockBytes } = dtypeInfo(dtype);
    const tensor: StoredTensor = {
      name: 'layers.0.wq.weight',
      encoding: createEncoding(dtype, [1, blockElements]),
      shape: [1, blockElements],
      payload: new Uint8Array(blockBytes),
      scales: new Uint8Array(0),
    };
    expect(() => decodeRows(tensor, 0, 1, new Float32Array(blockElements))).toThrow(
      expect.objectContaining({
        code: 'QUANT_DTYPE',
        class: 'unsupported',
        context: expect.objectContaining({ tensor: 'layers.0.wq.weight', actual: dtype }),
      }),
    );
  });
});
