/** Rows of a stored tensor, in our order whatever the source's is. */
import { type ByteSource, createEncoding, interleavedEncoding, memorySource } from '@mirust/core';
import { huggingFaceRopeRow } from '@mirust/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ropePermutedTensor, storedTensor } from '../src/rows.ts';

/** Every row of `rows` × `columns` bytes tells which it is. */
function numberedRows(rows: number, columns: number): Uint8Array {
  return Uint8Array.from({ length: rows * columns }, (_, i) => (Math.floor(i / columns) * 7 + i) % 251);
}

function identity(rows: number, columns: number) {
  const shape = [rows, columns];
  // f16: two bytes per value, so that bytes and values are not confused.
  return { name: 'wq', sourceName: 'q_proj', shape, encoding: createEncoding('f16', shape) };
}

describe('rows that are permuted for rotation', () => {
  it('are those of a full, naive permutation, for every tile', async () => {
    const cases = fc.record({
      heads: fc.integer({ min: 1, max: 5 }),
      half: fc.integer({ min: 1, max: 6 }),
      columns: fc.integer({ min: 1, max: 5 }),
      from: fc.nat(),
      count: fc.nat(),
      start: fc.integer({ min: 0, max: 9 }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ heads, half, columns, from, count, start }) => {
        const headDim = half * 2;
        const rows = heads * headDim;
        const rowBytes = columns * 2;
        const stored = numberedRows(rows, rowBytes);
        // Hugging Face keeps [first of every pair, second of every pair]: ours is the inverse, written out in full.
        const expected = new Uint8Array(stored.length);
        for (let head = 0; head < heads; head++) {
          for (let pair = 0; pair < half; pair++) {
            for (const part of [0, 1]) {
              const theirs = head * headDim + part * half + pair;
              const ours = head * headDim + 2 * pair + part;
              expected.set(stored.subarray(theirs * rowBytes, (theirs + 1) * rowBytes), ours * rowBytes);
            }
          }
        }
        const file = new Uint8Array(start + stored.length);
        file.set(stored, start);
        const place = { source: memorySource(file), offset: start, scaleOffset: 0 };
        const tensor = ropePermutedTensor(identity(rows, columns), place, headDim);
        const firstRow = from % rows;
        const rowCount = count % (rows - firstRow + 1);
        const tile = new Uint8Array(rowCount * rowBytes);
        await tensor.readRows(firstRow, rowCount, tile, new Uint8Array(0));
        expect([...tile]).toEqual([...expected.subarray(firstRow * rowBytes, (firstRow + rowCount) * rowBytes)]);
      }),
      { numRuns: 400 },
    );
  });

  it('are a permutation: every row of a head once', () => {
    for (const headDim of [2, 4, 64, 128]) {
      const rows = Array.from({ length: 2 * headDim }, (_, row) => huggingFaceRopeRow(row, headDim));
      expect([...rows].sort((a, b) => a - b)).toEqual(rows.map((_, row) => row));
      expect(rows.slice(0, headDim).every((row) => row < headDim)).toBe(true);
    }
  });

  it('take two requests at most, and at most two heads more than asked for', async () => {
    const [rows, columns, headDim] = [64, 3, 8];
    const stored = numberedRows(rows, columns * 2);
    const requests: number[] = [];
    const source: ByteSource = {
      ...memorySource(stored),
      async readInto(offset, target) {
        requests.push(target.byteLength);
        target.set(stored.subarray(offset, offset + target.byteLength));
      },
    };
    const tensor = ropePermutedTensor(identity(rows, columns), { source, offset: 0, scaleOffset: 0 }, headDim);
    for (let first = 0; first < rows; first++) {
      for (let count = 1; count <= rows - first; count++) {
        requests.length = 0;
        await tensor.readRows(first, count, new Uint8Array(count * 6), new Uint8Array(0));
        expect(requests.length).toBeLessThanOrEqual(2);
        const bytes = requests.reduce((sum, byteLength) => sum + byteLength, 0);
        const sameHead = Math.floor(first / headDim) === Math.floor((first + count - 1) / headDim);
        expect(bytes).toBeLessThanOrEqual(sameHead ? count * 6 : (count + 2 * (headDim - 1)) * 6);
      }
    }
  });

  it('cannot have scales', () => {
    const shape = [4, 4];
    const scaled = { name: 'wq', sourceName: 'q', shape, encoding: createEncoding('q8', shape) };
    const place = { source: memorySource(new Uint8Array(64)), offset: 0, scaleOffset: 16 };
    expect(() => ropePermutedTensor(scaled, place, 4)).toThrow(RangeError);
  });
});

