import { execFileSync } from 'node:child_process';
import { readSync } from 'node:fs';
import { chmod, mkdtemp, rename, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ByteSource, readRange } from '../src/index.ts';
import { sourceFailure } from '../src/node/_system-error.ts';
import { fileSource } from '../src/node/index.ts';

let directory: string;
let path: string;
let source: ByteSource | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mirust-file-'));
  path = join(directory, 'model.bin');
  await writeFile(
    path,
    Uint8Array.from({ length: 1000 }, (_, index) => index & 0xff),
  );
});

afterEach(async () => {
  await source?.close();
  source = undefined;
  await rm(directory, { recursive: true });
});

describe('a file that cannot be opened', () => {
  it('does not exist', async () => {
    await expect(fileSource(join(directory, 'absent'))).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
    await expect(fileSource(join(path, 'below-a-file'))).rejects.toMatchObject({ code: 'SOURCE_NOT_FOUND' });
  });

  it('is a directory', async () => {
    await expect(fileSource(directory)).rejects.toMatchObject({
      code: 'SOURCE_READ',
      message: expect.stringContaining('is a directory'),
    });
  });

  it.skipIf(process.platform === 'win32')('is a pipe: refused, not waited for', async () => {
    const pipe = join(directory, 'pipe');
    execFileSync('mkfifo', [pipe]);
    await expect(fileSource(pipe)).rejects.toMatchObject({ code: 'SOURCE_READ' });
  });

  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)('may not be read', async () => {
    await chmod(path, 0);
    await expect(fileSource(path)).rejects.toMatchObject({
      code: 'SOURCE_READ',
      message: expect.stringContaining('permission'),
    });
  });

  it('is a circle of links', async () => {
    const circle = join(directory, 'circle');
    await symlink(circle, circle);
    await expect(fileSource(circle)).rejects.toMatchObject({ code: 'SOURCE_READ' });
  });

  it('has a name with an escape sequence', async () => {
    await expect(fileSource(join(directory, '\u001b[2Jx'))).rejects.toMatchObject({
      code: 'SOURCE_NOT_FOUND',
      message: expect.not.stringContaining('\u001b'),
    });
  });
});

describe('a file that changes while it is read', () => {
  beforeEach(async () => {
    source = await fileSource(path);
    await readRange(source, 0, 100);
  });

  const changed = expect.objectContaining({ code: 'SOURCE_CHANGED' });

  it('is cut short', async () => {
    await truncate(path, 500);
    await expect(readRange(source as ByteSource, 400, 600)).rejects.toEqual(changed);
    await expect(readRange(source as ByteSource, 0, 10)).rejects.toEqual(changed);
  });

  it('grows', async () => {
    await writeFile(path, new Uint8Array(2000));
    await expect(readRange(source as ByteSource, 0, 10)).rejects.toEqual(changed);
  });

  it('is written to', async () => {
    await utimes(path, 1, 1);
    await expect(readRange(source as ByteSource, 0, 10)).rejects.toEqual(changed);
  });

  it('is replaced', async () => {
    const other = join(directory, 'other.bin');
    await writeFile(other, new Uint8Array(1000));
    await rename(other, path);
    await expect(readRange(source as ByteSource, 0, 10)).rejects.toEqual(changed);
  });

  it('is closed', async () => {
    await source?.close();
    await expect(readRange(source as ByteSource, 0, 10)).rejects.toThrow('is closed');
  });
});

describe('a file that is lent', () => {
  it('is read by its descriptor, and checked by its owner', async () => {
    source = await fileSource(path);
    const lent = source.lendFile?.();
    expect(lent).toBeDefined();
    const bytes = new Uint8Array(4);
    expect(readSync(lent?.descriptor ?? -1, bytes, 0, 4, 20)).toBe(4);
    expect([...bytes]).toEqual([20, 21, 22, 23]);
    await lent?.checkUnchanged();
    await truncate(path, 500);
    await expect(lent?.checkUnchanged()).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
    lent?.giveBack();
  });

  it('stays open until every borrower has given it back', async () => {
    source = await fileSource(path);
    const first = source.lendFile?.();
    const second = source.lendFile?.();
    let closed = false;
    const closing = source.close().then(() => {
      closed = true;
    });
    expect(() => source?.lendFile?.()).toThrow('is closed');
    first?.giveBack();
    await new Promise((resolve) => setImmediate(resolve));
    expect(closed).toBe(false);
    expect(readSync(second?.descriptor ?? -1, new Uint8Array(4), 0, 4, 0)).toBe(4);
    second?.giveBack();
    await closing;
    expect(closed).toBe(true);
  });
});

describe('what the system says', () => {
  const failure = (code: string): unknown =>
    sourceFailure(Object.assign(new Error(code), { code, syscall: 'open', errno: -1 }), 'model.gguf', { offset: 7 });

  it.each([
    ['ENOENT', 'SOURCE_NOT_FOUND', 'does not exist'],
    ['EACCES', 'SOURCE_READ', 'permission denied'],
    ['EPERM', 'SOURCE_READ', 'permission denied'],
    ['EIO', 'SOURCE_READ', 'EIO'],
  ])('%s becomes %s', (systemCode, code, text) => {
    expect(failure(systemCode)).toMatchObject({
      code,
      offset: 7,
      message: expect.stringContaining(text),
      cause: { code: systemCode },
    });
  });

  it('an error of another kind is passed on', () => {
    const error = new RangeError('offset');
    expect(sourceFailure(error, 'model.gguf')).toBe(error);
  });
});
