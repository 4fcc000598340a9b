/** DATA is verified when it is read: chunk by chunk, in any order, into any memory. */
import { type ByteSource, memorySource, readRange } from '@mirust/core';
import { CHUNK_BYTES } from '@mirust/integrity';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { openVerifiedData, readSlm2, type Slm2File, verifySlm2Data } from '../src/index.ts';
import { buildSlm2, countingSource, describeTensor, errorOf } from './_support.ts';

const TENSORS = [
  describeTensor('a', 'f32', [300, 1000]),
  describeTensor('b', 'q8', [1500, 1000]),
  describeTensor('c1', 'f32', [4]),
  describeTensor('c2', 'f32', [4]),
  describeTensor('c3', 'f32', [4]),
  describeTensor('c4', 'f32', [4]),
];
let bytes: Uint8Array;
let file: Slm2File;

beforeAll(async () => {
  bytes = await buildSlm2(TENSORS);
  file = await readSlm2(memorySource(bytes));
});

/** The file with one byte of DATA changed. */
function tampered(at: number): Uint8Array {
  const copy = bytes.slice();
  copy[file.dataOffset + at] = (copy[file.dataOffset + at] ?? 0) ^ 1;
  return copy;
}

describe('openVerifiedData', () => {
  it('gives the bytes of the file, whatever the range', async () => {
    expect(file.tree.leaves.byteLength).toBe(3 * 32);
    const source = openVerifiedData(memorySource(bytes), file);
    const range = fc.tuple(fc.nat(file.dataByteLength), fc.nat(file.dataByteLength));
    await fc.assert(
      fc.asyncProperty(range, async ([a, b]) => {
        const offset = file.dataOffset + Math.min(a, b);
        const end = file.dataOffset + Math.max(a, b);
        const read = await readRange(source, offset, end - offset);
        expect(Buffer.compare(read, bytes.subarray(offset, end))).toBe(0);
      }),
      { numRuns: 50 },
    );
  });

  it('reads whole chunks straight into their target, shared memory included', async () => {
    const counting = countingSource(bytes);
    const source = openVerifiedData(counting, file);
    const target = new Uint8Array(new SharedArrayBuffer(file.dataByteLength));
    await source.readInto(file.dataOffset, target);
    expect(Buffer.compare(target, bytes.subarray(file.dataOffset))).toBe(0);
    expect(counting.reads.map(({ length }) => length)).toEqual([
      CHUNK_BYTES,
      CHUNK_BYTES,
      file.dataByteLength - 2 * CHUNK_BYTES,
    ]);
  });

  it('reads a chunk once for small reads that follow each other', async () => {
    const counting = countingSource(bytes);
    const source = openVerifiedData(counting, file);
    for (const name of ['c1', 'c2', 'c3', 'c4']) {
      await readRange(source, file.tensorsByName.get(name)?.offset ?? 0, 16);
    }
    expect(counting.reads).toHaveLength(1);
  });

  it('reads a chunk once for small reads at the same time', async () => {
    const counting = countingSource(bytes);
    const source = openVerifiedData(counting, file);
    const reads = [0, 100, 200, 300].map((at) => readRange(source, file.dataOffset + at, 50));
    const read = await Promise.all(reads);
    expect(Buffer.concat(read.slice(0, 2)).subarray(0, 50)).toEqual(
      Buffer.from(bytes.subarray(file.dataOffset, file.dataOffset + 50)),
    );
    expect(counting.reads).toHaveLength(1);
  });

  it('keeps the chunks that neighbouring reads share, also where several go on side by side', async () => {
    const counting = countingSource(bytes);
    const source = openVerifiedData(counting, file);
    const pieceBytes = 300_000;
    const pieces = Array.from(
      { length: Math.floor(file.dataByteLength / pieceBytes) },
      (_, index) => index * pieceBytes,
    );
    await Promise.all(pieces.map((at) => readRange(source, file.dataOffset + at, pieceBytes)));
    expect(counting.reads.length).toBeLessThanOrEqual(3);
  });

  it('names chunk, bytes and tensors of what was changed, and hands nothing out', async () => {
    const source = openVerifiedData(memorySource(tampered(CHUNK_BYTES + 5)), file);
    const target = new Uint8Array(2 * CHUNK_BYTES).fill(9);
    const error = await errorOf(source.readInto(file.dataOffset, target));
    expect(error).toMatchObject({ code: 'CHUNK_DIGEST', class: 'integrity', offset: file.dataOffset + CHUNK_BYTES });
    expect(error.message).toMatch(new RegExp(`^chunk 1 \\(bytes ${file.dataOffset + CHUNK_BYTES} to \\d+: a, b\\)`));
    expect(target.every((byte) => byte === 0)).toBe(true);

    const partial = new Uint8Array(10).fill(9);
    await errorOf(source.readInto(file.dataOffset + CHUNK_BYTES + 100, partial));
    expect(partial.every((byte) => byte === 0)).toBe(true);
    await readRange(source, file.dataOffset, 1000);
  });

  it('lists few names where many tensors share a chunk', async () => {
    const at = (file.tensorsByName.get('c1')?.offset ?? 0) - file.dataOffset;
    const source = openVerifiedData(memorySource(tampered(at)), file);
    const error = await errorOf(readRange(source, file.dataOffset + at, 4));
    expect(error.message).toContain(': b, c1, c2 and 2 more)');
  });

  it('does not hand a failure to the next reader', async () => {
    let fail = true;
    const inner = memorySource(bytes);
    const flaky: ByteSource = {
      ...inner,
      async readInto(offset, target, options) {
        if (fail) throw new Error('the cable');
        await inner.readInto(offset, target, options);
      },
    };
    const source = openVerifiedData(flaky, file);
    await expect(readRange(source, file.dataOffset, 10)).rejects.toThrow('the cable');
    fail = false;
    expect(await readRange(source, file.dataOffset, 10)).toEqual(bytes.slice(file.dataOffset, file.dataOffset + 10));
  });

  it('gives out DATA alone', async () => {
    const source = openVerifiedData(memorySource(bytes), file);
    await expect(readRange(source, file.dataOffset - 1, 2)).rejects.toThrow(RangeError);
    await expect(readRange(source, 0, 10)).rejects.toThrow(RangeError);
    await expect(readRange(source, file.byteLength - 1, 2)).rejects.toMatchObject({ code: 'TRUNCATED' });
    expect(await readRange(source, file.dataOffset, 0)).toHaveLength(0);
  });

  it('stops when it is told to, and can be closed', async () => {
    const source = openVerifiedData(memorySource(bytes), file);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(source.readInto(file.dataOffset, new Uint8Array(CHUNK_BYTES), { signal })).rejects.toThrow('enough');
    await source.close();
    expect(await readRange(source, file.dataOffset, 1)).toHaveLength(1);
  });
});

describe('verifySlm2Data', () => {
  it('reads everything once and tells how far it is', async () => {
    const counting = countingSource(bytes);
    const progress: [number, number][] = [];
    await verifySlm2Data(counting, file, { onProgress: (done, total) => progress.push([done, total]) });
    expect(counting.reads.reduce((sum, { length }) => sum + length, 0)).toBe(file.dataByteLength);
    expect(progress.at(-1)).toEqual([file.dataByteLength, file.dataByteLength]);
    expect(progress).toHaveLength(3);
  });

  it('finds a change in any chunk', async () => {
    for (const at of [0, CHUNK_BYTES - 1, CHUNK_BYTES, 2 * CHUNK_BYTES + 1, file.dataByteLength - 1]) {
      const error = await errorOf(verifySlm2Data(memorySource(tampered(at)), file));
      expect(error).toMatchObject({
        code: 'CHUNK_DIGEST',
        offset: file.dataOffset + Math.floor(at / CHUNK_BYTES) * CHUNK_BYTES,
      });
    }
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    const options = { signal: controller.signal, onProgress: () => controller.abort(new Error('enough')) };
    await expect(verifySlm2Data(memorySource(bytes), file, options)).rejects.toThrow('enough');
  });
});
