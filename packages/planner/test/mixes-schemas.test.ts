/**
 * Mixes against published snapshots of llama-quantize: the type of every tensor of three models, for every file type.
 *
 * The snapshots are of a fork of llama.cpp at d32676d7, which chooses as v0.5.0 of llama.cpp itself does. They are dry
 * runs without an importance matrix, those of the file types included that a real run refuses without one. With that
 * said to the planner there are no differences; what it plans by itself for those file types differs in IQ3_XXS alone,
 * and the last test holds it there.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { elementCount, encodedSize } from '@mirust/core';
import { describe, expect, it } from 'vitest';
import { fileTypeInfo, findFileType, type ModelOutline, mixEncodings } from '../src/index.ts';
import { gemma3, llama3, llamaOutline, qwen3 } from './mix-outlines.ts';

const assets = process.env.MIRUST_ASSETS ?? fileURLToPath(new URL('../../../../shared/assets', import.meta.url));
const folder = `${assets}/quant-plans`;
const present = existsSync(folder);
if (!present) console.warn('the published quantization plans are absent (MIRUST_ASSETS): their tests are skipped');

/** Head dims and norms are those of the published configurations; Qwen3-0.6B is published with its tied head stored. */
const OUTLINES: ReadonlyMap<string, ModelOutline> = new Map([
  [
    'n_embd=2560, n_ff=10240, n_vocab=262144, n_layer=34, n_head=8, n_head_kv=4',
    gemma3({
      vocabSize: 262_144,
      hiddenSize: 2560,
      layerCount: 34,
      headCount: 8,
      kvHeadCount: 4,
      headDim: 256,
      ffnSize: 10_240,
    }),
  ],
  [
    'n_embd=8192, n_ff=28672, n_vocab=128256, n_layer=80, n_head=64, n_head_kv=8',
    llamaOutline(llama3(8192, 80, 64, 28_672)),
  ],
  [
    'n_embd=1024, n_ff=3072, n_vocab=151936, n_layer=28, n_head=16, n_head_kv=8',
    qwen3({
      vocabSize: 151_936,
      hiddenSize: 1024,
      layerCount: 28,
      headCount: 16,
      kvHeadCount: 8,
      headDim: 128,
      ffnSize: 3072,
      tiedOutput: false,
    }),
  ],
]);

/** Bits per value, from the sizes of llama.cpp's blocks. */
const BITS: ReadonlyMap<string, number> = new Map([
  ...([
    ['f32', 32],
    ['f16', 16],
    ['bf16', 16],
    ['q4_0', 4.5],
    ['q4_1', 5],
    ['q5_0', 5.5],
    ['q5_1', 6],
    ['q8_0', 8.5],
    ['q2_k', 2.625],
    ['q3_k', 3.4375],
    ['q4_k', 4.5],
    ['q5_k', 5.5],
    ['q6_k', 6.5625],
    ['iq1_s', 1.5625],
    ['iq1_m', 1.75],
    ['iq2_xxs', 2.0625],
    ['iq2_xs', 2.3125],
    ['iq2_s', 2.5625],
    ['iq3_xxs', 3.0625],
    ['iq3_s', 3.4375],
    ['iq4_nl', 4.5],
    ['iq4_xs', 4.25],
    ['tq1_0', 1.6875],
    ['tq2_0', 2.0625],
    ['mxfp4', 4.25],
  ] as const),
]);

interface Section {
  readonly name: string;
  readonly base: string;
  readonly overrides: ReadonlyMap<string, string>;
}

function parseSchema(text: string): { readonly header: string; readonly sections: readonly Section[] } {
  const header = /^# (n_embd=.*)$/m.exec(text)?.[1] ?? expect.fail('no header');
  const sections = [...text.matchAll(/^\[(\w+)\] (\w+)\n((?:\S+ \S+\n)*)/gm)].map(
    ([, name = '', base = '', lines = '']): Section => {
      const pairs = lines
        .split('\n')
        .filter(Boolean)
        .map((line) => line.split(' ') as [string, string]);
      return { name, base, overrides: new Map(pairs) };
    },
  );
  return { header, sections };
}

function expectedTypes({ tensors }: ModelOutline, { base, overrides }: Section): string[] {
  return tensors.map(({ name, shape }) => (shape.length === 1 ? 'f32' : (overrides.get(name) ?? base)));
}

const files = present ? readdirSync(folder).filter((name) => name.endsWith('.schema')) : [];

describe.skipIf(!present)('published plans', () => {
  const totals: string[] = [];
  let compared = 0;

  it.each(files)('%s: every tensor and the bytes of every file type', (file) => {
    const { header, sections } = parseSchema(readFileSync(`${folder}/${file}`, 'utf8'));
    const outline = OUTLINES.get(header) ?? expect.fail(`no outline for ${header}`);
    expect(sections).toHaveLength(33);
    for (const section of sections) {
      const encodings = mixEncodings(outline, section.name, { importanceMatrix: false });
      const types = outline.tensors.map(({ name }) => encodings.get(name)?.dtype.toLowerCase());
      const expected = expectedTypes(outline, section).map((name) => name.toLowerCase());
      expect({ [section.name]: types }).toEqual({ [section.name]: expected });
      compared += types.length;
      for (const name of section.overrides.keys()) expect(encodings.has(name)).toBe(true);

      const bits = outline.tensors.map(
        ({ shape }, index) => elementCount(shape) * (BITS.get(expected[index] ?? '') ?? expect.fail(expected[index])),
      );
      const bytes = outline.tensors.map(({ name, shape }) => {
        const encoding = encodings.get(name) ?? expect.fail(name);
        return encodedSize(encoding, shape).payloadBytes;
      });
      const total = bytes.reduce((sum, size) => sum + size, 0);
      expect(total * 8).toBe(bits.reduce((sum, size) => sum + size, 0));
      totals.push(`${file} ${section.name}: ${total.toLocaleString('en-US')} B`);
    }
  });

  it('were compared in every tensor', () => {
    console.info(`${totals.join('\n')}\n${compared} tensors held against the published plans`);
    expect(compared).toBe(33 * [...OUTLINES.values()].reduce((sum, { tensors }) => sum + tensors.length, 0));
  });

  it.each(files)(
    '%s: by itself the planner differs in IQ3_XXS alone, whose files want an importance matrix',
    (file) => {
      const { header, sections } = parseSchema(readFileSync(`${folder}/${file}`, 'utf8'));
      const outline = OUTLINES.get(header) ?? expect.fail(`no outline for ${header}`);
      const differing = sections.flatMap((section) => {
        const encodings = mixEncodings(outline, section.name);
        const expected = expectedTypes(outline, section);
        return outline.tensors.flatMap(({ name }, index) =>
          encodings.get(name)?.dtype.toLowerCase() === expected[index]?.toLowerCase()
            ? []
            : [`${section.name} ${name.replace(/\d+/, '*')} ${encodings.get(name)?.dtype}`],
        );
      });
      const grouped = file.includes('llama');
      const values = grouped ? [] : ['IQ3_XXS blk.*.attn_v.weight IQ3_XXS'];
      expect([...new Set(differing)].sort()).toEqual([...values, 'IQ3_XXS blk.*.ffn_down.weight IQ3_XXS']);
      expect(fileTypeInfo(findFileType('IQ3_XXS') ?? expect.fail()).importanceMatrix).toBe('required');
    },
  );
});
