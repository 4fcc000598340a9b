/** What can go wrong while packing: always one clear line, an exit status, and no debris. */
import { cpSync, existsSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandContext } from '@mirust/cli';
import { ROOT, runApp } from '@mirust/cli/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fixture } from '../src/fixture.ts';
import { testFolder } from './_folder.ts';

vi.mock('node:fs/promises', async (original) => ({ ...(await original<typeof fs>()) }));

afterEach(() => {
  vi.restoreAllMocks();
});

const STORY = join(ROOT, 'fixtures', 'story', 'hf');

describe('a signal while packing', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s ends it with %i and leaves no file', async (signal, status) => {
    const folder = testFolder();
    const out = folder.file('big.slm');
    writeFileSync(out, 'an older file');
    let appeared = false;
    const finished = runApp('pack', ['fixture', 'tiny-lm-16m', out], {
      onSpawn: (child) => {
        // The temporary file appears before the first of 16 million weights is made; the signal comes right then.
        const watcher = watch(folder.path, (_event, name) => {
          if (name?.startsWith('.mirust-tmp-') !== true) return;
          watcher.close();
          appeared = child.kill(signal);
        });
        child.on('exit', () => watcher.close());
      },
    });
    expect(await finished).toEqual({ status, stdout: '', stderr: 'mirust-pack: interrupted\n' });
    expect(appeared).toBe(true);
    expect(folder.names()).toEqual(['big.slm']);
    expect(readFileSync(out, 'utf8')).toBe('an older file');
  });
});

describe('a full disk', () => {
  const context: CommandContext = { signal: new AbortController().signal, exitWith: () => {} };

  it.each(['write', 'truncate', 'sync'] as const)(
    'is named where %s fails, and costs no older file',
    async (method) => {
      const folder = testFolder();
      writeFileSync(folder.file('tiny.slm'), 'an older file');
      const { open } = fs;
      vi.spyOn(fs, 'open').mockImplementation(async (...args) => {
        const handle = await open(...args);
        const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', syscall: method });
        handle[method] = () => Promise.reject(full);
        return handle;
      });
      const args = { name: 'tiny', out: folder.file('tiny.slm'), quant: undefined, format: undefined, json: false };
      await expect(fixture(args, context, { name: 'test', version: '0' })).rejects.toMatchObject({
        code: 'SINK_NO_SPACE',
        message: expect.stringContaining('no space is left for'),
      });
      vi.restoreAllMocks();
      expect(folder.names()).toEqual(['tiny.slm']);
      expect(readFileSync(folder.file('tiny.slm'), 'utf8')).toBe('an older file');
    },
  );
});

describe('an OUT that cannot be written', () => {
  it('is named, with what is in the way', async () => {
    const folder = testFolder();
    writeFileSync(folder.file('file'), '');
    const cases: [string, string][] = [
      [folder.file('absent/a.slm'), 'its directory does not exist'],
      [folder.file('file/a.slm'), 'its directory does not exist'],
      [folder.path, 'exists and is not a file'],
      // Not even root may make files there.
      ...(existsSync('/proc/self') ? ([['/proc/self/a.slm', 'cannot be written']] as [string, string][]) : []),
    ];
    for (const [out, problem] of cases) {
      const { status, stdout, stderr } = await runApp('pack', ['fixture', 'tiny', out]);
      expect({ out, status, stdout }).toEqual({ out, status: 16, stdout: '' });
      expect(stderr).toMatch(/^mirust-pack: SINK_WRITE: [^\n]+\n {2}[^\n]+\n$/);
      expect(stderr).toContain(problem);
    }
    expect(folder.names()).toEqual(['file']);
  });
});

describe('a SOURCE that cannot be packed', () => {
  it.each<[string, number, string, (folder: string) => string]>([
    ['a path that leads nowhere', 16, 'SOURCE_NOT_FOUND', (folder) => join(folder, 'absent')],
    ['an empty file', 10, 'CHECKPOINT_EMPTY', (folder) => file(folder, 'a.gguf', '')],
    ['a cut GGUF', 10, 'TRUNCATED|GGUF_', (folder) => file(folder, 'a.gguf', 'GGUF\u0003\0\0\0')],
    ['a pickle', 14, 'CHECKPOINT_PICKLE', (folder) => file(folder, 'pytorch_model.bin', '\u0080\u0002}q\0.')],
    ['an empty directory', 12, 'CHECKPOINT_INCOMPLETE', (folder) => folder],
    ['a text', 14, 'CHECKPOINT_FORMAT', (folder) => file(folder, 'a.txt', 'once upon a time')],
    ['a model without tokenizer', 13, 'PACK_NO_TOKENIZER', (folder) => without(folder, 'tokenizer.json')],
    ['a directory without weights', 12, 'CHECKPOINT_INCOMPLETE', (folder) => without(folder, 'model.safetensors')],
  ])('%s exits with %i: %s', async (_name, status, code, prepare) => {
    const folder = testFolder();
    const out = folder.file('out.slm');
    const source = prepare(folder.path);
    const before = folder.names();
    const result = await runApp('pack', [source, out]);
    expect(result).toMatchObject({ status, stdout: '' });
    expect(result.stderr).toMatch(new RegExp(`^mirust-pack: (?:${code})\\w*: [^\\n]+\\n {2}[^\\n]+\\n$`));
    expect(folder.names()).toEqual(before);
  });

  it('is refused for a rule that names no tensor, or is none', async () => {
    const out = testFolder().file('out.slm');
    const unused = await runApp('pack', [STORY, out, '--rule', 'nothing=q8']);
    expect(unused).toMatchObject({ status: 12, stdout: '' });
    expect(unused.stderr).toContain('PACK_UNUSED_RULE: the rule "nothing=q8" names no tensor');
    const none = await runApp('pack', [STORY, out, '--rule', 'output.weight=q9']);
    expect(none).toMatchObject({ status: 2, stdout: '' });
    expect(none.stderr).toMatch(/^mirust-pack: unknown storage type "q9"[^\n]+ \(see mirust-pack --help\)\n$/);
  });
});

function file(folder: string, name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, Buffer.from(content, 'latin1'));
  return path;
}

function without(folder: string, name: string): string {
  const path = join(folder, 'hf');
  cpSync(STORY, path, { recursive: true });
  rmSync(join(path, name));
  return path;
}
