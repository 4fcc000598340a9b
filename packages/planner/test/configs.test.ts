/** Published configurations: exact parameter counts where the family is supported, a refusal by name where it is not. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { openDescription } from '@mirust/checkpoint';
import { openPath } from '@mirust/checkpoint/node';
import { isMirustError } from '@mirust/core';
import { describe, expect, it } from 'vitest';
import { outlineOfDescription, planInputOfConfiguration, planMemory } from '../src/index.ts';

const assets = process.env.MIRUST_ASSETS ?? fileURLToPath(new URL('../../../../shared/assets', import.meta.url));
const folder = `${assets}/configs`;
const present = existsSync(folder);
if (!present) console.warn('the published configurations are absent (MIRUST_ASSETS): their tests are skipped');

interface Published {
  readonly file: string;
  readonly params_formula: number;
  readonly params_published: number;
}

const published: readonly Published[] = present
  ? (JSON.parse(readFileSync(`${folder}/param_counts.json`, 'utf8')) as { models: Published[] }).models
  : [];

const SUPPORTED = ['Llama-3.2-1B-Instruct.json', 'Llama-3.1-8B.json', 'SmolLM2-135M.json', 'Mistral-7B-v0.2.json'];

describe.skipIf(!present)('published configurations', () => {
  it.each(published.filter(({ file }) => SUPPORTED.includes(file)))('$file', async ({ file, params_published }) => {
    const found = await openDescription(await openPath(`${folder}/${file}`));
    const report = planMemory(
      planInputOfConfiguration(outlineOfDescription(found?.model ?? expect.fail()), found?.weightType),
    );
    expect(report.model.parameters).toBe(params_published);
    const weights = report.components.filter(({ name }) => name.startsWith('weights') && !name.endsWith('padding'));
    const bytesPerValue = Object.keys(report.model.weightTypes ?? {})[0] === 'f32' ? 4 : 2;
    expect(weights.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(params_published * bytesPerValue);
  });

  it('Llama-3.1-8B in bf16 has the bytes of its index', async () => {
    const found = await openDescription(await openPath(`${folder}/Llama-3.1-8B.json`));
    const report = planMemory(
      planInputOfConfiguration(outlineOfDescription(found?.model ?? expect.fail()), 'bfloat16'),
    );
    expect(report.model.weightTypes).toEqual({ bf16: 16_060_522_496 });
  });

  it.each(published.filter(({ file }) => !SUPPORTED.includes(file)))('$file is refused by name', async ({ file }) => {
    const error: unknown = await openDescription(await openPath(`${folder}/${file}`)).catch((caught) => caught);
    if (!isMirustError(error)) expect.fail(`${file} was not refused`);
    expect(error.class).toBe('unsupported');
    expect(error.code).toMatch(/^MODEL_(ARCHITECTURE|FEATURE)$/);
    expect(error.message).toMatch(/qwen|gemma|mixtral|phi3/i);
  });
});
