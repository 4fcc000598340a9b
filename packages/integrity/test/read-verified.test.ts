/** Data of a chunk tree, read straight to its place: by threads, by the caller, from files and from elsewhere. */
import { mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ByteSource, memorySource } from '@mirust/core';
import { fileSource } from '@mirust/core/node';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  CHUNK_BYTES,
  type ChunkTree,
  createChunkHasher,
  type DigestPool,
  type DigestTask,
  readVerified,
  startDigestPool,
} from '../src/index.ts';

/** Where the data begins in the file. */
const OFFSET = 4096;
const CHUNKS = 24;
const DATA_BYTES = (CHUNKS - 1) * CHUNK_BYTES + 1000;

let file: Uint8Array;
let tree: ChunkTree;
let pool: DigestPool;
let directory: string;

beforeAll(async () => {
  file = new Uint8Array(OFFSET + DATA_BYTES);
  for (let at = 0; at < file.length; at += 7) file[at] = (at * 31) >> 5;
  const hasher = createChunkHasher();
  await hasher.update(file.subarray(OFFSET));
  tree = await hasher.finish();
  pool = startDigestPool(2) as DigestPool;
  expect(await pool.started).toBe(true);
  directory = await mkdtemp(join(tmpdir(), 'mirust-verified-'));
});

afterAll(async () => {
  await pool.close();
  await rm(directory, { recursive: true });
});

/** A way of reading: over which source, into which memory, with whose help. */
interface Way {
  readonly name: string;
  open(bytes: Uint8Array): Promise<ByteSource>;
  target(): Uint8Array;
  readonly pool?: () => DigestPool;
}

const plain = (): Uint8Array => new Uint8Array(DATA_BYTES);
const shared = (): Uint8Array => new Uint8Array(new SharedArrayBuffer(DATA_BYTES));
let files = 0;

async function openFile(bytes: Uint8Array): Promise<ByteSource> {
  const path = join(directory, `${files++}.bin`);
  await writeFile(path, bytes);
  return fileSource(path);
}

/** Every read takes a turn of the event loop, as from a server, and counts. */
async function openRemote(bytes: Uint8Array): Promise<ByteSource> {
  const inner = memorySource(bytes);
  return {
    ...inner,
    async readInto(offset, target, options) {
      await new Promise((resolve) => setImmediate(resolve));
      await inner.readInto(offset, target, options);
    },
  };
}

const WAYS: readonly Way[] = [
  { name: 'memory, by the caller', open: async (bytes) => memorySource(bytes), target: plain },
  { name: 'a file, by the caller', open: openFile, target: plain },
  { name: 'a file into shared memory, by the caller', open: openFile, target: shared },
  { name: 'a file into shared memory, by threads', open: openFile, target: shared, pool: () => pool },
  { name: 'a file into plain memory, threads at hand', open: openFile, target: plain, pool: () => pool },
  { name: 'a server, hashed by threads', open: openRemote, target: shared, pool: () => pool },
];

describe.each(WAYS)('readVerified: $name', ({ open, target: allocate, pool: givePool }) => {
  let source: ByteSource | undefined;
  afterEach(async () => {
    // Waits for whatever is lent: a file that was not given back would hang here.
    await source?.close();
    source = undefined;
  });

  async function read(
    bytes: Uint8Array,
    target: Uint8Array,
    options: Parameters<typeof readVerified>[1] = {},
  ): ReturnType<typeof readVerified> {
    await source?.close();
    source = await open(bytes);
    const givenPool = givePool?.();
    return readVerified({ tree, source, offset: OFFSET, target }, { pool: givenPool, ...options });
  }

  it('gives the data, checks every chunk once, and tells how far it is', async () => {
    const target = allocate();
    const checked: number[] = [];
    const progress: number[] = [];
    const times = await read(file, target, {
      check(bytes, offset) {
        expect(Buffer.compare(bytes, file.subarray(OFFSET + offset, OFFSET + offset + bytes.byteLength))).toBe(0);
        checked.push(offset / CHUNK_BYTES);
      },
      onProgress(done, total) {
        expect(total).toBe(DATA_BYTES);
        progress.push(done);
      },
    });
    expect(Buffer.compare(target, file.subarray(OFFSET))).toBe(0);
    expect(checked.sort((a, b) => a - b)).toEqual(Array.from({ length: CHUNKS }, (_, index) => index));
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress.at(-1)).toBe(DATA_BYTES);
    expect(times.readMilliseconds).toBeGreaterThan(0);
    expect(times.verifyMilliseconds).toBeGreaterThan(0);
  });

  it('finds a changed byte wherever it is, names the first changed chunk, and hands none out', async () => {
    const places = fc.uniqueArray(fc.nat(DATA_BYTES - 1), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(places, async (changed) => {
        const bytes = file.slice();
        for (const at of changed) bytes[OFFSET + at] = (bytes[OFFSET + at] ?? 0) ^ 4;
        const target = allocate();
        const first = Math.floor(Math.min(...changed) / CHUNK_BYTES);
        const offset = OFFSET + first * CHUNK_BYTES;
        await expect(read(bytes, target)).rejects.toMatchObject({ code: 'CHUNK_DIGEST', offset });
        for (const at of changed) expect(target[at]).toBe(0);
      }),
      { numRuns: 6 },
    );
  });

  it('ends with what a check throws', async () => {
    const target = allocate();
    const check = (_bytes: Uint8Array, offset: number): void => {
      if (offset === 2 * CHUNK_BYTES || offset === 5 * CHUNK_BYTES) throw new Error(`rule at ${offset}`);
    };
    await expect(read(file, target, { check })).rejects.toThrow(`rule at ${2 * CHUNK_BYTES}`);
    expect(target.subarray(2 * CHUNK_BYTES, 3 * CHUNK_BYTES).every((byte) => byte === 0)).toBe(true);
  });

  it('stops when it is told to, before it has read everything', async () => {
    const controller = new AbortController();
    const target = allocate();
    const onProgress = (): void => controller.abort(new Error('enough'));
    await expect(read(file, target, { signal: controller.signal, onProgress })).rejects.toThrow('enough');
    for (let at = 0; at < DATA_BYTES; at += CHUNK_BYTES) {
      const chunk = target.subarray(at, at + CHUNK_BYTES);
      const isRight = Buffer.compare(chunk, file.subarray(OFFSET + at, OFFSET + at + chunk.byteLength)) === 0;
      expect(isRight || chunk.every((byte) => byte === 0)).toBe(true);
    }
    // The caller has had four runs of four chunks under way. Threads may have gone on until it noticed.
    if (givePool === undefined) expect(target.subarray(17 * CHUNK_BYTES).every((byte) => byte === 0)).toBe(true);
    await expect(read(file, target, { signal: controller.signal })).rejects.toThrow('enough');
  });

  it('wants a target as long as the data', async () => {
    await expect(read(file, allocate().subarray(1))).rejects.toThrow(RangeError);
  });
});

