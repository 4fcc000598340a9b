/** Layouts of an artifact: no value depends on them, and the way from one to the other is a move of bytes. */
import type { Checkpoint } from '@mirust/checkpoint';
import type { ScaleType } from '@mirust/core';
import { canInterleave, createEncoding, type TensorEncoding } from '@mirust/core';
import type { Hyperparameters } from '@mirust/model';
import { describe, expect, it } from 'vitest';
import {
  bytesOf,
  checkpointOf,
  decoded,
  openBytes,
  type PackOptions,
  pack,
  planOf,
  SMALL,
  sameBytes,
  sameTensor,
  tensorOf,
} from './_support.ts';

/** Rows of 32 and of 64, and matrices of 260, 32, 16 and 64 rows: q4 has its blocks, and a panel is cut. */
const MODEL: Hyperparameters = { ...SMALL, hiddenSize: 32, headDim: 8, ffnSize: 64 };

const SOURCE = checkpointOf(MODEL);

/** Packs, opens and verifies. */
async function packed(
  source: Checkpoint,
  options: PackOptions,
): Promise<{ artifact: Checkpoint; bytes: Uint8Array; copied: boolean }> {
  const { bytes, report } = await pack(source, options);
  const artifact = await openBytes(bytes);
  await artifact.verify();
  return { artifact, bytes, copied: report.tensors.every(({ error }) => error === undefined) };
}

function interleavedNames({ tensors }: Checkpoint): string[] {
  return [...tensors.values()].filter(({ encoding }) => encoding.layout === 'interleaved').map(({ name }) => name);
}

const TYPES: readonly (readonly [string, ScaleType])[] = [
  ['q8', 'f32'],
  ['q8', 'f16'],
  ['q4', 'f32'],
  ['q4', 'f16'],
];

describe.each(TYPES)('%s with %s scales', (type, scaleType) => {
  const recipe = { default: type, scaleType };

  it('is interleaved by default, every matrix of it', async () => {
    const { artifact } = await packed(SOURCE, { recipe });
    const matrices = [...SOURCE.tensors.values()].filter(({ shape }) => shape.length === 2).map(({ name }) => name);
    expect(interleavedNames(artifact)).toEqual(matrices.sort());
    expect(interleavedNames((await packed(SOURCE, { recipe, layout: 'rows' })).artifact)).toEqual([]);
  });

  it('has the same values in both layouts', async () => {
    const { artifact: interleaved } = await packed(SOURCE, { recipe });
    const { artifact: rows } = await packed(SOURCE, { recipe, layout: 'rows' });
    for (const name of SOURCE.tensors.keys()) {
      const [a, b] = [tensorOf(interleaved, name), tensorOf(rows, name)];
      expect(sameBytes(await decoded(a), await decoded(b))).toBe(true);
    }
  });

  it('goes from one layout to the other and back without a value being touched', async () => {
    const first = await packed(SOURCE, { recipe });
    const rows = await packed(first.artifact, { layout: 'rows' });
    const back = await packed(rows.artifact, { layout: 'interleaved' });
    const again = await packed(first.artifact, {});
    expect([rows.copied, back.copied, again.copied]).toEqual([true, true, true]);
    for (const name of SOURCE.tensors.keys()) {
      expect(await sameTensor(tensorOf(rows.artifact, name), tensorOf(first.artifact, name))).toBe(true);
      const { payload } = await bytesOf(tensorOf(first.artifact, name));
      for (const { artifact } of [back, again]) {
        expect(tensorOf(artifact, name).encoding).toEqual(tensorOf(first.artifact, name).encoding);
        expect(sameBytes((await bytesOf(tensorOf(artifact, name))).payload, payload)).toBe(true);
      }
    }
  });

  it('goes into SLM1 as it is, where SLM1 has the type', async () => {
    const { artifact } = await packed(SOURCE, { recipe });
    const options = { recipe: { default: 'keep' }, format: 'slm1' } as const;
    if (scaleType === 'f16') {
      await expect(planOf(artifact, options)).rejects.toMatchObject({ code: 'PACK_SLM1_CANNOT_HOLD' });
      return;
    }
    const slm1 = await packed(artifact, options);
    expect(slm1.copied).toBe(true);
    expect(interleavedNames(slm1.artifact)).toEqual([]);
    // Byte for byte what packing the original gives.
    const direct = await packed(SOURCE, { recipe, format: 'slm1' });
    expect(sameBytes(slm1.bytes, direct.bytes)).toBe(true);
    // And from there into SLM2 again.
    const back = await packed(slm1.artifact, {});
    expect(back.copied).toBe(true);
    for (const [name, tensor] of artifact.tensors) {
      expect(tensorOf(back.artifact, name).encoding).toEqual(tensor.encoding);
      expect(await sameTensor(tensorOf(back.artifact, name), tensor)).toBe(true);
    }
  });
});

it('converts from interleaved rows as from any others', async () => {
  const encoding = (layout: TensorEncoding['layout']) => (_: string, shape: readonly number[]) => {
    const q8 = createEncoding('q8', shape);
    return layout === 'interleaved' && canInterleave(q8, shape) ? { ...q8, layout } : q8;
  };
  const interleaved = checkpointOf(MODEL, { encoding: encoding('interleaved') });
  const rows = checkpointOf(MODEL, { encoding: encoding(undefined) });
  for (const type of ['f32', 'bf16', 'q4']) {
    const options = { recipe: { default: type } };
    expect(sameBytes((await pack(interleaved, options)).bytes, (await pack(rows, options)).bytes)).toBe(true);
  }
});

it('SLM1 has no interleaved rows, and says so', async () => {
  const options = { recipe: { default: 'q8' }, format: 'slm1' } as const;
  await expect(planOf(SOURCE, { ...options, layout: 'interleaved' })).rejects.toThrow(RangeError);
  const [plain, rows] = [await pack(SOURCE, options), await pack(SOURCE, { ...options, layout: 'rows' })];
  expect(sameBytes(plain.bytes, rows.bytes)).toBe(true);
});
