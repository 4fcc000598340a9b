/** `--format` and `--out`: what other tools read, of real files. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, runApp } from '@mirust/cli/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mirust-admit-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const GOOD = join(ROOT, 'fixtures', 'story', 'hf');
const BAD = join(ROOT, 'package.json');

describe('--format', () => {
  it.each([
    ['sarif', (text: string) => JSON.parse(text).runs[0].results[0].ruleId, 'MR-U021'],
    ['junit', (text: string) => /<failure [^>]*type="(\w+)"/.exec(text)?.[1], 'CHECKPOINT_FORMAT'],
    ['markdown', (text: string) => text.split('\n')[0], '### mirust-admit: 1 of 2 admitted'],
    ['github', (text: string) => /title=(\w+)::/.exec(text)?.[1], 'CHECKPOINT_FORMAT'],
    ['json', (text: string) => JSON.parse(text).verdict, 'rejected'],
    ['text', (text: string) => text.trimEnd().split('\n').at(-1), '2 files: 1 admitted, 1 rejected'],
  ] as const)('%s', async (format, find, expected) => {
    const { status, stdout, stderr } = await runApp('admit', [GOOD, BAD, '--format', format]);
    expect([find(stdout), status, stderr]).toEqual([expected, 14, '']);
  });

  it('is not --json at the same time, unless it is the same', async () => {
    const { status, stderr } = await runApp('admit', [GOOD, '--json', '--format', 'sarif']);
    expect([status, stderr]).toEqual([
      2,
      'mirust-admit: --json and --format sarif exclude each other (see mirust-admit --help)\n',
    ]);
    const both = await runApp('admit', [GOOD, '--json', '--format', 'json']);
    expect([JSON.parse(both.stdout).verdict, both.status]).toEqual(['admitted', 0]);
  });
});

describe('--report', () => {
  it('writes several of one run', async () => {
    const at = (name: string): string => join(folder, name);
    const reports = [`sarif=${at('a.sarif')}`, `markdown=${at('a.md')}`, 'github=-'];
    const { status, stdout } = await runApp('admit', [GOOD, BAD, ...reports.flatMap((each) => ['--report', each])]);
    expect(status).toBe(14);
    expect(stdout).toMatch(/^admitted .*2 files: 1 admitted, 1 rejected\n::error file=/s);
    expect(JSON.parse(readFileSync(at('a.sarif'), 'utf8')).runs[0].results).toHaveLength(1);
    expect(readFileSync(at('a.md'), 'utf8')).toMatch(/^### mirust-admit: 1 of 2 admitted/);
    for (const name of ['a.sarif', 'a.md']) rmSync(at(name));
  });

  it.each(['sarif', 'sarif=', 'word=a.docx', '=x'])('%s is wrong usage, before anything is read', async (text) => {
    const { status, stdout, stderr } = await runApp('admit', [GOOD, '--report', text]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(`--report ${text} is not FORMAT=FILE`);
  });
});

describe('--out', () => {
  it('has the document, and standard output the text', async () => {
    const out = join(folder, 'report.xml');
    const { status, stdout } = await runApp('admit', [GOOD, BAD, '--format', 'junit', '--out', out]);
    expect(status).toBe(14);
    expect(stdout).toContain('2 files: 1 admitted, 1 rejected');
    expect(readFileSync(out, 'utf8')).toMatch(/^<\?xml .*<\/testsuites>\s*$/s);
    expect(readdirSync(folder)).toEqual(['report.xml']);
  });

  it('that cannot be written is an error, after all was said', async () => {
    const { status, stdout, stderr } = await runApp('admit', [GOOD, '--format', 'sarif', '--out', folder]);
    expect(status).toBe(16);
    expect(stdout).toMatch(/^admitted /);
    expect(stderr).toContain('SINK_WRITE');
  });
});
