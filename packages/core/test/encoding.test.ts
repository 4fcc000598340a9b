import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canInterleave,
  checkShape,
  createEncoding,
  DTYPE_NAMES,
  type DTypeName,
  dtypeFromGgmlId,
  dtypeFromSafetensors,
  dtypeInfo,
  elementCount,
  encodedSize,
  formatEncoding,
  interleavedEncoding,
  isDTypeName,
  panelGeometry,
  REMOVED_GGML_IDS,
  rowCount,
  rowLength,
  rowMajorEncoding,
  rowOffsets,
  type ScaleType,
  type TensorEncoding,
} from '../src/index.ts';

/** Values per block / bytes, written down again from ggml's structs and not taken from the table under test. */
const BLOCKS =
  'F32 1/4 · F16 1/2 · BF16 1/2 · Q4_0 32/18 · Q4_1 32/20 · Q5_0 32/22 · Q5_1 32/24 · Q8_0 32/34 · Q8_1 32/36 · ' +
  'Q2_K 256/84 · Q3_K 256/110 · Q4_K 256/144 · Q5_K 256/176 · Q6_K 256/210 · Q8_K 256/292 · IQ1_S 256/50 · ' +
  'IQ1_M 256/56 · IQ2_XXS 256/66 · IQ2_XS 256/74 · IQ2_S 256/82 · IQ3_XXS 256/98 · IQ3_S 256/110 · IQ4_NL 32/18 · ' +
  'IQ4_XS 256/136';

describe('block sizes', () => {
  it.each(BLOCKS.split(' · '))('%s', (entry) => {
    const match = /^(\S+) (\d+)\/(\d+)$/.exec(entry);
    const stored = match?.[1] ?? '';
    const name = isDTypeName(stored) ? stored : (stored.toLowerCase() as DTypeName);
    const [elements, bytes] = [Number(match?.[2]), Number(match?.[3])];
    expect(dtypeInfo(name)).toMatchObject({ blockElements: elements, blockBytes: bytes });
    const size = encodedSize(createEncoding(name, [3, elements * 5]), [3, elements * 5]);
    expect(size).toEqual({ payloadBytes: 15 * bytes, scaleCount: 0, scaleBytes: 0 });
  });
});

describe('our scaled types', () => {
  it('q8: a byte per value, a scale per row', () => {
    expect(encodedSize(createEncoding('q8', [6, 172]), [6, 172])).toEqual({
      payloadBytes: 6 * 172,
      scaleCount: 6,
      scaleBytes: 24,
    });
    expect(encodedSize(createEncoding('q8', [64], { scaleType: 'f16' }), [64]).scaleBytes).toBe(2);
  });

  it('q4: half a byte per value, a scale per block', () => {
    expect(encodedSize(createEncoding('q4', [8, 64]), [8, 64])).toEqual({
      payloadBytes: 256,
      scaleCount: 16,
      scaleBytes: 64,
    });
    const wide = createEncoding('q4', [8, 64], { blockSize: 64, scaleType: 'f16' });
    expect(encodedSize(wide, [8, 64])).toEqual({ payloadBytes: 256, scaleCount: 8, scaleBytes: 16 });
    expect(formatEncoding(wide)).toBe('q4/64 f16');
  });

  it('rows of 172 do not divide into blocks of 32', () => {
    expect(() => encodedSize(createEncoding('q4', [64, 172]), [64, 172], { tensor: 'w2' })).toThrow(
      expect.objectContaining({ code: 'BLOCK_MISMATCH', context: expect.objectContaining({ tensor: 'w2' }) }),
    );
    expect(() => encodedSize(createEncoding('Q4_0', [1, 33]), [1, 33])).toThrow(
      expect.objectContaining({ code: 'BLOCK_MISMATCH' }),
    );
  });

  it.each([0, 1, 3, -2, 2.5, Number.NaN])('refuses a q4 block of %d', (blockSize) => {
    expect(() => createEncoding('q4', [4, 64], { blockSize })).toThrow(RangeError);
  });
});

