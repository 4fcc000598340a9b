/** One contract, every sink. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ByteSink, memorySink } from '../src/index.ts';
import { atomicFileSink } from '../src/node/index.ts';

interface OpenedSink {
  readonly sink: ByteSink;
  /** The result as a reader sees it; undefined where there is none. */
  readonly result: () => Promise<Uint8Array | undefined>;
  readonly dispose: () => Promise<void>;
}

const PLATFORMS: readonly { name: string; open: (byteLength: number) => Promise<OpenedSink> }[] = [
  {
    name: 'memory',
    async open(byteLength) {
      const sink = memorySink(byteLength);
      const result = async (): Promise<Uint8Array | undefined> => {
        try {
          return sink.bytes();
        } catch {
          return undefined;
        }
      };
      return { sink, result, dispose: async () => {} };
    },
  },
  {
    name: 'file',
    async open(byteLength) {
      const directory = await mkdtemp(join(tmpdir(), 'mirust-sink-'));
      const path = join(directory, 'out.slm');
      return {
        sink: await atomicFileSink(path, byteLength),
        async result() {
          const names = await readdir(directory);
          return names.includes('out.slm') ? new Uint8Array(await readFile(path)) : undefined;
        },
        dispose: () => rm(directory, { recursive: true }),
      };
    },
  },
];

describe.each(PLATFORMS)('sink over $name', ({ open }) => {
  it('holds what was written in any order, zero elsewhere, and gives it back before the commit', async () => {
    const writes = fc.array(fc.tuple(fc.nat(90), fc.uint8Array({ maxLength: 10 })), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(writes, async (parts) => {
        const { sink, result, dispose } = await open(100);
        const expected = new Uint8Array(100);
        for (const [offset, bytes] of parts) {
          await sink.write(offset, bytes);
          expected.set(bytes, offset);
        }
        const middle = new Uint8Array(40);
        await sink.read(30, middle);
        expect(middle).toEqual(expected.slice(30, 70));
        expect(await result()).toBeUndefined();
        await sink.commit();
        expect(await result()).toEqual(expected);
        await dispose();
      }),
      { numRuns: 25 },
    );
  });

  it('takes writes to separate ranges at the same time', async () => {
    const { sink, result, dispose } = await open(1000);
    const offsets = Array.from({ length: 100 }, (_, index) => index * 10).reverse();
    await Promise.all(offsets.map((offset) => sink.write(offset, new Uint8Array(10).fill(offset / 10))));
    await sink.commit();
    expect(await result()).toEqual(Uint8Array.from({ length: 1000 }, (_, index) => Math.floor(index / 10)));
    await dispose();
  });

  it('can be empty', async () => {
    const { sink, result, dispose } = await open(0);
    await sink.write(0, new Uint8Array(0));
    await sink.commit();
    expect(await result()).toEqual(new Uint8Array(0));
    await dispose();
  });

  it.each([
    [-1, 1],
    [0.5, 1],
    [8, 3],
    [11, 0],
    [Number.NaN, 1],
  ])('refuses %d + %d bytes of 10', async (offset, byteLength) => {
    const { sink, dispose } = await open(10);
    await expect(sink.write(offset, new Uint8Array(byteLength))).rejects.toThrow(RangeError);
    await expect(sink.read(offset, new Uint8Array(byteLength))).rejects.toThrow(RangeError);
    await sink.abort();
    await dispose();
  });

  it('leaves nothing after an abort, which may come twice', async () => {
    const { sink, result, dispose } = await open(10);
    await sink.write(0, Uint8Array.of(1, 2, 3));
    await sink.abort();
    await sink.abort();
    expect(await result()).toBeUndefined();
    await expect(sink.write(0, Uint8Array.of(1))).rejects.toThrow('aborted');
    await expect(sink.read(0, new Uint8Array(1))).rejects.toThrow('aborted');
    await expect(sink.commit()).rejects.toThrow('aborted');
    await dispose();
  });

  it('keeps its result when aborted or committed after the commit', async () => {
    const { sink, result, dispose } = await open(1);
    await sink.write(0, Uint8Array.of(7));
    await sink.commit();
    await sink.commit();
    await sink.abort();
    expect(await result()).toEqual(Uint8Array.of(7));
    await expect(sink.write(0, Uint8Array.of(1))).rejects.toThrow('committed');
    await dispose();
  });
});
