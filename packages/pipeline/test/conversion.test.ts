/** Conversions of random models by random recipes: sizes, bytes, values, statistics. */
import {
  canInterleave,
  createEncoding,
  encodedSize,
  formatEncoding,
  interleavedEncoding,
  memorySource,
  rowLength,
  rowMajorEncoding,
  type TensorEncoding,
} from '@mirust/core';
import { parseStatistic, readSlm2 } from '@mirust/slm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
// @boundaries-ignore random models live beside the tests of the model package
import { smallModels } from '../../model/test/models.ts';
import type { RowLayout, Tile } from '../src/index.ts';
import {
  checkpointOf,
  decoded,
  openBytes,
  type PackOptions,
  pack,
  planOf,
  sameBytes,
  sameTensor,
  slm1Models,
  tensorOf,
} from './_support.ts';

/** Storage types of a source, and of a recipe. */
const sourceTypes = fc.constantFrom('f32', 'f16', 'bf16', 'q8', 'q8 x8', 'q4');
const types = fc.constantFrom('keep', 'f32', 'f16', 'bf16', 'q8', 'q4', 'q4/2', 'q4/6');
const patterns = fc.constantFrom(
  '*',
  '*.w?.weight',
  'layers.0.*',
  '*norm*',
  'tok_embeddings.weight',
  'layers.*.wo.weight',
);

/** A recipe as its options. */
const recipes = fc.record({
  default: types,
  rules: fc.array(fc.record({ pattern: patterns, type: types }), { maxLength: 3 }),
  q4BlockSize: fc.constantFrom(2, 4, 8, 32),
  scaleType: fc.constantFrom('f32' as const, 'f16' as const),
});

const layouts = fc.constantFrom<RowLayout>('rows', 'interleaved');

function sourceEncoding(type: string, shape: readonly number[]): TensorEncoding {
  const row = rowLength(shape);
  if (type === 'q8 x8') return interleavedEncoding(createEncoding('q8', shape), shape);
  if (type !== 'q4') return createEncoding(type as 'f32', shape);
  return row % 2 === 0 ? createEncoding('q4', shape, { blockSize: 2 }) : createEncoding('q8', shape);
}

/** Errors of two lists of values, summed up in the plainest way. */
function naiveStatistics(original: Float32Array, stored: Float32Array): number[] {
  let [max, errors, squares, storedSquares, products] = [0, 0, 0, 0, 0];
  for (let i = 0; i < original.length; i++) {
    const [x = 0, y = 0] = [original[i], stored[i]];
    max = Math.max(max, Math.abs(x - y));
    errors += (x - y) ** 2;
    squares += x * x;
    storedSquares += y * y;
    products += x * y;
  }
  return [
    max,
    Math.sqrt(errors / original.length),
    errors === 0 ? 0 : Math.sqrt(errors / squares),
    Math.min(1, products / Math.sqrt(squares * storedSquares)),
  ];
}

/** Whether stored values are those of the source as far as the type allows, judged without the codecs. */
function withinType(encoding: TensorEncoding, columns: number, original: Float32Array, stored: Float32Array): boolean {
  const { dtype, blockSize, scaleType } = encoding;
  const slack = scaleType === 'f16' ? 1.01 : 1 + 1e-5;
  if (dtype === 'f32') return original.every((value, i) => Object.is(value, stored[i]));
  if (dtype === 'f16')
    return original.every((value, i) => Math.abs(value - (stored[i] ?? 0)) <= Math.abs(value) * 2 ** -11 + 2 ** -25);
  if (dtype === 'bf16')
    return original.every((value, i) => Math.abs(value - (stored[i] ?? 0)) <= Math.abs(value) * 2 ** -8);
  const block = dtype === 'q8' ? columns : blockSize;
  for (let start = 0; start < original.length; start += block) {
    const x = original.subarray(start, start + block);
    const y = stored.subarray(start, start + block);
    const largest = x.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (dtype === 'q8') {
      // Half a step of the row's 127 on either side, and what an f16 scale adds.
      const most = (largest / 127) * (scaleType === 'f16' ? 0.7 : 0.5) * slack;
      if (x.some((value, i) => Math.abs(value - (y[i] ?? 0)) > most)) return false;
      continue;
    }
    // The scale is searched for, in f32, so the block is no worse than with the obvious one.
    const scale = Math.fround(largest / 7) || 1;
    const error = (values: (index: number) => number): number =>
      x.reduce((sum, value, i) => sum + (value - values(i)) ** 2, 0);
    const obvious = error((i) => Math.max(-8, Math.min(7, Math.round((x[i] ?? 0) / scale))) * scale);
    if (error((i) => y[i] ?? 0) > obvious * (scaleType === 'f16' ? 1.1 : slack) + largest ** 2 * 1e-5) return false;
  }
  return true;
}