describe('interleaved rows', () => {
  /** Type, columns, bytes of a panel: counted by hand from the picture in panel.ts. */
  it.each<[DTypeName, ScaleType, number, number]>([
    ['q8', 'f32', 64, 8 * 4 + 8 * 64],
    ['q8', 'f16', 64, 8 * 2 + 8 * 64],
    ['q8', 'f32', 33, 8 * 4 + 8 * 64],
    ['q8', 'f16', 1, 8 * 2 + 8 * 32],
    ['q4', 'f32', 96, 3 * 160],
    ['q4', 'f16', 96, 3 * 144],
    ['Q8_0', 'f32', 96, 3 * 272],
    ['Q4_0', 'f32', 96, 3 * 144],
  ])('%s with %s scales and %d columns has panels of %d bytes', (dtype, scaleType, columns, panelBytes) => {
    const rowMajor = createEncoding(dtype, [1, columns], { scaleType });
    const encoding = interleavedEncoding(rowMajor, [1, columns]);
    expect(encoding).toEqual({ ...rowMajor, layout: 'interleaved' });
    expect(rowMajorEncoding(encoding)).toEqual(rowMajor);
    for (const [rows, panels] of [
      [1, 1],
      [8, 1],
      [9, 2],
      [24, 3],
    ] as const) {
      const size = { payloadBytes: panels * panelBytes, scaleCount: 0, scaleBytes: 0 };
      expect(encodedSize(encoding, [rows, columns])).toEqual(size);
    }
    const geometry = panelGeometry(encoding, columns);
    expect(geometry.groupCount * geometry.groupBytes).toBe(panelBytes);
    expect(geometry.groupCount * geometry.groupColumns).toBe(geometry.columns);
  });

  it('is for matrices of four types alone, and q4 in blocks of 32', () => {
    for (const dtype of DTYPE_NAMES) {
      const encoding = createEncoding(dtype, [8, 256]);
      const possible = ['q8', 'q4', 'Q8_0', 'Q4_0'].includes(dtype);
      expect(canInterleave(encoding, [8, 256]), dtype).toBe(possible);
      if (!possible) expect(() => panelGeometry(encoding, 256)).toThrow(RangeError);
      for (const shape of [[256], [2, 4, 256]]) expect(interleavedEncoding(encoding, shape)).toBe(encoding);
    }
    const wide = createEncoding('q4', [8, 64], { blockSize: 64 });
    expect(interleavedEncoding(wide, [8, 64])).toBe(wide);
  });

  it('refuses to size what cannot be interleaved, rows that do not divide, and sizes beyond 2^53', () => {
    const interleaved = (dtype: DTypeName): TensorEncoding => ({
      ...createEncoding(dtype, [8, 64]),
      layout: 'interleaved',
    });
    expect(() => encodedSize(interleaved('f32'), [8, 64])).toThrow(RangeError);
    expect(() => encodedSize(interleaved('q8'), [64])).toThrow(RangeError);
    expect(() => encodedSize(interleaved('Q4_0'), [8, 33])).toThrow(
      expect.objectContaining({ code: 'BLOCK_MISMATCH' }),
    );
    for (const shape of [
      [2 ** 40, 2 ** 20],
      [8, 2 ** 52],
    ]) {
      expect(() => encodedSize(interleaved('Q4_0'), shape)).toThrow(expect.objectContaining({ code: 'OVERFLOW' }));
    }
  });

  it('knows where panels start, and that no row within one does', () => {
    const shape = [19, 5];
    const tensor = { encoding: interleavedEncoding(createEncoding('q8', shape), shape), shape };
    for (const [row, panels] of [
      [0, 0],
      [8, 1],
      [16, 2],
      [19, 3],
    ] as const) {
      expect(rowOffsets(tensor, row)).toEqual({ payloadOffset: panels * 288, scaleOffset: 0 });
    }
    for (const row of [1, 7, 18, 20]) expect(() => rowOffsets(tensor, row)).toThrow(RangeError);
  });

  it('is named in a word', () => {
    const q4 = createEncoding('q4', [8, 64], { scaleType: 'f16' });
    expect(formatEncoding(interleavedEncoding(q4, [8, 64]))).toBe('q4/32 f16 x8');
    expect(formatEncoding(interleavedEncoding(createEncoding('Q8_0', [8, 64]), [8, 64]))).toBe('Q8_0 x8');
  });
});