describe('stored rows', () => {
  const shape = [4, 8];
  const bytes = numberedRows(1, 200);
  const place = { source: memorySource(bytes), offset: 10, scaleOffset: 100 };

  it('come with their scales', async () => {
    const encoding = createEncoding('q4', shape, { blockSize: 4, scaleType: 'f16' });
    const tensor = storedTensor({ name: 'w', sourceName: 'w', shape, encoding }, place);
    const payload = new Uint8Array(2 * 4);
    const scales = new Uint8Array(2 * 2 * 2);
    await tensor.readRows(1, 2, payload, scales);
    expect(payload).toEqual(bytes.subarray(10 + 4, 10 + 12));
    expect(scales).toEqual(bytes.subarray(100 + 4, 100 + 12));
  });

  it('come in whole panels where they are interleaved', async () => {
    // 19 rows of 5 columns, padded to 32: three panels of 32 + 256 bytes.
    const matrix = [19, 5];
    const encoding = interleavedEncoding(createEncoding('q8', matrix), matrix);
    const panels = numberedRows(1, 7 + 3 * 288);
    const panelPlace = { source: memorySource(panels), offset: 7, scaleOffset: 0 };
    const tensor = storedTensor({ name: 'w', sourceName: 'w', shape: matrix, encoding }, panelPlace);
    const none = new Uint8Array(0);
    for (const [first, count] of [
      [0, 8],
      [8, 8],
      [8, 11],
      [16, 3],
      [0, 19],
      [16, 0],
    ] as const) {
      const payload = new Uint8Array(Math.ceil(count / 8) * 288);
      await tensor.readRows(first, count, payload, none);
      expect([...payload]).toEqual([...panels.subarray(7 + first * 36, 7 + first * 36 + payload.byteLength)]);
      await expect(tensor.readRows(first, count, payload, new Uint8Array(4))).rejects.toThrow(RangeError);
    }
    for (const [first, count] of [
      [0, 1],
      [4, 8],
      [8, 3],
      [17, 2],
      [16, 8],
      [19, 1],
    ] as const) {
      for (const byteLength of [288, 576]) {
        await expect(tensor.readRows(first, count, new Uint8Array(byteLength), none)).rejects.toThrow(RangeError);
      }
    }
  });

  it('are asked for within the tensor, into memory of their size', async () => {
    const encoding = createEncoding('f16', shape);
    const none = new Uint8Array(0);
    const tensors = [
      storedTensor({ name: 'w', sourceName: 'w', shape, encoding }, place),
      ropePermutedTensor({ name: 'w', sourceName: 'w', shape, encoding }, place, 4),
    ];
    for (const tensor of tensors) {
      for (const [first, count] of [
        [-1, 1],
        [0, 5],
        [4, 1],
        [0.5, 1],
        [0, -1],
        [Number.NaN, 1],
        [0, 2 ** 53],
      ] as const) {
        const target = new Uint8Array(Math.max(0, Math.min(count, 8)) * 16 || 0);
        await expect(tensor.readRows(first, count, target, none)).rejects.toThrow(RangeError);
      }
      await expect(tensor.readRows(0, 2, new Uint8Array(31), none)).rejects.toThrow(RangeError);
      await expect(tensor.readRows(0, 2, new Uint8Array(32), new Uint8Array(1))).rejects.toThrow(RangeError);
    }
  });
});