it('withdraws what threads were given and have not begun', async () => {
  const source = await openFile(file);
  const target = shared();
  const given: { readonly task: DigestTask; readonly fail: (error: Error) => void }[] = [];
  const idle: DigestPool = {
    threadCount: 2,
    tasksPerThread: 10,
    started: Promise.resolve(true),
    digest: (task) => new Promise((_, fail) => given.push({ task, fail })),
    close: async () => {},
  };
  const controller = new AbortController();
  const reading = readVerified({ tree, source, offset: OFFSET, target }, { pool: idle, signal: controller.signal });
  await new Promise((resolve) => setImmediate(resolve));
  expect(given.map(({ task }) => task.bytes.byteLength)).toEqual([
    ...Array(5).fill(4 * CHUNK_BYTES),
    DATA_BYTES % (4 * CHUNK_BYTES),
  ]);
  // A thread has begun the first one, and has read something.
  given[0]?.task.claim?.fill(1);
  given[0]?.task.bytes.fill(7);
  controller.abort(new Error('enough'));
  expect(given.map(({ task }) => task.claim?.[0])).toEqual([1, 2, 2, 2, 2, 2]);
  for (const { fail } of given) fail(new Error('no thread'));
  await expect(reading).rejects.toThrow('enough');
  expect(target.every((byte) => byte === 0)).toBe(true);
  await source.close();
});

describe('a file that changes while threads read it', () => {
  let path: string;
  let source: ByteSource;

  beforeEach(async () => {
    path = join(directory, `${files++}.bin`);
    await writeFile(path, file);
    source = await fileSource(path);
  });
  afterEach(() => source.close());

  const read = (): Promise<unknown> => readVerified({ tree, source, offset: OFFSET, target: shared() }, { pool });

  it('is cut short', async () => {
    await truncate(path, OFFSET + 3 * CHUNK_BYTES);
    await expect(read()).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  });

  it('is replaced by the same bytes', async () => {
    const other = join(directory, 'other.bin');
    await writeFile(other, file);
    await rename(other, path);
    await expect(read()).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  });

  it('is written to', async () => {
    const bytes = file.slice();
    bytes[OFFSET + 20 * CHUNK_BYTES] = 1;
    await writeFile(path, bytes);
    await expect(read()).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  });
});

describe('who reads', () => {
  it('threads that run read a whole file; the caller does not', async () => {
    const inner = await openFile(file);
    const source: ByteSource = {
      ...inner,
      readInto: async () => {
        throw new Error('the caller reads');
      },
    };
    const target = shared();
    await readVerified({ tree, source, offset: OFFSET, target }, { pool });
    expect(Buffer.compare(target, file.subarray(OFFSET))).toBe(0);
    await inner.close();
  });

  it('the caller begins while threads start, and goes on where none do', async () => {
    const source = await openFile(file);
    const target = shared();
    const closed = startDigestPool(1) as DigestPool;
    const reading = readVerified({ tree, source, offset: OFFSET, target }, { pool: closed });
    await closed.close();
    await reading;
    expect(Buffer.compare(target, file.subarray(OFFSET))).toBe(0);
    await source.close();
  });

  it('the caller goes on where threads end in the middle', async () => {
    const source = await openFile(file);
    const target = shared();
    const dying = startDigestPool(2) as DigestPool;
    await dying.started;
    let closing: Promise<void> | undefined;
    const onProgress = (): void => {
      closing ??= dying.close();
    };
    await readVerified({ tree, source, offset: OFFSET, target }, { pool: dying, onProgress });
    expect(Buffer.compare(target, file.subarray(OFFSET))).toBe(0);
    await closing;
    await source.close();
  });
});
