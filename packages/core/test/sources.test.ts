/** One contract, every source. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ByteSource, blobSource, httpSource, memorySource, readRange, sliceSource } from '../src/index.ts';
import { fileSource } from '../src/node/index.ts';
import { startRangeServer } from './_http-server.ts';

interface Platform {
  readonly name: string;
  readonly open: (bytes: Uint8Array) => Promise<{ source: ByteSource; dispose?: () => Promise<void> }>;
}

const PLATFORMS: readonly Platform[] = [
  { name: 'memory', open: async (bytes) => ({ source: memorySource(bytes) }) },
  { name: 'blob', open: async (bytes) => ({ source: blobSource(new Blob([Uint8Array.from(bytes)])) }) },
  {
    name: 'slice',
    async open(bytes) {
      const around = new Uint8Array(bytes.byteLength + 20).fill(0xee);
      around.set(bytes, 7);
      return { source: sliceSource(memorySource(around), 7, bytes.byteLength) };
    },
  },
  {
    name: 'file',
    async open(bytes) {
      const directory = await mkdtemp(join(tmpdir(), 'mirust-source-'));
      const path = join(directory, 'model.bin');
      await writeFile(path, bytes);
      return { source: await fileSource(path), dispose: () => rm(directory, { recursive: true }) };
    },
  },
  ...[
    { name: 'http', options: {} },
    { name: 'http, small requests', options: { coalesceGapBytes: 0, maxRequestBytes: 700, readAheadBytes: 64 } },
    { name: 'http, nothing ahead', options: { readAheadBytes: 0, coalesceGapBytes: 16 } },
  ].map(({ name, options }) => ({
    name,
    async open(bytes: Uint8Array) {
      const server = await startRangeServer(bytes);
      return { source: await httpSource(server.url, options), dispose: () => server.close() };
    },
  })),
];

const CONTENT = Uint8Array.from({ length: 3000 }, (_, index) => (index * 31 + (index >> 8)) & 0xff);

describe.each(PLATFORMS)('source over $name', ({ open }) => {
  let source: ByteSource;
  let dispose: (() => Promise<void>) | undefined;

  beforeAll(async () => {
    ({ source, dispose } = await open(CONTENT));
  });

  afterAll(async () => {
    await source.close();
    await source.close();
    await dispose?.();
  });

  it('knows its length and has a name', () => {
    expect(source.byteLength).toBe(CONTENT.byteLength);
    expect(source.name).not.toBe('');
  });

  it('gives any ranges, also many at once', async () => {
    const range = fc
      .tuple(fc.nat(CONTENT.byteLength), fc.nat(CONTENT.byteLength))
      .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
    await fc.assert(
      fc.asyncProperty(fc.array(range, { minLength: 1, maxLength: 8 }), async (ranges) => {
        const read = await Promise.all(ranges.map(([from, to]) => readRange(source, from, to - from)));
        ranges.forEach(([from, to], index) => {
          expect(read[index]).toEqual(CONTENT.slice(from, to));
        });
      }),
      { numRuns: 20 },
    );
  });

  it('gives small ranges one behind the other', async () => {
    for (let at = 0; at < 700; at += 7) expect(await readRange(source, at, 7)).toEqual(CONTENT.slice(at, at + 7));
  });

  it('fills only the target it was given', async () => {
    const room = new Uint8Array(30).fill(0xaa);
    await source.readInto(100, room.subarray(10, 20));
    const expected = new Uint8Array(30).fill(0xaa);
    expected.set(CONTENT.subarray(100, 110), 10);
    expect(room).toEqual(expected);
  });

  it('takes an empty range anywhere up to the end', async () => {
    await source.readInto(0, new Uint8Array(0));
    await source.readInto(CONTENT.byteLength, new Uint8Array(0));
  });

  it.each([
    [CONTENT.byteLength - 4, 5],
    [CONTENT.byteLength, 1],
    [CONTENT.byteLength + 10, 0],
    [2 ** 52, 8],
  ])('refuses %d + %d bytes', async (offset, byteLength) => {
    const refused = expect.objectContaining({ code: 'TRUNCATED', context: expect.objectContaining({ offset }) });
    await expect(source.readInto(offset, new Uint8Array(byteLength))).rejects.toEqual(refused);
    // Before anything of that length is allocated.
    await expect(readRange(source, offset, 2 ** 50)).rejects.toMatchObject({ code: 'TRUNCATED' });
  });

  it.each([-1, 0.5, Number.NaN, 2 ** 53])('refuses the offset %d as an argument', async (offset) => {
    await expect(source.readInto(offset, new Uint8Array(1))).rejects.toThrow(RangeError);
  });

  it('throws the reason of an aborted signal', async () => {
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    await expect(source.readInto(0, new Uint8Array(4), { signal })).rejects.toBe(reason);
  });
});

describe.each(PLATFORMS)('empty source over $name', ({ open }) => {
  it('has no bytes', async () => {
    const { source, dispose } = await open(new Uint8Array(0));
    expect(source.byteLength).toBe(0);
    await source.readInto(0, new Uint8Array(0));
    await expect(source.readInto(0, new Uint8Array(1))).rejects.toMatchObject({ code: 'TRUNCATED' });
    await source.close();
    await dispose?.();
  });
});

describe('a blob that does not keep its word', () => {
  it('fails to read', async () => {
    const cause = new Error('gone');
    const blob = { size: 4, slice: () => ({ arrayBuffer: () => Promise.reject(cause) }) };
    await expect(readRange(blobSource(blob), 0, 4)).rejects.toMatchObject({ code: 'SOURCE_READ', cause });
  });

  it('gives another number of bytes', async () => {
    const blob = { size: 4, slice: () => ({ arrayBuffer: async () => new ArrayBuffer(3) }) };
    await expect(readRange(blobSource(blob), 0, 4)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  });
});
