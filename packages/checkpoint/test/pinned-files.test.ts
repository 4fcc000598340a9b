/** Pinned files: what was opened first is what is read later, or nothing is. */
import { isMirustError, memorySource, readRange } from '@mirust/core';
import { sha256, toHex } from '@mirust/integrity';
import { describe, expect, it } from 'vitest';
import { type FileSet, fileSetOf, openCheckpoint, pinFiles } from '../src/index.ts';
import { tinyDirectory, watchedFiles } from './_support.ts';

/** A file set whose files can be replaced. */
function replaceable(first: Uint8Array): FileSet & { replace(bytes: Uint8Array): void } {
  let current = first;
  return {
    name: 'folder',
    primary: 'a',
    names: ['a'],
    open: async () => memorySource(current, 'a'),
    replace(bytes) {
      current = bytes;
    },
  };
}

function code(error: unknown): string {
  return isMirustError(error) ? error.code : String(error);
}

/** Bytes that differ from chunk to chunk, three of them. */
const BYTES = new Uint8Array(2 * 2 ** 20 + 77).map((_, index) => (index * 7) ^ (index >> 16));

describe('pinned files', () => {
  it('give the bytes of the first opening, whole and in parts', async () => {
    const pinned = pinFiles(replaceable(BYTES));
    for (let round = 0; round < 2; round++) {
      const source = await pinned.open('a');
      expect(toHex(await sha256(await readRange(source, 0, BYTES.length)))).toBe(toHex(await sha256(BYTES)));
      expect(await readRange(source, 2 ** 20 - 3, 6)).toEqual(BYTES.subarray(2 ** 20 - 3, 2 ** 20 + 3));
      await source.close();
    }
    expect([...(await pinned.digests())]).toEqual([['a', toHex(await sha256(BYTES))]]);
  });

  it.each([0, 2 ** 20, BYTES.length - 1])('refuse another byte at %i when it is read again', async (at) => {
    const files = replaceable(BYTES);
    const pinned = pinFiles(files);
    await (await pinned.open('a')).close();
    const changed = BYTES.slice();
    changed[at] = (changed[at] ?? 0) ^ 0x40;
    files.replace(changed);
    const source = await pinned.open('a');
    const chunk = Math.floor(at / 2 ** 20);
    for (let index = 0; index < 3; index++) {
      const read = readRange(source, index * 2 ** 20, 10).then(() => 'read', code);
      expect(await read).toBe(index === chunk ? 'CHUNK_DIGEST' : 'read');
    }
    expect(await pinned.digests().then(() => 'read', code)).toBe('CHUNK_DIGEST');
    await source.close();
  });

  it('refuse a file of another length', async () => {
    const files = replaceable(BYTES);
    const pinned = pinFiles(files);
    await (await pinned.open('a')).close();
    files.replace(BYTES.subarray(1));
    expect(await pinned.open('a').then(() => 'opened', code)).toBe('SOURCE_CHANGED');
  });

  it('may be tried again after an abort', async () => {
    const pinned = pinFiles(replaceable(BYTES), { signal: AbortSignal.abort(new Error('enough')) });
    await expect(pinned.open('a')).rejects.toThrow('enough');
    await expect(pinned.open('a')).rejects.toThrow('enough');
    expect((await pinned.digests()).size).toBe(0);
  });

  it('are given back with the checkpoint, which says that it is pinned', async () => {
    const files = watchedFiles(tinyDirectory());
    const checkpoint = await openCheckpoint(pinFiles(files));
    expect(checkpoint.isPinned).toBe(true);
    await checkpoint.close();
    expect(files.openCount()).toBe(0);
    const unpinned = await openCheckpoint(
      fileSetOf(new Map(Object.entries(tinyDirectory()).map(([name, bytes]) => [name, memorySource(bytes, name)]))),
    );
    expect(unpinned.isPinned).toBe(false);
    await unpinned.close();
  });

  it('ask for files as the set below them does', async () => {
    const asked: string[] = [];
    const files: FileSet = {
      ...replaceable(BYTES),
      has: async (name) => {
        asked.push(name);
        return name === 'b';
      },
    };
    const pinned = pinFiles(files);
    expect(await Promise.all(['a', 'b', 'c'].map((name) => pinned.has?.(name)))).toEqual([true, true, false]);
    expect(asked).toEqual(['b', 'c']);
    expect(pinFiles(replaceable(BYTES)).has).toBeUndefined();
  });
});
