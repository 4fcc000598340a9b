/** What can go wrong while packing: always one clear line, an exit status, and no debris. */
import type { ChildProcess } from 'node:child_process';
import { cpSync, existsSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, runApp } from '@mirust/cli/testing';
import { describe, expect, it } from 'vitest';
import { type TestFolder, testFolder } from './_folder.ts';

const STORY = join(ROOT, 'fixtures', 'story', 'hf');

/** Sends a signal to a command as soon as its temporary file appears: before the first weight is converted. */
function signalAtTemporary(
  folder: TestFolder,
  signal: NodeJS.Signals,
): { wasSent: boolean; onSpawn(child: ChildProcess): void } {
  const sender = {
    wasSent: false,
    onSpawn(child: ChildProcess): void {
      const watcher = watch(folder.path, (_event, name) => {
        if (name?.startsWith('.mirust-tmp-') !== true) return;
        watcher.close();
        sender.wasSent = child.kill(signal);
      });
      child.on('exit', () => watcher.close());
    },
  };
  return sender;
}

describe.concurrent('a signal while packing', () => {
  it.for([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s ends it with %i and leaves no file', async ([signal, status], context) => {
    const folder = testFolder(context);
    const out = folder.file('big.slm');
    writeFileSync(out, 'an older file');
    const sender = signalAtTemporary(folder, signal);
    const finished = runApp('pack', ['fixture', 'tiny-lm-16m', out], sender);
    expect(await finished).toEqual({ status, stdout: '', stderr: 'mirust-pack: interrupted\n' });
    expect(sender.wasSent).toBe(true);
    expect(folder.names()).toEqual(['big.slm']);
    expect(readFileSync(out, 'utf8')).toBe('an older file');
  });
});

describe('a signal while threads pack', () => {
  it.for([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends them too, with %i, and leaves no file', async ([signal, status], context) => {
    const folder = testFolder(context);
    const source = folder.file('big.slm1');
    expect(await runApp('pack', ['fixture', 'tiny-lm-16m', source])).toMatchObject({ status: 0 });
    const sender = signalAtTemporary(folder, signal);
    const finished = runApp('pack', [source, folder.file('out.slm'), '--quant', 'q4', '--threads', '3'], sender);
    expect(await finished).toEqual({ status, stdout: '', stderr: 'mirust-pack: interrupted\n' });
    expect(sender.wasSent).toBe(true);
    expect(folder.names()).toEqual(['big.slm1']);
  });
});

describe.concurrent('an OUT that cannot be written', () => {
  it.for([
    ['in a directory that is absent', 'absent/a.slm', 'its directory does not exist'],
    ['that is a directory', '.', 'exists and is not a file'],
    // Not even root may make files there.
    ...(existsSync('/proc/self')
      ? [['in a directory that takes no files', '/proc/self/a.slm', 'cannot be written']]
      : []),
  ] as const)('%s', async ([, out, problem], context) => {
    const folder = testFolder(context);
    const { status, stdout, stderr } = await runApp('pack', ['fixture', 'tiny', out], { cwd: folder.path });
    expect({ status, stdout }).toEqual({ status: 16, stdout: '' });
    expect(stderr).toMatch(/^mirust-pack: SINK_WRITE: [^\n]+\n {2}[^\n]+\n$/);
    expect(stderr).toContain(problem);
    expect(folder.names()).toEqual([]);
  });
});

function file(folder: TestFolder, content: string): string {
  writeFileSync(folder.file('source'), Buffer.from(content, 'latin1'));
  return folder.file('source');
}

describe.concurrent('a SOURCE that cannot be packed', () => {
  const cases: readonly (readonly [string, number, string, (folder: TestFolder) => string])[] = [
    ['a path that leads nowhere', 16, 'SOURCE_NOT_FOUND', (folder) => folder.file('absent')],
    ['an empty file', 10, 'CHECKPOINT_EMPTY', (folder) => file(folder, '')],
    ['a GGUF cut in its header', 10, 'TRUNCATED|GGUF_', (folder) => file(folder, 'GGUF\u0003\0\0\0')],
    ['a pickle', 14, 'CHECKPOINT_PICKLE', (folder) => file(folder, '\u0080\u0002}q\0.')],
    ['an empty directory', 12, 'CHECKPOINT_INCOMPLETE', (folder) => folder.path],
    [
      'a model without tokenizer',
      13,
      'PACK_NO_TOKENIZER',
      (folder) => {
        cpSync(STORY, folder.file('hf'), { recursive: true });
        rmSync(folder.file('hf/tokenizer.json'));
        return folder.file('hf');
      },
    ],
  ];
  it.for(cases)('%s exits with %i: %s', async ([, status, code, prepare], context) => {
    const folder = testFolder(context);
    const source = prepare(folder);
    const before = folder.names();
    const result = await runApp('pack', [source, folder.file('out.slm')]);
    expect(result).toMatchObject({ status, stdout: '' });
    expect(result.stderr).toMatch(new RegExp(`^mirust-pack: (?:${code})\\w*: [^\\n]+\\n {2}[^\\n]+\\n$`));
    expect(folder.names()).toEqual(before);
  });

  it('is refused for a rule that names no tensor', async (context) => {
    const result = await runApp('pack', [STORY, testFolder(context).file('out.slm'), '--rule', 'nothing=q8']);
    expect(result).toMatchObject({ status: 12, stdout: '' });
    expect(result.stderr).toContain('PACK_UNUSED_RULE: the rule "nothing=q8" names no tensor');
  });

  it('is refused for a layout that its container does not have', async () => {
    const result = await runApp('pack', [STORY, '--dry-run', '--format', 'slm1', '--layout', 'interleaved']);
    const stderr = 'mirust-pack: --layout interleaved needs --format slm2 (see mirust-pack --help)\n';
    expect(result).toEqual({ status: 2, stdout: '', stderr });
  });

  it('is refused for a rule that is none', async () => {
    const result = await runApp('pack', [STORY, '--dry-run', '--rule', 'output.weight=q9']);
    expect(result).toMatchObject({ status: 2, stdout: '' });
    expect(result.stderr).toMatch(/^mirust-pack: unknown storage type "q9"[^\n]+ \(see mirust-pack --help\)\n$/);
  });
});
