/** All of DATA read to its place: equal to the file, and no less checked than piece by piece. */
import { memorySource } from '@mirust/core';
import { CHUNK_BYTES, type DigestPool, startDigestPool } from '@mirust/integrity';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSlm2, readSlm2Data, type Slm2File } from '../src/index.ts';
import { buildSlm2, describeTensor, interleaved, resign } from './_support.ts';

const TENSORS = [
  describeTensor('a', 'f32', [300, 1000]),
  interleaved(describeTensor('b.q8', 'q8', [1501, 1000])),
  interleaved(describeTensor('c.q4', 'q4', [513, 64], { scaleType: 'f16' })),
  describeTensor('d', 'f32', [3]),
];
let bytes: Uint8Array;
let file: Slm2File;
let pool: DigestPool;

beforeAll(async () => {
  bytes = await buildSlm2(TENSORS);
  file = await readSlm2(memorySource(bytes));
  pool = startDigestPool(2) as DigestPool;
  await pool.started;
});
afterAll(() => pool.close());

const MEMORIES: readonly (readonly [string, () => Uint8Array])[] = [
  ['plain', () => new Uint8Array(file.dataByteLength)],
  ['shared', () => new Uint8Array(new SharedArrayBuffer(file.dataByteLength))],
];

describe.each(MEMORIES)('readSlm2Data into %s memory', (_name, allocate) => {
  it('gives DATA as it lies in the file', async () => {
    const target = allocate();
    let progress = 0;
    const onProgress = (done: number): void => {
      progress = done;
    };
    await readSlm2Data(memorySource(bytes), file, target, { pool, onProgress });
    expect(Buffer.compare(target, bytes.subarray(file.dataOffset))).toBe(0);
    expect(progress).toBe(file.dataByteLength);
  });

  it('names chunk and tensors of what was changed', async () => {
    const at = file.dataOffset + CHUNK_BYTES + 5;
    const changed = bytes.slice();
    changed[at] = (changed[at] ?? 0) ^ 1;
    const reading = readSlm2Data(memorySource(changed), file, allocate(), { pool });
    await expect(reading).rejects.toMatchObject({
      code: 'CHUNK_DIGEST',
      offset: file.dataOffset + CHUNK_BYTES,
      message: expect.stringContaining(': a, b.q8)'),
    });
  });

  it.each([
    ['a scale', 'b.q8', 'SLM2_SCALE_VALUE', 3],
    ['padding', 'd', 'SLM2_PADDING', -20],
  ])('finds %s that digests cannot see', async (_what, name, code, within) => {
    const tensor = file.tensorsByName.get(name) ?? expect.fail(name);
    const changed = bytes.slice();
    changed[tensor.offset + within] = 255;
    resign(changed);
    const source = memorySource(changed);
    const target = allocate();
    await expect(readSlm2Data(source, await readSlm2(source), target, { pool })).rejects.toMatchObject({ code });
    expect(target[tensor.offset + within - file.dataOffset]).toBe(0);
  });
});
