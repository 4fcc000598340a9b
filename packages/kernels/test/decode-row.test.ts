/** Rows as f32: what `@mirust/quant` decodes, bit for bit, and nothing behind them. */
import { readFileSync } from 'node:fs';
import { createEncoding, type DTypeName, dtypeInfo, encodedSize, isDTypeName } from '@mirust/core';
import { canDecode, decodeRows, type StoredTensor } from '@mirust/quant';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { describeBuilds, type Workbench } from './_builds.ts';
import { differences, randomBytes } from './_values.ts';
import { PANEL_TYPES, place, ROW_TYPES, randomMatrix, type StorageType } from './_weights.ts';

const ALL_TYPES = [...PANEL_TYPES, ...ROW_TYPES];

/** Differences of every row of a tensor, decoded by the kernels, to `expected`. */
function compare(bench: Workbench, kind: number, tensor: StoredTensor, expected: Float32Array): unknown[] {
  const columns = tensor.shape[1] ?? 0;
  const { weight, rowBytes, scales, block } = place(bench.clear(), tensor);
  const target = bench.room(columns * 4 + 16, 4);
  for (let row = 0; row * columns < expected.length; row++) {
    bench.kernels.decodeRow(kind, weight, row, columns, rowBytes, scales, block, target);
    const found = differences(bench.floats(target, columns), expected.subarray(row * columns, (row + 1) * columns));
    if (found.length > 0) return [`row ${row}`, ...found];
    expect(bench.isUntouched(target + columns * 4, 16)).toBe(true);
  }
  return [];
}

function decoded(tensor: StoredTensor): Float32Array {
  const values = new Float32Array((tensor.shape[0] ?? 0) * (tensor.shape[1] ?? 0));
  decodeRows(tensor, 0, tensor.shape[0] ?? 0, values);
  return values;
}

const ORACLE = JSON.parse(
  readFileSync(new URL('../../../fixtures/oracles/ggml-blocks.json', import.meta.url), 'utf8'),
) as Record<string, { blocks: string; values: string }>;

describeBuilds('decodeRow', (bench) => {
  it.each(ALL_TYPES)('$name (kind $kind): any matrix', (type) => {
    fc.assert(
      fc.property(
        fc.record({
          rows: fc.integer({ min: 1, max: 19 }),
          blocks: fc.integer({ min: 1, max: type.blockElements > 32 ? 3 : type.blockElements > 1 ? 9 : 200 }),
          blockSize: fc.constantFrom(2, 4, 14, 16, 32, 34, 64),
          seed: fc.nat(),
        }),
        ({ rows, blocks, blockSize, seed }) => {
          const block = type.dtype === 'q4' && !type.isInterleaved ? blockSize : type.blockElements;
          const tensor = randomMatrix(type, rows, blocks * block, seed, block);
          expect(compare(bench, type.kind, tensor, decoded(tensor))).toEqual([]);
        },
      ),
      { numRuns: 30 },
    );
  });

  it.each(ROW_TYPES.filter(({ dtype }) => dtype !== 'q8' && dtype !== 'q4'))(
    '$name: any bytes, infinite and NaN scales among them',
    ({ dtype, kind, blockElements }) => {
      const shape = [16, blockElements * 16];
      const encoding = createEncoding(dtype, shape);
      const payload = randomBytes(encodedSize(encoding, shape).payloadBytes, 5);
      // Every 16-bit word of the first block is that of an infinity, of the second that of a NaN.
      const { blockBytes } = dtypeInfo(dtype);
      payload.set(Uint8Array.from({ length: blockBytes }, (_, i) => ((i & 1) === 0 ? 0 : 0x7c)));
      payload.fill(0xff, blockBytes, 2 * blockBytes);
      const tensor: StoredTensor = { name: 'w', encoding, shape, payload, scales: new Uint8Array(0) };
      expect(compare(bench, kind, tensor, decoded(tensor))).toEqual([]);
    },
  );

  it.each(Object.keys(ORACLE))('%s: blocks and values of the gguf package', (name) => {
    const { blocks, values } = ORACLE[name] as { blocks: string; values: string };
    const dtype = (isDTypeName(name) ? name : name.toLowerCase()) as DTypeName;
    const expected = new Float32Array(Uint8Array.from(Buffer.from(values, 'base64')).buffer);
    const shape = [1, expected.length];
    const tensor: StoredTensor = {
      name,
      encoding: createEncoding(dtype, shape),
      shape,
      payload: Uint8Array.from(Buffer.from(blocks, 'base64')),
      scales: new Uint8Array(0),
    };
    const { kind } = ROW_TYPES.find((type) => type.dtype === dtype) as StorageType;
    expect(compare(bench, kind, tensor, expected)).toEqual([]);
  });
});

it('every type that is decoded at all has a kind', () => {
  const names = new Set<string>(ALL_TYPES.map(({ dtype }) => dtype));
  expect(Object.keys(ORACLE).map((name) => (isDTypeName(name) ? name : name.toLowerCase()))).toEqual(
    expect.arrayContaining([...names].filter((name) => !['f32', 'q8', 'q4'].includes(name))),
  );
  expect([...names].every((name) => isDTypeName(name) && canDecode(name))).toBe(true);
});