const reversed = (tiles: readonly Tile[]): Tile[] => [...tiles].reverse();

/** A fixed shuffle of tiles cut to the smallest there are: rows, or panels of 8 where rows are interleaved. */
function shuffled(tiles: readonly Tile[], size: number): Tile[] {
  const smallest = tiles.flatMap(({ tensor, firstRow, rowCount }) =>
    Array.from({ length: Math.ceil(rowCount / size) }, (_, i) => {
      return { tensor, firstRow: firstRow + i * size, rowCount: Math.min(size, rowCount - i * size) };
    }),
  );
  return smallest
    .map((tile, index) => ({ tile, key: Math.imul(index + 1, 0x9e3779b1) >>> 0 }))
    .sort((a, b) => a.key - b.key)
    .map(({ tile }) => tile);
}

describe('SLM2', () => {
  it('for any model and recipe: exact size, same bytes in any order, values within the type, true statistics', async () => {
    let converted = 0;
    let copied = 0;
    await fc.assert(
      fc.asyncProperty(smallModels, sourceTypes, recipes, layouts, async (h, sourceType, options, layout) => {
        const source = checkpointOf(
          { ...h, vocabSize: 20 },
          { encoding: (_, shape) => sourceEncoding(sourceType, shape) },
        );
        const names = [...source.tensors.keys()];
        const rules = options.rules.filter(({ pattern }) => pattern !== 'layers.*.wo.weight' || names.length > 3);
        const packing: PackOptions = { recipe: { ...options, rules }, layout };
        const { byteLength } = await planOf(source, packing);
        const { bytes, report, plan } = await pack(source, packing);
        expect([bytes.length, report.byteLength, plan.byteLength]).toEqual([byteLength, byteLength, byteLength]);
        const size = layout === 'interleaved' || sourceType === 'q8 x8' ? 8 : 1;
        for (const orderTiles of [reversed, (tiles: readonly Tile[]) => shuffled(tiles, size)]) {
          const again = await pack(source, { ...packing, orderTiles });
          expect(sameBytes(again.bytes, bytes)).toBe(true);
          expect(again.report).toEqual(report);
        }
        const artifact = await openBytes(bytes);
        expect(artifact.rootDigest).toBe(report.digest.rootDigest);
        await artifact.verify();
        const file = await readSlm2(memorySource(bytes));
        for (const { name, encoding, error, storedBytes } of report.tensors) {
          const [from, to] = [tensorOf(source, name), tensorOf(artifact, name)];
          expect(to.encoding).toEqual(encoding);
          expect(encoding.layout).toBe(
            layout === 'interleaved' && canInterleave(encoding, from.shape) ? 'interleaved' : undefined,
          );
          const size = encodedSize(encoding, from.shape);
          expect(storedBytes).toBe(size.payloadBytes + size.scaleBytes);
          const record = file.tensorsByName.get(name)?.record;
          if (formatEncoding(rowMajorEncoding(from.encoding)) === formatEncoding(rowMajorEncoding(encoding))) {
            copied++;
            expect([error, record?.statistics]).toEqual([undefined, undefined]);
            expect(await sameTensor(to, from)).toBe(true);
            continue;
          }
          converted++;
          const [original, stored] = [await decoded(from), await decoded(to)];
          expect(withinType(encoding, rowLength(from.shape), original, stored)).toBe(true);
          const { maxAbsoluteError, rmsError, relativeRmsError, cosine } = record?.statistics ?? expect.fail(name);
          const recorded = [maxAbsoluteError, rmsError, relativeRmsError, cosine].map(parseStatistic);
          const measured = [error?.maxAbsoluteError, error?.rmsError, error?.relativeRmsError, error?.cosine];
          naiveStatistics(original, stored).forEach((value, index) => {
            expect(Math.abs((measured[index] ?? Number.NaN) - value)).toBeLessThanOrEqual(Math.abs(value) * 1e-9);
            expect(Math.abs((recorded[index] ?? Number.NaN) - value)).toBeLessThanOrEqual(Math.abs(value) * 1e-8);
          });
        }
      }),
      { numRuns: 40 },
    );
    expect(converted).toBeGreaterThan(100);
    expect(copied).toBeGreaterThan(100);
  });
});

