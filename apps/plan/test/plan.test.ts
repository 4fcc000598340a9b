/** mirust-plan as its users run it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, runApp } from '@mirust/cli/testing';
import { type PlanReport, validatePlanReport } from '@mirust/schemas';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @boundaries-ignore a server for tests, made where the reader of its files is tested
import { closeServers, type FileServer, startFileServer } from '../../../packages/checkpoint/test/_file-server.ts';

const STORY = join(ROOT, 'fixtures', 'story', 'hf');
const CONFIG = join(STORY, 'config.json');
const folder = mkdtempSync(join(tmpdir(), 'mirust-plan-'));

beforeAll(() => {
  const config = { architectures: ['MambaForCausalLM'], model_type: 'mamba' };
  writeFileSync(join(folder, 'other.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'broken.json'), '{"hidden_size": ');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function plan(...args: string[]): Promise<{ status: number | null; report: PlanReport }> {
  const { status, stdout, stderr } = await runApp('plan', [...args, '--json']);
  expect(stderr).toBe('');
  const result = validatePlanReport(JSON.parse(stdout));
  if (!result.ok) throw new Error(`${result.errors[0]?.path} ${result.errors[0]?.message}`);
  return { status, report: result.value };
}

/** The last line of the text. */
function verdictOf(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? '';
}

describe.concurrent('a plan', () => {
  it('is the sum of its components, every one of them exact', async () => {
    const { status, report } = await plan(STORY, '--context', '128', '--host', 'none');
    expect(status).toBe(0);
    expect(report.totalBytes).toBe(report.components.reduce((sum, { bytes }) => sum + bytes, 0));
    expect(report.components.map(({ kind }) => kind)).toEqual(report.components.map(() => 'exact'));
    expect(report).not.toHaveProperty('fits');
    expect(report.model).toMatchObject({ architecture: 'llama', parameters: 869_504, source: 'weights' });
  });

  it('halves the cache at f16, and doubles it with the context', async () => {
    const cache = ({ report }: { report: PlanReport }): number =>
      report.components.filter(({ name }) => name.startsWith('kv cache')).reduce((sum, { bytes }) => sum + bytes, 0);
    // 4 layers, 128 positions, 2 heads of 32, keys and values.
    const f32 = 4 * 128 * 2 * 32 * 2 * 4;
    expect(cache(await plan(STORY, '--context', '128'))).toBe(f32);
    expect(cache(await plan(STORY, '--context', '128', '--kv', 'f16'))).toBe(f32 / 2);
    expect(cache(await plan(CONFIG, '--context', '256'))).toBe(f32 * 2);
  });

  it('of a bare configuration is that of its model, and says what it assumes', async () => {
    const [weights, configuration] = [await plan(STORY), await plan(CONFIG)];
    expect(configuration.report.components).toEqual(weights.report.components);
    expect(configuration.report.model.source).toBe('configuration');
    expect(configuration.report.notes?.join()).toContain('bf16');
  });
});

describe.concurrent('a budget', () => {
  it('fits when it is equal, and does not when a byte is missing', async () => {
    const { totalBytes } = (await plan(STORY)).report;
    const enough = await plan(STORY, '--budget', String(totalBytes));
    expect(enough).toMatchObject({ status: 0, report: { fits: true, budgetBytes: totalBytes } });
    const short = await plan(STORY, '--budget', String(totalBytes - 1));
    expect(short).toMatchObject({ status: 3, report: { fits: false, budgetBytes: totalBytes - 1 } });
  });

  it('is answered in the last line of the text', async () => {
    const fits = await runApp('plan', [STORY, '--budget', '16MiB', '--host', 'none']);
    expect(fits).toMatchObject({ status: 0, stderr: '' });
    expect(verdictOf(fits.stdout)).toMatch(/^fits into 16\.00 MiB: \d+\.\d\d MiB to spare$/);
    const misses = await runApp('plan', [STORY, '--budget', '1000']);
    expect(misses).toMatchObject({ status: 3, stderr: '' });
    expect(verdictOf(misses.stdout)).toMatch(/^does not fit into 1,000 B: \d+\.\d\d MiB too much$/);
  });
});

