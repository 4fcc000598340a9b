/** Paths of Node's file system as file sets. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openCheckpoint, openInventory } from '../src/index.ts';
import { openLocation, openPath } from '../src/node/index.ts';
import { slm2File } from './_artifacts.ts';
import { closeServers, startFileServer } from './_file-server.ts';
import { errorOf, tinyDirectory } from './_support.ts';

describe('openPath', () => {
  let root = '';
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'mirust-checkpoint-'));
    await mkdir(join(root, 'model'));
    await mkdir(join(root, 'empty'));
    await mkdir(join(root, 'linked'));
    for (const [name, bytes] of Object.entries(tinyDirectory())) {
      await writeFile(join(root, 'model', name), bytes);
      await symlink(join(root, 'model', name), join(root, 'linked', name));
    }
    await mkdir(join(root, 'model', 'folder.safetensors'));
    await symlink(join(root, 'nowhere'), join(root, 'empty', 'model.safetensors'));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));

  it('of a directory: the files in it, links followed, folders left out', async () => {
    for (const name of ['model', 'linked']) {
      const files = await openPath(join(root, name));
      expect(files.primary).toBeUndefined();
      expect(files.names).toEqual(['config.json', 'model.safetensors']);
      const checkpoint = await openCheckpoint(files);
      expect(checkpoint.tensors.size).toBe(21);
      await checkpoint.close();
    }
  });

  it('of a file: the file with its neighbours', async () => {
    const files = await openPath(join(root, 'model', 'model.safetensors'));
    expect(files.primary).toBe('model.safetensors');
    expect(files.names).toEqual(['config.json', 'model.safetensors']);
    const checkpoint = await openCheckpoint(files);
    expect(checkpoint.files.map(({ name }) => name)).toEqual(['model.safetensors']);
    await checkpoint.close();
  });

  it('of a file behind a very long path: its name stays whole', async () => {
    const folder = join(root, ...Array.from({ length: 4 }, (_, i) => `${i}`.repeat(60)));
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'a.slm'), await slm2File());
    const checkpoint = await openCheckpoint(await openPath(join(folder, 'a.slm')));
    expect(checkpoint.files.map(({ name }) => name)).toEqual(['a.slm']);
    await checkpoint.close();
    const damaged = join(folder, 'b.safetensors');
    await writeFile(damaged, Uint8Array.of(1, 2, 3));
    expect((await errorOf(openPath(damaged).then((files) => openCheckpoint(files)))).code).toBe(
      'SAFETENSORS_TOO_SHORT',
    );
  });

  it.each([
    ['SOURCE_NOT_FOUND', 'nothing'],
    ['SOURCE_NOT_FOUND', 'nothing/at/all'],
    ['SOURCE_NOT_FOUND', 'model/config.json/x'],
  ])('%s: %s', async (code, path) => {
    const error = await errorOf(openPath(join(root, path)));
    expect([error.code, error.class]).toEqual([code, 'io']);
  });

  it('a link to nothing is found when it is opened', async () => {
    const error = await errorOf(openPath(join(root, 'empty')).then((files) => openCheckpoint(files)));
    expect([error.code, error.class]).toEqual(['SOURCE_NOT_FOUND', 'io']);
  });

  it('of a directory: the names below it, but those that tools keep and links to folders', async () => {
    const folder = join(root, 'deep');
    for (const name of ['a/.b', '.git', '.cache/c']) await mkdir(join(folder, name), { recursive: true });
    for (const name of ['top', 'a/z', 'a/.b/y', '.git/x', '.cache/c/w']) await writeFile(join(folder, name), '');
    await symlink(join(folder, 'a'), join(folder, 'a', 'round'));
    const files = await openPath(folder);
    expect(files.names).toEqual(['top']);
    expect(await files.namesBelow?.()).toEqual(['a/.b/y', 'a/round', 'a/z']);
    expect((await openPath(join(folder, 'top'))).namesBelow).toBeUndefined();
  });

  it('names in a file lead nowhere else', async () => {
    const files = await openPath(join(root, 'model'));
    for (const name of ['../model/config.json', '/etc/hostname', 'folder.safetensors/x', './config.json']) {
      await expect(async () => files.open(name)).rejects.toThrow(RangeError);
    }
  });
});

describe('openLocation', () => {
  let root = '';
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'mirust-checkpoint-'));
    await mkdir(join(root, 'hf:org'));
    await writeFile(join(root, 'hf:org', 'model'), await slm2File());
  });
  afterAll(() => rm(root, { recursive: true, force: true }));
  afterEach(closeServers);

  it('takes a path for a path, even one that looks like a name', async () => {
    const files = await openLocation(join(root, 'hf:org', 'model'));
    const inventory = await openInventory(files);
    expect(inventory.format).toBe('slm2');
    expect(files.traffic).toBeUndefined();
    await inventory.close();
    await files.close();
    expect((await errorOf(openLocation(join(root, 'https:', 'x')))).code).toBe('SOURCE_NOT_FOUND');
  });

  it('takes a URL and a name on the Hub for what they are', async () => {
    const bytes = await slm2File();
    const server = await startFileServer({ '/a.slm': bytes, '/org/model/resolve/main/a.slm': bytes });
    const endpoint = server.url;
    const headers = { 'x-of-urls': 'yes' };
    for (const text of [`${endpoint}/a.slm`, 'hf:org/model/a.slm']) {
      const files = await openLocation(text, { endpoint, token: 'hf_x', headers });
      const inventory = await openInventory(files);
      expect(inventory.format).toBe('slm2');
      expect(files.traffic?.()).toEqual({ requests: 1, receivedBytes: bytes.length });
      await inventory.close();
      await files.close();
    }
    const seen = server.requests.map(({ headers: sent }) => [sent['x-of-urls'], sent.authorization]);
    expect(seen).toEqual([
      ['yes', undefined],
      [undefined, 'Bearer hf_x'],
    ]);
  });
});