describe('SLM1', () => {
  it('for any model that it holds and any recipe: exact size, same bytes in any order, values within the type', async () => {
    const slm1Types = fc.constantFrom('f32', 'q8', 'q4', 'q4/2', 'q4/4');
    const slm1Recipes = fc.record({
      default: slm1Types,
      rules: fc.array(fc.record({ pattern: fc.constantFrom('*', '*norm*', 'layers.0.*'), type: slm1Types }), {
        maxLength: 2,
      }),
    });
    await fc.assert(
      fc.asyncProperty(
        slm1Models,
        fc.constantFrom('f32', 'f16', 'bf16'),
        slm1Recipes,
        async (h, sourceType, recipe) => {
          const source = checkpointOf(h, { encoding: (_, shape) => sourceEncoding(sourceType, shape) });
          const packing: PackOptions = { recipe, format: 'slm1' };
          const { byteLength } = await planOf(source, packing);
          const { bytes, report } = await pack(source, packing);
          expect([bytes.length, report.byteLength]).toEqual([byteLength, byteLength]);
          for (const orderTiles of [reversed, (tiles: readonly Tile[]) => shuffled(tiles, 1)]) {
            expect(sameBytes((await pack(source, { ...packing, orderTiles })).bytes, bytes)).toBe(true);
          }
          const artifact = await openBytes(bytes);
          await artifact.verify();
          expect(artifact.model.hyperparameters).toEqual({ ...h, rmsNormEpsilon: Math.fround(h.rmsNormEpsilon) });
          for (const { name, encoding } of report.tensors) {
            const [original, stored] = [await decoded(tensorOf(source, name)), await decoded(tensorOf(artifact, name))];
            expect(withinType(encoding, rowLength(tensorOf(source, name).shape), original, stored)).toBe(true);
          }
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('the same source twice', () => {
  it.each(['f32', 'f16', 'bf16', 'q8', 'q4', 'keep'])('as %s gives identical bytes', async (type) => {
    const make = () => checkpointOf({ ...slm1Model() }, { encoding: (_, shape) => createEncoding('bf16', shape) });
    const formats = ['f16', 'bf16', 'keep'].includes(type) ? (['slm2'] as const) : (['slm1', 'slm2'] as const);
    for (const format of formats) {
      const options = { recipe: { default: type }, format };
      const [first, second] = [await pack(make(), options), await pack(make(), options)];
      expect(sameBytes(first.bytes, second.bytes)).toBe(true);
      expect(first.report.digest).toEqual(second.report.digest);
    }
  });
});

function slm1Model() {
  return fc.sample(slm1Models, { seed: 7, numRuns: 1 })[0] ?? expect.fail();
}
