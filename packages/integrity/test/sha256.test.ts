/** One suite over every way of computing SHA-256. */
import { createHash } from 'node:crypto';
import { type ByteSource, memorySource } from '@mirust/core';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  allocatePieces,
  callerDigester,
  type Digester,
  type FileRange,
  forEachPiece,
  PASS_BYTES,
  sha256Source,
  toHex,
} from '../src/index.ts';
import * as browser from '../src/platform/browser.ts';
import * as noble from '../src/platform/noble.ts';
import * as node from '../src/platform/node.ts';

const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

/** FIPS 180-4 examples, and the NIST vector of a million letters. */
const VECTORS: readonly (readonly [string, Uint8Array, string])[] = [
  ['nothing', ascii(''), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', ascii('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  [
    'two blocks',
    ascii('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq'),
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  ],
  ['a million letters', ascii('a'.repeat(1e6)), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
];

const PLATFORMS = [
  { name: 'node:crypto', platform: node, secure: true },
  { name: 'WebCrypto', platform: browser, secure: true },
  { name: 'a browser without a secure context', platform: browser, secure: false },
  { name: '@noble/hashes', platform: noble, secure: true },
] as const;

afterEach(() => {
  vi.unstubAllGlobals();
});

describe.each(PLATFORMS)('SHA-256 by $name', ({ platform, secure }) => {
  const prepare = (): void => {
    if (!secure) vi.stubGlobal('crypto', { subtle: undefined });
  };

  it.each(VECTORS)('of %s', async (_, bytes, expected) => {
    prepare();
    expect(toHex(await platform.sha256(bytes))).toBe(expected);
    const hash = platform.createSha256();
    hash.update(bytes);
    expect(toHex(hash.digest())).toBe(expected);
  });

  it('gives a plain Uint8Array of its own', async () => {
    prepare();
    const hash = platform.createSha256();
    for (const digest of [await platform.sha256(ascii('abc')), hash.digest()]) {
      expect(Object.getPrototypeOf(digest)).toBe(Uint8Array.prototype);
      expect(digest.buffer.byteLength).toBe(32);
    }
  });

  it('takes pieces of any size, whose memory is reused', async () => {
    prepare();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 12 }), async (pieces) => {
        const all = Uint8Array.from(pieces.flatMap((piece) => [...piece]));
        const hash = platform.createSha256();
        const memory = new Uint8Array(200);
        for (const piece of pieces) {
          memory.set(piece);
          hash.update(memory.subarray(0, piece.byteLength));
          memory.fill(0xff);
        }
        const expected = createHash('sha256').update(all).digest('hex');
        expect(toHex(hash.digest())).toBe(expected);
        expect(toHex(await platform.sha256(all))).toBe(expected);
      }),
      { numRuns: 30 },
    );
  });

  it('takes views of part of a buffer, of shared memory and of resizable memory', async () => {
    prepare();
    const expected = VECTORS[1]?.[2];
    // The compiler's library is older than resizable buffers.
    const Resizable = ArrayBuffer as unknown as new (length: number, options: { maxByteLength: number }) => ArrayBuffer;
    for (const buffer of [new ArrayBuffer(16), new SharedArrayBuffer(16), new Resizable(16, { maxByteLength: 32 })]) {
      const view = new Uint8Array(buffer, 5, 3);
      view.set(ascii('abc'));
      expect(toHex(await platform.sha256(view))).toBe(expected);
      const hash = platform.createSha256();
      hash.update(view);
      expect(toHex(hash.digest())).toBe(expected);
    }
  });

  it('refuses bytes after the digest', () => {
    const hash = platform.createSha256();
    hash.digest();
    expect(() => hash.update(ascii('x'))).toThrow();
    expect(() => hash.digest()).toThrow();
  });
});

describe('a pass over a source', () => {
  const bytes = new Uint8Array(2 * PASS_BYTES + 3).map((_, i) => i * 7);

  it('digests everything and reports progress', async () => {
    const progress: number[] = [];
    const digest = await sha256Source(memorySource(bytes), { onProgress: (done) => progress.push(done) });
    expect(toHex(digest)).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(progress).toEqual([PASS_BYTES, 2 * PASS_BYTES, 2 * PASS_BYTES + 3]);
  });

  it('digests an empty source', async () => {
    expect(toHex(await sha256Source(memorySource(new Uint8Array())))).toBe(VECTORS[0]?.[2]);
  });

  it('stops when it is told to', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const options = { signal: controller.signal, onProgress: () => controller.abort(reason) };
    await expect(sha256Source(memorySource(bytes), options)).rejects.toBe(reason);
  });

  it('refuses a range outside of the source', async () => {
    const range = { offset: 1, byteLength: bytes.byteLength };
    await expect(forEachPiece(memorySource(bytes), range, () => {})).rejects.toMatchObject({ code: 'TRUNCATED' });
  });
});

