/** The four commands as they ship: bundles, each started as a process of its own. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from './support.ts';

const COMMANDS = ['pack', 'admit', 'plan', 'run'] as const;
type Command = (typeof COMMANDS)[number];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mirust-commands-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a command in the folder; gives what it printed. Rejects unless its status is 0. */
async function run(command: Command, ...args: string[]): Promise<string> {
  const main = join(ROOT, 'apps', command, 'dist', 'main.js');
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...args], { cwd: folder });
  return stdout;
}

describe('the bundled commands', () => {
  it.each(COMMANDS)('mirust-%s knows its version and explains itself', async (command) => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'apps', command, 'package.json'), 'utf8'));
    expect((await run(command, '--version')).trim()).toBe(version);
    expect(await run(command, '--help')).toContain(`mirust-${command}`);
  });

  it('pack, admit, plan and run a model, on threads too', async () => {
    const source = join(ROOT, 'fixtures', 'story', 'hf');
    await run('pack', source, 'one.slm', '--quant', 'q8', '--threads', '1');
    await run('pack', source, 'two.slm', '--quant', 'q8', '--threads', '2');
    expect(readFileSync(join(folder, 'two.slm')).equals(readFileSync(join(folder, 'one.slm')))).toBe(true);
    expect(JSON.parse(await run('admit', 'one.slm', '--json')).verdict).toBe('admitted');
    expect(JSON.parse(await run('plan', 'one.slm', '--json')).totalBytes).toBeGreaterThan(0);
    const options = ['--max-tokens', '20', '--temperature', '0'];
    const text = await run('run', 'one.slm', ...options, '--threads', '1');
    expect(text).toMatch(/^Once upon a time/);
    expect(await run('run', 'one.slm', ...options, '--threads', '2')).toBe(text);
  });

  it.each(COMMANDS)('mirust-%s names the licenses of what it contains', (command) => {
    const text = readFileSync(join(ROOT, 'apps', command, 'dist', 'THIRD-PARTY-LICENSES.txt'), 'utf8');
    expect(text).toMatch(/^yargs \d[^\n]* \(MIT\)\n\n.*Permission is hereby granted/ms);
  });
});
