import * as fs from 'node:fs/promises';
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { atomicFileSink, removeOpenTemporaries, TEMPORARY_PREFIX, writeFileAtomic } from '../src/node/index.ts';

vi.mock('node:fs/promises', async (original) => ({ ...(await original<typeof fs>()) }));

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mirust-sink-'));
  path = join(directory, 'out.slm');
});

afterEach(async () => {
  vi.restoreAllMocks();
  await rm(directory, { recursive: true, force: true });
});

/** An error as a system call gives it. */
function systemError(code: string, syscall: string): Error {
  return Object.assign(new Error(`${code}: ${syscall}`), { code, syscall, errno: -1 });
}

/** Makes a method of every file opened from now on fail. */
function failing(method: 'write' | 'truncate' | 'sync' | 'datasync', code: string): void {
  const { open } = fs;
  vi.spyOn(fs, 'open').mockImplementation(async (...args) => {
    const handle = await open(...args);
    handle[method] = () => Promise.reject(systemError(code, method));
    return handle;
  });
}

describe('the temporary file', () => {
  it('lies beside the result until the commit', async () => {
    const sink = await atomicFileSink(path, 10);
    const [name, ...others] = await readdir(directory);
    expect(others).toEqual([]);
    expect(name).toMatch(/^\.mirust-tmp-[0-9a-f]{12}-out\.slm$/);
    expect(name?.startsWith(TEMPORARY_PREFIX)).toBe(true);
    await sink.commit();
    expect(await readdir(directory)).toEqual(['out.slm']);
    expect((await readFile(path)).byteLength).toBe(10);
  });

  it('has a name that fits where the final one does', async () => {
    const long = join(directory, '字'.repeat(85));
    await writeFileAtomic(long, Uint8Array.of(1));
    expect(await readdir(directory)).toEqual(['字'.repeat(85)]);
  });

  it('is removed at once for a process that ends', async () => {
    await Promise.all([atomicFileSink(path, 10), atomicFileSink(join(directory, 'other.slm'), 10)]);
    const done = await atomicFileSink(join(directory, 'done.slm'), 1);
    await done.commit();
    expect(removeOpenTemporaries()).toBe(2);
    expect(await readdir(directory)).toEqual(['done.slm']);
    expect(removeOpenTemporaries()).toBe(0);
  });
});

describe('what is at the path', () => {
  it('is replaced as a whole, and only then', async () => {
    await writeFile(path, 'old');
    const sink = await atomicFileSink(path, 3);
    await sink.write(0, new TextEncoder().encode('new'));
    expect(await readFile(path, 'utf8')).toBe('old');
    await sink.commit();
    expect(await readFile(path, 'utf8')).toBe('new');
  });

  it('may be a link, which stays one', async () => {
    const target = join(directory, 'target.slm');
    await writeFile(target, 'old');
    await symlink(target, path);
    await writeFileAtomic(path, new TextEncoder().encode('new'));
    expect(await readlink(path)).toBe(target);
    expect(await readFile(target, 'utf8')).toBe('new');
  });

  it('must not be a directory or a device', async () => {
    await mkdir(path);
    for (const target of [path, '/dev/null']) {
      await expect(atomicFileSink(target, 1)).rejects.toMatchObject({
        code: 'SINK_WRITE',
        message: expect.stringContaining('not a file'),
      });
    }
    expect(await readdir(directory)).toEqual(['out.slm']);
  });

  it('must have a directory', async () => {
    await expect(atomicFileSink(join(directory, 'absent', 'x.slm'), 1)).rejects.toMatchObject({
      code: 'SINK_WRITE',
      message: expect.stringContaining('directory does not exist'),
    });
  });
});

describe('a failure leaves nothing behind', () => {
  it.each([
    ['write', 'ENOSPC', 'SINK_NO_SPACE'],
    ['write', 'EDQUOT', 'SINK_NO_SPACE'],
    ['write', 'EIO', 'SINK_WRITE'],
    ['truncate', 'EFBIG', 'SINK_WRITE'],
    ['truncate', 'ENOSPC', 'SINK_NO_SPACE'],
    ['sync', 'ENOSPC', 'SINK_NO_SPACE'],
    ['sync', 'EIO', 'SINK_WRITE'],
  ] as const)('%s fails with %s', async (method, systemCode, code) => {
    failing(method, systemCode);
    await expect(writeFileAtomic(path, Uint8Array.of(1, 2, 3))).rejects.toMatchObject({
      code,
      class: 'io',
      cause: { code: systemCode },
    });
    expect(await readdir(directory)).toEqual([]);
    expect(removeOpenTemporaries()).toBe(0);
  });

  it('the disk fails while more is written', async () => {
    failing('datasync', 'EIO');
    const sink = await atomicFileSink(path, 40 * 2 ** 20);
    const piece = new Uint8Array(20 * 2 ** 20).fill(1);
    await sink.write(0, piece);
    await new Promise((resolve) => setImmediate(resolve));
    await expect(sink.write(piece.byteLength, piece)).rejects.toMatchObject({
      code: 'SINK_WRITE',
      cause: { code: 'EIO' },
    });
    await expect(sink.commit()).rejects.toMatchObject({ code: 'SINK_WRITE' });
    await sink.abort();
    expect(await readdir(directory)).toEqual([]);
  });

  it('the rename fails', async () => {
    vi.spyOn(fs, 'rename').mockRejectedValue(systemError('EACCES', 'rename'));
    await expect(writeFileAtomic(path, Uint8Array.of(1))).rejects.toMatchObject({ code: 'SINK_WRITE' });
    expect(await readdir(directory)).toEqual([]);
  });

  it('a disk that takes a write in pieces is not a failure', async () => {
    const { open } = fs;
    vi.spyOn(fs, 'open').mockImplementation(async (...args) => {
      const handle = await open(...args);
      const write = handle.write.bind(handle) as (...args: unknown[]) => Promise<{ bytesWritten: number }>;
      const inPieces = (bytes: Uint8Array, from: number, length: number, position: number): unknown =>
        write(bytes, from, Math.min(length, 7), position);
      return Object.assign(handle, { write: inPieces });
    });
    const bytes = Uint8Array.from({ length: 100 }, (_, index) => index);
    await writeFileAtomic(path, bytes);
    expect(new Uint8Array(await readFile(path))).toEqual(bytes);
  });

  it('the signal is aborted', async () => {
    const controller = new AbortController();
    const sink = await atomicFileSink(path, 10, { signal: controller.signal });
    await sink.write(0, Uint8Array.of(1));
    controller.abort(new Error('enough'));
    await expect(sink.write(1, Uint8Array.of(2))).rejects.toThrow('enough');
    await expect(sink.commit()).rejects.toThrow('enough');
    await sink.abort();
    expect(await readdir(directory)).toEqual([]);
    await expect(atomicFileSink(path, 1, { signal: controller.signal })).rejects.toThrow('enough');
  });

  it.each([-1, 1.5, Number.NaN, 2 ** 53])('%d is no length', async (byteLength) => {
    await expect(atomicFileSink(path, byteLength)).rejects.toThrow(RangeError);
  });
});