describe('a pass with memory for several pieces', () => {
  const byteLength = 5 * PASS_BYTES + 3;
  const range = { offset: 0, byteLength };
  const pieces = (): Uint8Array[] => Array.from({ length: 3 }, () => new Uint8Array(PASS_BYTES));
  const starts = Array.from({ length: 6 }, (_, index) => index * PASS_BYTES);
  const indexed: ByteSource = {
    ...memorySource(new Uint8Array(byteLength)),
    readInto: async (offset, target) => void target.fill(offset / PASS_BYTES),
  };

  it('reads ahead, and begins visits in order whatever the order of the reads', async () => {
    /** The reads that wait, by offset. */
    const reads = new Map<number, () => void>();
    const source: ByteSource = {
      ...indexed,
      async readInto(offset, target) {
        await new Promise<void>((resolve) => reads.set(offset, resolve));
        await indexed.readInto(offset, target);
      },
    };
    const visited: number[] = [];
    const pass = forEachPiece(source, range, (bytes, offset) => void visited.push(bytes[0] ?? -1, offset), {
      pieces: pieces(),
    });
    const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    for (const [first, order] of [
      [0, [2, 1, 0]],
      [3, [1, 2, 0]],
    ] as const) {
      await settle();
      for (const step of order) reads.get((first + step) * PASS_BYTES)?.();
    }
    await settle();
    await pass;
    expect(visited).toEqual(starts.flatMap((offset) => [offset / PASS_BYTES, offset]));
  });

  it('keeps the memory of a piece until its visit is over', async () => {
    await forEachPiece(
      indexed,
      range,
      async (bytes, offset) => {
        await new Promise((resolve) => setImmediate(resolve));
        expect(bytes.every((byte) => byte === offset / PASS_BYTES)).toBe(true);
      },
      { pieces: pieces() },
    );
  });

  it.each(['reading', 'visiting'])('ends when %s fails, with the first failure in the file', async (what) => {
    let underWay = 0;
    const fail = async (offset: number): Promise<void> => {
      underWay++;
      // The later one fails first.
      for (let turn = 0; turn < (offset === PASS_BYTES ? 20 : 0); turn++) await Promise.resolve();
      underWay--;
      if (offset >= PASS_BYTES) throw new Error(`piece ${offset / PASS_BYTES}`);
    };
    const source: ByteSource = what === 'visiting' ? indexed : { ...indexed, readInto: async (offset) => fail(offset) };
    const visit = async (_: Uint8Array, offset: number): Promise<void> => {
      if (what === 'visiting') await fail(offset);
    };
    await expect(forEachPiece(source, range, visit, { pieces: pieces() })).rejects.toThrow('piece 1');
    expect(underWay).toBe(0);
  });
});

describe('a digester', () => {
  /** One that reads files, on the caller's thread for once. */
  const reader = (ranges: FileRange[], fail?: Error): Digester => ({
    ...callerDigester,
    stream() {
      const stream = callerDigester.stream();
      return {
        ...stream,
        async updateFromFile(range) {
          ranges.push(range);
          if (fail !== undefined) throw fail;
          await stream.update(new Uint8Array(range.byteLength).fill(range.descriptor));
        },
      };
    },
  });
  /** A file of sevens that counts who has it. */
  function lentSource(
    byteLength: number,
    checkUnchanged = async (): Promise<void> => {},
  ): ByteSource & { lent: number } {
    const source = {
      ...memorySource(new Uint8Array(byteLength).fill(7)),
      lent: 0,
      lendFile() {
        source.lent++;
        return { descriptor: 7, checkUnchanged, giveBack: () => void source.lent-- };
      },
    };
    return source;
  }

  it('reads an open file itself where it can, and gives it back', async () => {
    const ranges: FileRange[] = [];
    const source = lentSource(9 * 2 ** 20 + 5);
    const progress: number[] = [];
    const digest = await sha256Source(source, { digester: reader(ranges), onProgress: (done) => progress.push(done) });
    expect(toHex(digest)).toBe(
      createHash('sha256')
        .update(new Uint8Array(9 * 2 ** 20 + 5).fill(7))
        .digest('hex'),
    );
    expect(ranges.map(({ offset, byteLength }) => [offset, byteLength])).toEqual([
      [0, 2 ** 22],
      [2 ** 22, 2 ** 22],
      [2 ** 23, 2 ** 20 + 5],
    ]);
    expect(progress).toEqual([2 ** 22, 2 ** 23, 9 * 2 ** 20 + 5]);
    expect(source.lent).toBe(0);
    expect(toHex(await sha256Source(memorySource(new Uint8Array(3)), { digester: reader(ranges) }))).toBe(
      createHash('sha256').update(new Uint8Array(3)).digest('hex'),
    );
  });

  it('that cannot read a file lets the source say why', async () => {
    const ranges: FileRange[] = [];
    const changed = Object.assign(new Error('changed'), { code: 'SOURCE_CHANGED' });
    const fails = lentSource(10);
    fails.readInto = async () => Promise.reject(changed);
    await expect(sha256Source(fails, { digester: reader(ranges, new Error('EIO')) })).rejects.toBe(changed);
    await expect(sha256Source(lentSource(10), { digester: reader(ranges, new Error('EIO')) })).rejects.toThrow('EIO');
    const replaced = lentSource(10, async () => Promise.reject(changed));
    await expect(sha256Source(replaced, { digester: reader(ranges) })).rejects.toBe(changed);
    expect([fails.lent, replaced.lent]).toEqual([0, 0]);
  });

  it('allocates no more than a source has pieces', () => {
    expect(allocatePieces(callerDigester, 10).map(({ byteLength }) => byteLength)).toEqual([10]);
    expect(allocatePieces(callerDigester, 2 ** 30).map(({ byteLength }) => byteLength)).toEqual([
      PASS_BYTES,
      PASS_BYTES,
    ]);
  });
});