describe.concurrent('what cannot be planned', () => {
  it.each<[string, readonly string[], number, RegExp]>([
    [
      'a context beyond the declared one',
      [STORY, '--context', '513'],
      15,
      /MODEL_CONTEXT: a context of 513 passes the 512/,
    ],
    ['an absurd context', [CONFIG, '--context', '9007199254740991'], 15, /MODEL_CONTEXT/],
    ['a missing file', [join(folder, 'absent')], 16, /SOURCE_NOT_FOUND/],
    ['another family', [join(folder, 'other.json')], 14, /MODEL_ARCHITECTURE: architecture/],
    ['a broken configuration', [join(folder, 'broken.json')], 10, /JSON_/],
    ['an option of another command', [STORY, '--prompt', 'x'], 2, /Unknown arguments?: .+ \(see mirust-plan --help\)/],
  ])('%s', async (_name, args, status, problem) => {
    const result = await runApp('plan', args);
    expect(result).toMatchObject({ status, stdout: '' });
    expect(result.stderr).toMatch(/^mirust-plan: [^\n]+\n(?: {2}[^\n]+\n)?$/);
    expect(result.stderr).toMatch(problem);
  });
});

describe.concurrent('a plan of what lies elsewhere', () => {
  const token = 'hf_SecretOfSomebody';
  let server: FileServer;
  beforeAll(async () => {
    const files: Record<string, Uint8Array> = {};
    const siblings = readdirSync(STORY).map((rfilename) => ({ rfilename }));
    files['/api/models/org/story/revision/main'] = new TextEncoder().encode(JSON.stringify({ siblings }));
    for (const { rfilename } of siblings) {
      files[`/org/story/resolve/main/${rfilename}`] = readFileSync(join(STORY, rfilename));
    }
    server = await startFileServer(files, ({ path, headers }, response) => {
      if (!path.includes('/gated/') || headers.authorization !== `Bearer ${token}`) return false;
      response.writeHead(403).end(token);
      return true;
    });
  });
  afterAll(closeServers);

  it.each([
    ['a name on the Hub', (): string => 'hf:org/story', true],
    ['a URL of weights', (): string => `${server.url}/org/story/resolve/main/model.safetensors`, true],
    ['a URL of a configuration', (): string => `${server.url}/org/story/resolve/main/config.json`, false],
  ] as const)('%s: as if it lay here', async (_name, text, hasWeights) => {
    const env = { HF_ENDPOINT: server.url };
    const remote = await runApp('plan', [text(), '--json'], { env });
    expect(remote).toMatchObject({ status: 0, stderr: '' });
    const local = await runApp('plan', [hasWeights ? STORY : CONFIG, '--json']);
    expect(JSON.parse(remote.stdout)).toEqual(JSON.parse(local.stdout));
  });

  it('fetches headers, and nothing of what a plan does not need', async () => {
    const text = `${server.url}/org/story/resolve/main/model.safetensors?once`;
    expect(await runApp('plan', [text])).toMatchObject({ status: 0 });
    const asked = server.seen().filter((path) => path.includes('?once'));
    expect(asked).toEqual(['/org/story/resolve/main/model.safetensors?once bytes=0-131071']);
    expect(server.seen().join()).not.toMatch(/tokenizer|generation_config|README/);
  });

  it('that is gated says how to get it, and not the token', async () => {
    const env = { HF_ENDPOINT: server.url, HF_TOKEN: `${token}\n` };
    const result = await runApp('plan', ['hf:gated/story', '--json'], { env });
    expect(result).toMatchObject({ status: 16, stdout: '' });
    expect(result.stderr).toMatch(/^mirust-plan: HUB_ACCESS: hf:gated\/story needs permission.*\n {2}.*HF_TOKEN/);
    expect(result.stderr).not.toContain(token);
  });

  it.each([
    ['hf:story', /not a name on the Hub: "hf:story"/],
    ['https://me:secret@host/a.gguf', /must not carry a user or a password/],
  ])('%s is wrong usage', async (text, problem) => {
    const result = await runApp('plan', [text]);
    expect(result).toMatchObject({ status: 2, stdout: '' });
    expect(result.stderr).toMatch(problem);
    expect(result.stderr).not.toContain('secret');
  });
});
