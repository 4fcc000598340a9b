/** `mirust-plan --check`, as CI runs it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { ROOT, runApp } from '@mirust/cli/testing';
import { type BudgetReport, validateBudgetReport } from '@mirust/schemas';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const STORY = join(ROOT, 'fixtures', 'story', 'hf');
const folder = mkdtempSync(join(tmpdir(), 'mirust-check-'));
const at = (...names: string[]): string => join(folder, ...names);

beforeAll(() => mkdirSync(at('below')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function budget(name: string, ...plans: object[]): string {
  writeFileSync(at(name), JSON.stringify({ version: 1, plans }));
  return at(name);
}

async function check(...args: string[]): Promise<{ status: number | null; report: BudgetReport }> {
  const { status, stdout, stderr } = await runApp('plan', ['--check', ...args, '--json']);
  expect(stderr).toBe('');
  const result = validateBudgetReport(JSON.parse(stdout));
  if (!result.ok) throw new Error(`${result.errors[0]?.path} ${result.errors[0]?.message}`);
  return { status, report: result.value };
}

describe.concurrent('a budget', () => {
  it('whose plans all fit gives status 0', async () => {
    const file = budget(
      'fits.json',
      { name: 'alone', model: STORY, host: 'none', budget: '16MiB' },
      { model: STORY, host: 'none', budget: '4MiB', quant: 'q8', context: 64, kv: 'q8', limits: { weights: '1MiB' } },
    );
    const { status, report } = await check(file);
    expect([status, report.verdict]).toEqual([0, 'fits']);
    expect(report.plans.map(({ name }) => name)).toEqual(['alone', `${STORY}, q8, context 64, q8`]);
    expect(report.plans[1]?.limits).toMatchObject([{ name: 'weights', limitBytes: 2 ** 20, fits: true }]);
  });

  it('that one plan passes gives status 3, and what would help', async () => {
    const file = budget('small.json', { budget: '16MiB', host: 'none' }, { budget: '3MB', host: 'none' });
    const { status, report } = await check(file, STORY);
    expect([status, report.verdict]).toEqual([3, 'does-not-fit']);
    expect(report.plans.map(({ verdict }) => verdict)).toEqual(['fits', 'does-not-fit']);
    expect(report.plans[1]?.changes).toContain('--kv f16');
    const text = await runApp('plan', [STORY, '--check', file]);
    expect(text.stdout).toMatch(/does not fit {2}.*\n {2}would fit with .*--kv f16/);
    expect(text.stdout).toMatch(/\ndoes not fit: 1 of 2 kept\n$/);
  });

  it.each<[string, object, string]>([
    ['weights', { weights: '1MB' }, 'weights'],
    ['the cache', { kvCache: '1kB' }, 'kvCache'],
    ['the cache of a token', { bytesPerToken: '10' }, 'bytesPerToken'],
    ['what a token reads', { decodeBytesPerToken: '1MB' }, 'decodeBytesPerToken'],
  ])('limits %s', async (name, limits, broken) => {
    const { status, report } = await check(budget(`${name}.json`, { model: STORY, budget: '1GiB', limits }));
    expect(status).toBe(3);
    expect(report.plans[0]?.limits).toMatchObject([{ name: broken, fits: false }]);
  });

  it('has paths from where it lies, and comments', async () => {
    const file = at('below', 'budget.jsonc');
    const model = relative(at('below'), STORY);
    writeFileSync(
      file,
      `{ "version": 1, // of the story\n "plans": [{ "model": ${JSON.stringify(model)}, "budget": "1GiB" },] }`,
    );
    expect((await check(file)).status).toBe(0);
  });

  it('goes on behind a model that cannot be planned, whose status it has', async () => {
    const file = budget('missing.json', { model: 'absent.slm', budget: '1GiB' }, { model: STORY, budget: '1GiB' });
    const { status, report } = await check(file);
    expect([status, report.verdict]).toEqual([16, 'undetermined']);
    expect(report.plans[0]?.error?.code).toBe('SOURCE_NOT_FOUND');
    expect(report.plans.map(({ verdict }) => verdict)).toEqual(['undetermined', 'fits']);
  });
});

describe.concurrent('what is no budget', () => {
  it.each<[string, string, RegExp]>([
    ['no JSON', '{ "version": 1,, }', /at byte/],
    ['of another version', '{ "version": 2, "plans": [{ "budget": "1GiB" }] }', /\/version/],
    ['without plans', '{ "version": 1, "plans": [] }', /\/plans/],
    [
      'with a key that nobody knows',
      '{ "version": 1, "plans": [{ "budget": "1GiB", "contxt": 1 }] }',
      /contxt|additional/,
    ],
    [
      'with a limit of no size',
      '{ "version": 1, "plans": [{ "budget": "1GiB", "limits": { "weights": "much" } }] }',
      /plans\/0: not a byte count/,
    ],
    ['of no size', '{ "version": 1, "plans": [{ "budget": "much" }] }', /plans\/0: not a byte count/],
    [
      'of a quantization that nobody knows',
      '{ "version": 1, "plans": [{ "budget": "1GiB", "quant": "q9" }] }',
      /plans\/0: .*q9/,
    ],
  ])('%s is wrong usage', async (name, text, message) => {
    writeFileSync(at(`${name}.bad`), text);
    const result = await runApp('plan', [STORY, '--check', at(`${name}.bad`)]);
    expect([result.status, result.stdout]).toEqual([2, '']);
    expect(result.stderr).toMatch(message);
    expect(result.stderr).not.toContain('    at ');
  });

  it('names no model, and neither does the command line', async () => {
    const result = await runApp('plan', ['--check', budget('nameless.json', { budget: '1GiB' })]);
    expect([result.status, result.stderr]).toEqual([2, expect.stringContaining('names no model')]);
  });
});
