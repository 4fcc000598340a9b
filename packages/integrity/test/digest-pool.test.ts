/** Threads that take digests: right, in any number, and gone when they are closed. */
import { createHash } from 'node:crypto';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type DigestPool, startDigestPool, toHex } from '../src/index.ts';
import { startDigestThread as startInBrowser } from '../src/platform/browser.ts';

let pool: DigestPool | undefined;

afterEach(async () => {
  await pool?.close();
  pool = undefined;
});

function start(threadCount: number): DigestPool {
  const started = startDigestPool(threadCount);
  if (started === undefined) throw new Error('no threads');
  pool = started;
  return started;
}

/** Shared bytes that no two pieces have in common. */
function sharedBytes(byteLength: number, seed = 0): Uint8Array {
  const bytes = new Uint8Array(new SharedArrayBuffer(byteLength));
  for (let index = 0; index < byteLength; index++) bytes[index] = (index * 31 + seed * 17) >> 3;
  return bytes;
}

const hex = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe('a digest pool', () => {
  it.each([1, 3])('takes many digests at once with %i threads', async (threadCount) => {
    const threads = start(threadCount);
    expect(await threads.started).toBe(true);
    const pieces = Array.from({ length: 20 }, (_, index) => sharedBytes(index * 1000, index));
    const results = await Promise.all(pieces.map((bytes) => threads.digest({ bytes })));
    expect(results.map(({ digest }) => toHex(digest))).toEqual(pieces.map(hex));
    for (const { readMilliseconds, digestMilliseconds } of results) {
      expect(readMilliseconds).toBeGreaterThanOrEqual(0);
      expect(digestMilliseconds).toBeGreaterThan(0);
    }
  });

  it('takes a digest of every piece of a task', async () => {
    const threads = start(1);
    const bytes = sharedBytes(2500);
    const { digest } = await threads.digest({ bytes, pieceBytes: 1000 });
    const pieces = [bytes.subarray(0, 1000), bytes.subarray(1000, 2000), bytes.subarray(2000)];
    expect(toHex(digest)).toBe(pieces.map(hex).join(''));
    expect(toHex((await threads.digest({ bytes: bytes.subarray(0, 0), pieceBytes: 1000 })).digest)).toBe(
      hex(new Uint8Array()),
    );
  });

  it('begins no task that was withdrawn, and claims those that it begins', async () => {
    const threads = start(1);
    const claims = new Int32Array(new SharedArrayBuffer(8));
    claims[1] = 2;
    const bytes = sharedBytes(10);
    await threads.digest({ bytes, claim: claims.subarray(0, 1) });
    await expect(threads.digest({ bytes, claim: claims.subarray(1) })).rejects.toThrow('withdrawn');
    expect([...claims]).toEqual([1, 2]);
  });

  it('reads the bytes from an open file, straight to their place', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'mirust-pool-'));
    const path = join(directory, 'data.bin');
    const bytes = sharedBytes(5000).slice();
    await writeFile(path, bytes);
    const handle = await open(path);
    try {
      const target = new Uint8Array(new SharedArrayBuffer(4000));
      const file = { descriptor: handle.fd, offset: 700 };
      const threads = start(1);
      const { digest } = await threads.digest({ bytes: target.subarray(100, 3100), file });
      expect(toHex(digest)).toBe(hex(bytes.subarray(700, 3700)));
      expect(Buffer.compare(target.subarray(100, 3100), bytes.subarray(700, 3700))).toBe(0);
      expect([...target.subarray(0, 100), ...target.subarray(3100)].every((byte) => byte === 0)).toBe(true);

      const behindTheEnd = threads.digest({ bytes: target, file: { descriptor: handle.fd, offset: 1001 } });
      await expect(behindTheEnd).rejects.toThrow('ends at byte 5000');
    } finally {
      await handle.close();
      await rm(directory, { recursive: true });
    }
  });

  it('says so where a file cannot be read, and goes on', async () => {
    const threads = start(1);
    const bytes = sharedBytes(10);
    await expect(threads.digest({ bytes, file: { descriptor: 2 ** 30, offset: 0 } })).rejects.toThrow('EBADF');
    expect(toHex((await threads.digest({ bytes })).digest)).toBe(hex(bytes));
  });

  it('refuses memory that threads do not share, and a count that is none', async () => {
    await expect(start(1).digest({ bytes: new Uint8Array(10) })).rejects.toThrow(TypeError);
    for (const count of [0, -1, 1.5, Number.NaN]) expect(() => startDigestPool(count)).toThrow(RangeError);
  });

  it('leaves no thread and no open task behind', async () => {
    const threads = start(2);
    await threads.started;
    const bytes = sharedBytes(2 ** 20);
    const tasks = Array.from({ length: 50 }, () => threads.digest({ bytes }));
    const settled = Promise.allSettled(tasks);
    const before = process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length;
    await Promise.all([threads.close(), threads.close()]);
    expect((await settled).some(({ status }) => status === 'rejected')).toBe(true);
    await expect(threads.digest({ bytes })).rejects.toThrow('closed');
    const after = process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length;
    expect(before - after).toBe(2);
  });

  it('that is closed before a thread runs never starts', async () => {
    const threads = start(2);
    const task = threads.digest({ bytes: sharedBytes(10) });
    await Promise.all([expect(task).rejects.toThrow('closed'), threads.close()]);
    expect(await threads.started).toBe(false);
  });

  it('is not needed in a browser', () => {
    expect(startInBrowser({ onReady() {}, onAnswer() {}, onFailure() {} })).toBeUndefined();
  });
});