it('knows where rows start', () => {
  const start = (encoding: TensorEncoding, shape: readonly number[], row: number): unknown =>
    rowOffsets({ encoding, shape }, row);
  const q4 = createEncoding('q4', [7, 64], { scaleType: 'f16' });
  expect(start(q4, [7, 64], 3)).toEqual({ payloadOffset: 96, scaleOffset: 12 });
  expect(start(createEncoding('q8', [7, 5]), [7, 5], 7)).toEqual({ payloadOffset: 35, scaleOffset: 28 });
  expect(start(createEncoding('Q6_K', [7, 512]), [7, 512], 2)).toEqual({ payloadOffset: 840, scaleOffset: 0 });
});

it('sizes add up over rows, for every type and any number of rows', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...DTYPE_NAMES),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 9 }),
      (name, blocks, rows) => {
        const row = (name === 'q4' ? 32 : dtypeInfo(name).blockElements) * blocks;
        const encoding = createEncoding(name, [rows, row]);
        const one = encodedSize(encoding, [row]);
        const all = encodedSize(encoding, [rows, row]);
        expect(all.payloadBytes).toBe(one.payloadBytes * rows);
        expect(all.scaleBytes).toBe(one.scaleBytes * rows);
        expect(encodedSize(encoding, [rows, 1, row])).toEqual(all);
      },
    ),
  );
});

it('a size beyond 2^53 is refused, not rounded', () => {
  const shape = [2 ** 30, 2 ** 22];
  expect(() => encodedSize(createEncoding('f32', shape), shape)).toThrow(expect.objectContaining({ code: 'OVERFLOW' }));
});

describe('ids and names', () => {
  it('every ggml id and safetensors name leads back to its type', () => {
    for (const name of DTYPE_NAMES) {
      const { ggmlId, safetensorsName } = dtypeInfo(name);
      if (ggmlId !== undefined) expect(dtypeFromGgmlId(ggmlId)).toBe(name);
      if (safetensorsName !== undefined) expect(dtypeFromSafetensors(safetensorsName)).toBe(name);
    }
  });

  it('removed and unknown ids mean nothing', () => {
    for (const id of [...REMOVED_GGML_IDS.keys(), 9999, -1]) expect(dtypeFromGgmlId(id)).toBeUndefined();
    expect(dtypeFromSafetensors('f32')).toBeUndefined();
    expect(isDTypeName('__proto__')).toBe(false);
    expect(isDTypeName('toString')).toBe(false);
  });
});

describe('shapes', () => {
  it.each([[[]], [[1, 2, 3, 4, 5]], [[0]], [[4, -1]], [[2.5]], [[Number.NaN, 1]]])('refuses %j', (shape) => {
    expect(() => checkShape(shape, 'tensor x')).toThrow(expect.objectContaining({ code: 'SHAPE_INVALID' }));
  });

  it('refuses a product that wraps', () => {
    expect(() => checkShape([2 ** 30, 2 ** 30], 'tensor x')).toThrow(expect.objectContaining({ code: 'OVERFLOW' }));
  });

  it('rows times row length is the element count', () => {
    const shapes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(shapes, (shape) => {
        checkShape(shape, 'tensor x');
        expect(rowCount(shape) * rowLength(shape)).toBe(elementCount(shape));
      }),
    );
  });
});
