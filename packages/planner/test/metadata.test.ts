/** Outlines of GGUF files: the tensors that are listed, the cache that the metadata says, and what becomes of bad keys. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isJsonObject, isMirustError, type JsonObject, memorySource, parseStrictJson } from '@mirust/core';
import { type GgufMetadata, type GgufValue, readGguf } from '@mirust/gguf';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type AttentionParameters,
  outlineOfConfig,
  outlineOfMetadata,
  parameterCounts,
  readOutlineConfig,
  readOutlineMetadata,
} from '../src/index.ts';

const golden = new URL('../../../fixtures/oracles/outlines.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(golden, 'utf8')) as { cases: { case: string; config: object }[] };

function configOf(value: object): JsonObject {
  const parsed = parseStrictJson(JSON.stringify(value));
  return isJsonObject(parsed) ? parsed : expect.fail('not an object');
}

type Plain = number | bigint | boolean | string | readonly (number | boolean)[];

/** Metadata of plain values: numbers as u32 where they are counts, lists of numbers as i32. */
function metadataOf(values: Readonly<Record<string, Plain>>): GgufMetadata {
  return new Map(Object.entries(values).map(([key, value]) => [key, ggufValue(value)]));
}

function ggufValue(value: Plain): GgufValue {
  if (typeof value === 'number') return { type: Number.isInteger(value) ? 'uint32' : 'float32', value };
  if (typeof value === 'bigint') return { type: 'uint64', value };
  if (typeof value === 'boolean') return { type: 'bool', value };
  if (typeof value === 'string') return { type: 'string', value };
  const flags = value.filter((each) => typeof each === 'boolean');
  if (flags.length > 0) return { type: 'array', elementType: 'bool', values: flags };
  return { type: 'array', elementType: 'int32', values: Int32Array.from(value, Number) };
}

/** The keys that a converter writes for a model. */
function keysOf(p: AttentionParameters, hiddenSize: number, used?: number): Record<string, Plain> {
  const a = p.architecture;
  const window = p.windows?.find((width) => width !== undefined);
  return {
    'general.architecture': a,
    [`${a}.block_count`]: p.layerCount,
    [`${a}.embedding_length`]: hiddenSize,
    [`${a}.attention.head_count`]: p.headCount,
    [`${a}.attention.head_count_kv`]: p.latent === undefined ? p.kvHeadCount : 1,
    [`${a}.attention.key_length${p.latent === undefined ? '' : '_mla'}`]: p.keyDim,
    [`${a}.attention.value_length${p.latent === undefined ? '' : '_mla'}`]: p.valueDim,
    ...(p.maxContext === undefined ? {} : { [`${a}.context_length`]: p.maxContext }),
    ...(window === undefined
      ? {}
      : {
          [`${a}.attention.sliding_window`]: window,
          [`${a}.attention.sliding_window_pattern`]: p.windows?.map((width) => width !== undefined) ?? [],
        }),
    ...(p.latent === undefined
      ? {}
      : { [`${a}.attention.kv_lora_rank`]: p.latent.kvRank, [`${a}.rope.dimension_count`]: p.latent.ropeDim }),
    ...(used === undefined ? {} : { [`${a}.expert_used_count`]: used }),
  };
}

