/** Outlines against what huggingface/transformers makes of the same configurations, and what becomes of bad ones. */
import { readFileSync } from 'node:fs';
import { isJsonObject, type JsonObject, parseStrictJson } from '@mirust/core';
import { describe, expect, it } from 'vitest';
import { type ModelOutline, outlineOfConfig, parameterCounts } from '../src/index.ts';

interface Case {
  readonly case: string;
  readonly architecture: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly saved: Readonly<Record<string, unknown>>;
  readonly parameters: number;
  readonly tensors: Readonly<Record<string, readonly number[]>>;
  readonly cache: readonly (readonly [heads: number, keyDim: number, valueDim: number, window: number])[];
}

const golden = new URL('../../../fixtures/oracles/outlines.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(golden, 'utf8')) as { cases: Case[] };

/** As a reader of files gives it: objects as Maps. */
function configOf(value: object): JsonObject {
  const parsed = parseStrictJson(JSON.stringify(value));
  return isJsonObject(parsed) ? parsed : expect.fail('not an object');
}

function outlineOf(config: object): ModelOutline {
  return outlineOfConfig(configOf(config)) ?? expect.fail('the family is not known');
}

/**
 * What has to be kept of a position where transformers keeps more: its Falcon repeats the heads of keys and values before
 * they go into the cache, and its DeepSeek expands the latent vector into the keys and values of every head.
 */
function leastCache(config: Case['config'], [heads, keyDim, valueDim, window]: Case['cache'][number]): number[] {
  const { num_kv_heads: kvHeads, kv_lora_rank: rank, qk_rope_head_dim: rope } = config;
  if (typeof kvHeads === 'number') return [kvHeads, keyDim, valueDim, window];
  return typeof rank === 'number' ? [1, rank + Number(rope), 0, window] : [heads, keyDim, valueDim, window];
}

describe('an outline, held against transformers', () => {
  it('covers families enough to mean something', () => {
    expect(new Set(cases.map(({ architecture }) => architecture)).size).toBeGreaterThanOrEqual(26);
  });

  it.each(cases)('$case', (known) => {
    const outline = outlineOf(known.config);
    expect(outline.architecture).toBe(known.architecture);
    const tensors = Object.fromEntries(outline.tensors.map(({ name, shape }) => [name, shape]));
    expect(tensors).toEqual(known.tensors);
    expect(Object.keys(tensors)).toHaveLength(outline.tensors.length);
    expect(parameterCounts(outline).unique).toBe(known.parameters);
    expect(outline.tensors.filter(({ role }) => role === 'unknown')).toEqual([]);
    const cache = outline.cache?.map((layer) =>
      layer === null ? null : [layer.kvHeadCount, layer.keyDim, layer.valueDim, layer.slidingWindow ?? 0],
    );
    expect(cache).toEqual(known.cache.map((layer) => leastCache(known.config, layer)));
    expect(outlineOf(known.saved)).toEqual(outline);
  });
});
