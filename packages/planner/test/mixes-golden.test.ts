/** Mixes against llama.cpp itself: small models of many architectures, every file type, every tensor. */
import { readFileSync } from 'node:fs';
import { createEncoding } from '@mirust/core';
import { describe, expect, it } from 'vitest';
import {
  FILE_TYPE_NAMES,
  type FileTypeName,
  fileTypeInfo,
  type ModelOutline,
  mixEncodings,
  type OutlineTensor,
} from '../src/index.ts';

interface GoldenModel {
  readonly title: string;
  readonly architecture: string;
  readonly metadata: Readonly<Record<string, number>>;
  readonly tensors: readonly string[];
  readonly types: readonly string[];
  readonly codes: Readonly<Record<string, string>>;
  readonly codesWithMatrix: Readonly<Record<string, string>>;
  readonly refused: Readonly<Record<string, string>>;
}

interface Golden {
  readonly fileTypes: Readonly<Record<string, string>>;
  readonly requiresMatrix: readonly number[];
  readonly seventyBillion: readonly string[];
  readonly models: readonly GoldenModel[];
}

const golden = JSON.parse(
  readFileSync(new URL('../../../fixtures/oracles/quant-mixes.json', import.meta.url), 'utf8'),
) as Golden;

/** `blk.{0..2}.attn_q.weight 64x256`: three tensors. */
function expand(line: string): OutlineTensor[] {
  const [pattern = '', dimensions = ''] = line.split(' ');
  const shape = dimensions.split('x').map(Number);
  const range = /\{(\d+)\.\.(\d+)\}/.exec(pattern);
  if (range === null) return [{ name: pattern, shape, role: 'unknown' }];
  const [first, last] = [Number(range[1]), Number(range[2])];
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const layer = first + index;
    return { name: pattern.replace(range[0], String(layer)), shape, role: 'unknown' as const, layer };
  });
}

function outlineOf({ architecture, metadata, tensors }: GoldenModel): ModelOutline {
  const kvHeadCount = metadata['attention.head_count_kv'] ?? expect.fail();
  const headCount = metadata['attention.head_count'] ?? expect.fail();
  const experts = { count: metadata.expert_count ?? 0, used: 2 };
  return {
    architecture,
    tensors: tensors.flatMap(expand).map((tensor) => (experts.count === 0 ? tensor : { ...tensor, experts })),
    cache: Array.from({ length: metadata.block_count ?? 0 }, () => ({ kvHeadCount, keyDim: 64, valueDim: 64 })),
    attention: { headCount, headDim: 64 },
  };
}

/** The sources of the golden file are in f32. */
const inF32 = ({ tensors }: ModelOutline) =>
  new Map(tensors.map(({ name, shape }) => [name, createEncoding('f32', shape)]));

describe('file types', () => {
  it('have the ids, the base types and the need of a matrix that llama.cpp gives them', () => {
    const ours = FILE_TYPE_NAMES.map((name) => [String(fileTypeInfo(name).id), fileTypeInfo(name).dtype.toLowerCase()]);
    const theirs = Object.entries(golden.fileTypes).map(([id, dtype]) => [id, dtype.toLowerCase()]);
    expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(theirs));
    const requiring = FILE_TYPE_NAMES.filter((name) => fileTypeInfo(name).importanceMatrix === 'required');
    const ids = requiring.map((name) => fileTypeInfo(name).id);
    expect(ids.sort((a, b) => a - b)).toEqual(golden.requiresMatrix);
  });
});

describe('mixes of small models', () => {
  let compared = 0;

  it.each(golden.models)('$title', (model) => {
    const outline = outlineOf(model);
    const storedEncodings = inF32(outline);
    const check = (name: FileTypeName, codes: string, importanceMatrix: boolean): void => {
      const encodings = mixEncodings(outline, name, { storedEncodings, importanceMatrix });
      const expected = [...codes].map((code) => model.types[code.charCodeAt(0) - 'a'.charCodeAt(0)]);
      const differing = outline.tensors.flatMap(({ name: tensor }, index) => {
        const ours = encodings.get(tensor)?.dtype.toLowerCase();
        const theirs = expected[index]?.toLowerCase();
        return ours === theirs ? [] : [`${name} ${tensor}: ${ours}, llama.cpp has ${theirs}`];
      });
      expect(differing).toEqual([]);
      compared += outline.tensors.length;
    };
    for (const name of FILE_TYPE_NAMES) {
      const { id } = fileTypeInfo(name);
      if (model.refused[id] !== undefined) {
        expect(name).toBe('Q1_0');
        continue;
      }
      const codes = model.codes[id] ?? expect.fail(`no types for ${name}`);
      check(name, codes, false);
      check(name, model.codesWithMatrix[id] ?? codes, true);
    }
  });

  it('were compared in every tensor', () => {
    console.info(`types of tensors held against llama.cpp's: ${compared}`);
    expect(compared).toBeGreaterThan(100_000);
  });
});

describe('the 70B class', () => {
  const found = new Set(golden.seventyBillion);
  const architectures = [...found].map((entry) => entry.split(' ')[0] ?? '').concat('qwen3', 'gemma3', 'llama4');

  it.each(architectures)('of %s', (architecture) => {
    for (let layerCount = 1; layerCount < 130; layerCount++) {
      const outline: ModelOutline = {
        architecture,
        tensors: [
          { name: 'blk.0.attn_v.weight', shape: [64, 256], role: 'matrix', layer: 0 },
          { name: `blk.${layerCount - 1}.attn_norm.weight`, shape: [256], role: 'norm', layer: layerCount - 1 },
        ],
        cache: Array.from({ length: layerCount }, () => ({ kvHeadCount: 2, keyDim: 64, valueDim: 64 })),
        attention: { headCount: 16, headDim: 64 },
      };
      const { dtype } = mixEncodings(outline, 'Q3_K_S').get('blk.0.attn_v.weight') ?? expect.fail();
      expect(dtype).toBe(found.has(`${architecture} ${layerCount}`) ? 'Q5_K' : 'Q3_K');
    }
  });
});