describe('a GGUF', () => {
  it.each(cases)('of the same model has the same outline: $case', ({ config }) => {
    const p = readOutlineConfig(configOf(config)) ?? expect.fail();
    const expected = outlineOfConfig(configOf(config)) ?? expect.fail();
    const metadata = metadataOf(keysOf(p, p.hiddenSize, p.experts?.used));
    const listed = expected.tensors.map(({ name, shape }) => ({ name, shape }));
    expect(outlineOfMetadata(metadata, listed)).toEqual(expected);
  });

  const gemma = {
    'general.architecture': 'gemma3',
    'general.name': 'A Gemma',
    'gemma3.block_count': 7,
    'gemma3.embedding_length': 48,
    'gemma3.attention.head_count': 4,
    'gemma3.attention.head_count_kv': 2,
  };

  it('without keys for it has windows as its architecture has them, heads of hidden / heads', () => {
    const outline = outlineOfMetadata(metadataOf({ ...gemma, 'gemma3.attention.sliding_window': 16 }), []);
    const sliding = { kvHeadCount: 2, keyDim: 12, valueDim: 12, slidingWindow: 16 };
    const full = { kvHeadCount: 2, keyDim: 12, valueDim: 12 };
    expect(outline.cache).toEqual([sliding, sliding, sliding, sliding, sliding, full, sliding]);
    expect(outline.name).toBe('A Gemma');
    expect(outline.maxContext).toBeUndefined();
    expect(outlineOfMetadata(metadataOf(gemma), []).cache).toEqual(Array(7).fill(full));
    const everyThird = { 'gemma3.attention.sliding_window': 16, 'gemma3.attention.sliding_window_pattern': 3 };
    const thirds = outlineOfMetadata(metadataOf({ ...gemma, ...everyThird }), []);
    expect(thirds.cache).toEqual([sliding, sliding, full, sliding, sliding, full, sliding]);
  });

  it('may say heads by layer: alike they are known, different ones are not guessed', () => {
    const alike = { ...gemma, 'gemma3.attention.head_count_kv': Array(7).fill(2) };
    expect(outlineOfMetadata(metadataOf(alike), []).cache).toEqual(outlineOfMetadata(metadataOf(gemma), []).cache);
    for (const various of [
      { 'gemma3.attention.head_count_kv': [2, 2, 2, 2, 2, 2, 4] },
      { 'gemma3.attention.key_length_swa': 8 },
      { 'gemma3.attention.shared_kv_layers': 2 },
    ]) {
      const outline = outlineOfMetadata(metadataOf({ ...gemma, ...various }), []);
      expect(outline.cache).toBeUndefined();
      expect(outline.architecture).toBe('gemma3');
    }
  });

  it('of an architecture that is not known has its tensors, its experts, and no cache', () => {
    const metadata = metadataOf({ 'general.architecture': 'mystery', 'mystery.expert_used_count': 2 });
    const outline = outlineOfMetadata(metadata, [
      { name: 'token_embd.weight', shape: [10, 4] },
      { name: 'blk.3.ffn_up_exps.weight', shape: [8, 6, 4] },
      { name: 'blk.3.ssm_in.weight', shape: [6, 4] },
      { name: 'blk.99999.attn_q.weight', shape: [4, 4] },
    ]);
    expect(outline).toEqual({
      architecture: 'mystery',
      tensors: [
        { name: 'token_embd.weight', shape: [10, 4], role: 'embedding' },
        {
          name: 'blk.3.ffn_up_exps.weight',
          shape: [8, 6, 4],
          role: 'matrix',
          layer: 3,
          experts: { count: 8, used: 2 },
        },
        { name: 'blk.3.ssm_in.weight', shape: [6, 4], role: 'unknown', layer: 3 },
        { name: 'blk.99999.attn_q.weight', shape: [4, 4], role: 'matrix' },
      ],
    });
    expect(parameterCounts(outline)).toEqual({ total: 272, unique: 272, active: 128 });
    expect(readOutlineMetadata(metadata)).toBeUndefined();
  });

  it.each<[string, Record<string, Plain>]>([
    ['MODEL_FIELD_RANGE', { 'gemma3.block_count': 0 }],
    ['MODEL_FIELD_RANGE', { 'gemma3.block_count': 2 ** 32 - 1 }],
    ['MODEL_FIELD_RANGE', { 'gemma3.attention.head_count': 0 }],
    ['MODEL_FIELD_RANGE', { 'gemma3.attention.head_count': 5 }],
    ['MODEL_FIELD_RANGE', { 'gemma3.attention.head_count_kv': 3 }],
    ['MODEL_FIELD_RANGE', { 'gemma3.attention.key_length': 0, 'gemma3.attention.value_length': 4 }],
    ['MODEL_FIELD_RANGE', { 'gemma3.embedding_length': 0.5 }],
    ['MODEL_FIELD_RANGE', { 'gemma3.attention.sliding_window': -1 }],
    ['MODEL_FIELD_RANGE', { 'gemma3.attention.sliding_window': 4, 'gemma3.attention.sliding_window_pattern': [true] }],
    ['MODEL_FIELD_RANGE', { 'gemma3.attention.sliding_window': 4, 'gemma3.attention.sliding_window_pattern': -1 }],
    ['MODEL_FIELD_RANGE', { 'gemma3.attention.head_count': Array(4097).fill(2) }],
    ['MODEL_FIELD_RANGE', { 'gemma3.attention.kv_lora_rank': 8, 'gemma3.rope.dimension_count': 64 }],
    ['MODEL_FIELD_RANGE', { 'gemma3.expert_used_count': -1 }],
    ['MODEL_FIELD_TYPE', { 'gemma3.block_count': '7' }],
    ['MODEL_FIELD_TYPE', { 'gemma3.block_count': 2n ** 63n }],
    ['MODEL_FIELD_TYPE', { 'general.architecture': 3 }],
  ])('%s: bad keys, case %#', (code, changes) => {
    expect(
      codeOf(() => outlineOfMetadata(metadataOf({ ...gemma, ...changes }), [{ name: 'a_exps.weight', shape: [4] }])),
    ).toBe(code);
  });

  it.each(['general.architecture', 'gemma3.block_count', 'gemma3.embedding_length', 'gemma3.attention.head_count'])(
    'is refused without %s',
    (key) => {
      const rest = Object.fromEntries(Object.entries(gemma).filter(([name]) => name !== key));
      expect(codeOf(() => outlineOfMetadata(metadataOf(rest), []))).toBe('MODEL_FIELD_MISSING');
    },
  );

  it('with whatever values has sizes that are sizes, or a typed error', () => {
    const odd = fc.constantFrom<Plain>(
      ...[0, -1, 1, 2, 3, 12, 1.5, 4097, 2 ** 32 - 1, Number.NaN, Number.POSITIVE_INFINITY, 7n, 2n ** 63n],
      ...[true, '', '7', [], [2], Array(7).fill(2), [true, false, true]],
    );
    const names = [
      ...['block_count', 'embedding_length', 'context_length', 'expert_used_count', 'rope.dimension_count'],
      ...['head_count', 'head_count_kv', 'key_length', 'value_length', 'key_length_mla', 'kv_lora_rank'].map(
        (name) => `attention.${name}`,
      ),
      ...['attention.sliding_window', 'attention.sliding_window_pattern'],
    ];
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...names.map((name) => `gemma3.${name}`)), odd, { maxKeys: 3 }),
        (changes) => {
          try {
            const { cache } = outlineOfMetadata(metadataOf({ ...gemma, ...changes }), []);
            for (const layer of new Set(cache)) {
              const { kvHeadCount, keyDim, valueDim, slidingWindow = 1 } = layer ?? expect.fail();
              for (const size of [kvHeadCount, keyDim, valueDim + 1, slidingWindow]) {
                expect(Number.isSafeInteger(size) && size > 0).toBe(true);
              }
            }
          } catch (error) {
            if (!isMirustError(error)) throw error;
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});

const assets = process.env.MIRUST_ASSETS ?? fileURLToPath(new URL('../../../../shared/assets', import.meta.url));
const file = `${assets}/stories260k/stories260K.gguf`;
const present = existsSync(file);
if (!present) console.warn('stories260K.gguf is absent (MIRUST_ASSETS): its test is skipped');

it.skipIf(!present)('the published stories260K.gguf has an untied output and its cache', async () => {
  const { metadata, tensors } = await readGguf(memorySource(new Uint8Array(readFileSync(file))));
  const outline = outlineOfMetadata(metadata, tensors);
  expect(parameterCounts(outline).total).toBe(292_800);
  expect(outline.cache).toEqual(Array(5).fill({ kvHeadCount: 4, keyDim: 8, valueDim: 8 }));
  expect(outline.tensors.every(({ role }) => role !== 'unknown')).toBe(true);
});

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isMirustError(error)) return error.code;
    throw error;
  }
  return 'no error';
}
