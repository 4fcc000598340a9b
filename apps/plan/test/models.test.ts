/** Models by name, what is not supported, and reports as files. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, runApp } from '@mirust/cli/testing';
import { type PlanReport, validatePlanReport } from '@mirust/schemas';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @boundaries-ignore bytes of a format are made where its reader is tested
import { buildGguf, TYPE, text } from '../../../packages/gguf/test/_build.ts';

const STORY = join(ROOT, 'fixtures', 'story', 'hf');
const folder = mkdtempSync(join(tmpdir(), 'mirust-models-'));
const at = (name: string): string => join(folder, name);

beforeAll(() => {
  const metadata = [['general.architecture', TYPE.string, text('mamba')]] as const;
  const tensors = [{ name: 'blk.0.ssm_a', dims: [8, 4], type: 0, offset: 0 }];
  writeFileSync(at('mamba.gguf'), buildGguf({ metadata, tensors, dataByteLength: 128 }));
  const config = { model_type: 'qwen2', hidden_size: 64, intermediate_size: 96, num_hidden_layers: 2 };
  const heads = { num_attention_heads: 4, num_key_value_heads: 2, vocab_size: 300, tie_word_embeddings: true };
  writeFileSync(at('qwen.json'), JSON.stringify({ architectures: ['Qwen2ForCausalLM'], ...config, ...heads }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function plan(...args: string[]): Promise<{ status: number | null; report: PlanReport }> {
  const { status, stdout, stderr } = await runApp('plan', [...args, '--json']);
  expect(stderr).toBe('');
  const result = validatePlanReport(JSON.parse(stdout));
  if (!result.ok) throw new Error(`${result.errors[0]?.path} ${result.errors[0]?.message}`);
  return { status, report: result.value };
}

describe.concurrent('a model', () => {
  it('of the catalogue is planned by name, as if quantized', async () => {
    const args = ['llama-2-13b', '--quant', 'q4_k_m', '--context', '4096', '--budget', '14GiB'];
    const refused = await plan(...args);
    expect([refused.status, refused.report.fits]).toEqual([3, false]);
    expect(refused.report.changes?.[0]).toMatchObject({ option: '--kv', value: 'f16' });
    expect((await plan(...args, '--kv', 'f16')).status).toBe(0);
  });

  it('that does not exist is looked for among the names', async () => {
    const result = await runApp('plan', ['lama-2-7b']);
    expect([result.status, result.stdout]).toEqual([16, '']);
    expect(result.stderr).toMatch(/SOURCE_NOT_FOUND: lama-2-7b does not exist.*\n {2}The catalogue has llama-2-7b/);
  });

  it('without a program has exact weights and cache, and says that the rest is estimated', async () => {
    const { status, report } = await plan(at('qwen.json'), '--budget', '1GiB');
    expect([status, report.fits, report.model.runs]).toEqual([0, true, false]);
    expect(report.kvCache?.bytesPerToken).toBe(2 * 2 * 2 * 16 * 4);
    expect(report.components.find(({ name }) => name === 'working buffers')?.kind).toBe('estimated');
    expect((await plan(at('qwen.json'), '--budget', '1MiB')).status).toBe(3);
  });

  it('of an architecture that nobody knows has exact weights, and no verdict where the rest decides', async () => {
    const { status, report } = await plan(at('mamba.gguf'), '--budget', '1GiB');
    expect(status).toBe(4);
    expect(report).not.toHaveProperty('fits');
    expect([report.model.architecture, report.weights.bytes]).toEqual(['mamba', 128]);
    expect(report.unknown?.map(({ name }) => name)).toEqual(['kv cache', 'working buffers', 'program']);
    const text = await runApp('plan', [at('mamba.gguf')]);
    expect(text.stdout).toContain('kv cache');
  });

  it('is wanted', async () => {
    const result = await runApp('plan', []);
    expect([result.status, result.stderr]).toEqual([2, expect.stringContaining('MODEL is missing')]);
  });

  it.each([
    [['--quant', 'q9'], 'unknown quantization "q9"'],
    [['--shared-prefix', '9999'], 'sharedPrefix must be'],
    [['--threads', '65'], 'threads must be at most 64'],
    [['--check', 'x.json', '--html', 'y'], '--html is of no use'],
  ])('is not planned with %j', async (args, message) => {
    const result = await runApp('plan', [STORY, ...args]);
    expect([result.status, result.stdout]).toEqual([2, '']);
    expect(result.stderr).toContain(message);
  });
});

describe.concurrent('the catalogue', () => {
  it('is listed, and as JSON', async () => {
    const { stdout } = await runApp('plan', ['models']);
    expect(stdout).toMatch(/^llama-3\.1-8b +llama +8,030,261,248$/m);
    const entries = JSON.parse((await runApp('plan', ['models', '--json'])).stdout) as {
      name: string;
      source: string;
    }[];
    expect(entries.length).toBeGreaterThan(60);
    expect(entries.every(({ source }) => source.length > 10)).toBe(true);
  });
});

describe.concurrent('reports', () => {
  it('are written as files beside the text', async () => {
    const files = ['--html', at('plan.html'), '--markdown', at('plan.md')];
    const { status, stdout } = await runApp('plan', [STORY, '--budget', '1GiB', ...files]);
    expect(status).toBe(0);
    expect(stdout).toContain('fits into 1.00 GiB');
    const html = readFileSync(at('plan.html'), 'utf8');
    expect(html).toMatch(/^<!doctype html>/i);
    expect(html).not.toContain('<script');
    expect(readFileSync(at('plan.md'), 'utf8')).toMatch(/^### .*fits/);
  });

  it('that cannot be written leave nothing behind', async () => {
    const target = join(folder, 'absent', 'plan.html');
    const result = await runApp('plan', [STORY, '--html', target]);
    expect([result.status, result.stdout]).toEqual([16, '']);
    expect(readdirSync(folder).filter((name) => name.includes('tmp'))).toEqual([]);
  });
});
