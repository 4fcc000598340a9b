/** The catalogue: every count follows from the sizes; names lead to one entry; configurations find their entry. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isJsonObject, type JsonObject, parseStrictJson } from '@mirust/core';
import { describeModel, readHuggingFaceConfig } from '@mirust/model';
import { describe, expect, it } from 'vitest';
import {
  catalogue,
  catalogueEntryOf,
  findModel,
  nearModelNames,
  outlineOfConfig,
  outlineOfDescription,
  outlineOfEntry,
  parameterCounts,
} from '../src/index.ts';

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

function configOf(file: string): JsonObject {
  const parsed = parseStrictJson(readFileSync(`${folder}/${file}`));
  return isJsonObject(parsed) ? parsed : expect.fail('not an object');
}

describe('the catalogue', () => {
  it('has models enough', () => {
    expect(catalogue().length).toBeGreaterThanOrEqual(60);
  });

  it.each(catalogue().map((entry) => [entry.name, entry] as const))('%s has its published count', (_name, entry) => {
    const outline = outlineOfEntry(entry);
    const { total, unique } = parameterCounts(outline);
    expect(unique).toBe(entry.parameters);
    expect(total).toBe(entry.parameters + (entry.storedTwiceElements ?? 0));
    expect(outline.name).toBe(entry.name);
    expect(outline.cache).toHaveLength(Number(entry.config.get('num_hidden_layers')));
    expect(entry.source).not.toBe('');
  });

  it('finds every entry by each of its names, and no two by one', () => {
    for (const entry of catalogue()) {
      for (const name of [entry.name, ...entry.aliases]) expect(findModel(name)).toBe(entry);
    }
    expect(new Set(catalogue().map(({ name }) => name)).size).toBe(catalogue().length);
  });

  it.each([
    ['Qwen/Qwen3-0.6B', 'qwen3-0.6b'],
    ['qwen3 0.6b', 'qwen3-0.6b'],
    ['meta-llama/Llama-3.1-8B-Instruct', 'llama-3.1-8b'],
    ['llama3.1-8B', 'llama-3.1-8b'],
    ['TinyLlama', 'tinyllama-1.1b'],
    ['microsoft/phi-1_5', 'phi-1.5'],
    ['Mistral-Nemo', 'mistral-nemo-12b'],
  ])('knows %s as %s', (name, expected) => {
    expect(findModel(name)?.name).toBe(expected);
  });

  it.each(['', 'llama', 'qwen', 'constructor', '__proto__', '/', '-'.repeat(10_000)])('does not guess %s', (name) => {
    expect(findModel(name)).toBeUndefined();
  });

  it('suggests what is spelt nearly so, and nothing else', () => {
    expect(nearModelNames('lama-3.1-8b')[0]).toBe('llama-3.1-8b');
    expect(nearModelNames('qwen3-06b')[0]).toBe('qwen3-0.6b');
    expect(nearModelNames('Mistral-7B-v0.4')).toContain('mistral-7b-v0.3');
    expect(nearModelNames('gpt-5')).not.toContain('gpt-oss-20b');
    expect(nearModelNames('qwen2.5-7b-instruct')).toEqual(['qwen2.5-7b']);
    expect(nearModelNames('qwen3')).toContain('qwen3-0.6b');
    expect(nearModelNames('llama')).toHaveLength(5);
    expect(nearModelNames('nothing of this kind')).toEqual([]);
    expect(nearModelNames('')).toEqual([]);
    expect(nearModelNames('x'.repeat(100_000))).toEqual([]);
  });

  it.each([
    // Mistral AI, Mixtral of experts: 46.7B of which 12.9B are used; 8x22B: 141B, 39B.
    ['mixtral-8x7b', '46.7', '12.9'],
    ['mixtral-8x22b', '140.6', '39.2'],
    // Model cards of Qwen: 30.5B and 3.3B (3.353 here, so rounded down there), 235B and 22B, 480B and 35B.
    ['qwen3-30b-a3b', '30.5', '3.4'],
    ['qwen3-235b-a22b', '235.1', '22.2'],
    ['qwen3-coder-480b-a35b', '480.2', '35.5'],
    // DeepSeek's cards: V2-Lite 15.7B and 2.4B, V3 671B and 37B, both without the embedding (0.2 and 0.9).
    ['deepseek-v2-lite', '15.7', '2.7'],
    ['deepseek-v3', '671.0', '37.6'],
  ])('%s has %s billion parameters, %s of them active', (name, total, active) => {
    const counts = parameterCounts(outlineOfEntry(findModel(name) ?? expect.fail()));
    expect((counts.total / 1e9).toFixed(1)).toBe(total);
    expect((counts.active / 1e9).toFixed(1)).toBe(active);
  });

  it('knows what a published checkpoint stores twice', () => {
    const counts = parameterCounts(outlineOfEntry(findModel('qwen3-0.6b') ?? expect.fail()));
    expect(counts).toEqual({ total: 751_632_384, unique: 596_049_920, active: 596_049_920 });
    expect(parameterCounts(outlineOfEntry(findModel('qwen3-1.7b') ?? expect.fail())).total).toBe(2_031_739_904);
  });

  const runnable = catalogue().filter(({ config }) => /^(llama|mistral)$/.test(String(config.get('model_type'))));

  it.each(runnable.map((entry) => [entry.name, entry] as const))('%s is the same to the runtime', (_name, entry) => {
    const { architecture, hyperparameters } = readHuggingFaceConfig(entry.config);
    const { description, ...outline } = outlineOfDescription(describeModel(architecture, hyperparameters));
    const { name: _, tensors, ...rest } = outlineOfEntry(entry);
    expect(description?.hyperparameters).toBe(hyperparameters);
    expect(new Set(outline.tensors.map(({ name }) => name))).toEqual(new Set(tensors.map(({ name }) => name)));
    expect(parameterCounts(outline).unique).toBe(entry.parameters);
    expect({ ...outline, tensors: [] }).toEqual({ ...rest, tensors: [] });
  });

  it('finds the entry of an outline by its sizes, its windows and its number of positions', () => {
    for (const entry of catalogue()) {
      const found = catalogueEntryOf(outlineOfEntry(entry)) ?? expect.fail(entry.name);
      expect(found.config).toEqual(entry.config);
    }
    const outline = outlineOfEntry(findModel('qwen3-0.6b') ?? expect.fail());
    const widerCache = outline.cache?.map((layer) => layer && { ...layer, slidingWindow: 8 }) ?? [];
    expect(catalogueEntryOf({ ...outline, maxContext: 7 })?.name).toBe('qwen3-0.6b');
    expect(catalogueEntryOf({ ...outline, cache: widerCache })).toBeUndefined();
    expect(catalogueEntryOf({ ...outline, architecture: 'qwen2' })).toBeUndefined();
    expect(catalogueEntryOf({ ...outline, tensors: outline.tensors.slice(1) })).toBeUndefined();
  });
});

describe.skipIf(!present)('published configurations', () => {
  it.each(published)('$file', ({ file, params_formula, params_published }) => {
    const outline = outlineOfConfig(configOf(file)) ?? expect.fail('not known');
    const { unique } = parameterCounts(outline);
    expect(unique).toBe(params_formula);
    // The repository of Gemma 3 holds a vision model as well.
    if (file === 'gemma-3-4b-text.json') return;
    const twice = catalogueEntryOf(outline)?.storedTwiceElements ?? 0;
    expect(unique + twice).toBe(params_published);
  });
});
