/** SLM2: the golden file, layout, writing and reading. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import {
  createEncoding,
  DTYPE_NAMES,
  type DTypeName,
  encodingBlockElements,
  interleavedEncoding,
  memorySink,
  memorySource,
  type ScaleType,
  type Shape,
} from '@mirust/core';
import { CHUNK_BYTES, toHex } from '@mirust/integrity';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createSlm2Writer,
  formatStatistic,
  identifySlm,
  layoutSlm2,
  PENDING_SHA256,
  PENDING_STATISTIC,
  parseStatistic,
  readSlm2,
  SLM2_ALIAS_IDS,
  SLM2_DTYPES,
  type Slm2Meta,
  slm2DType,
  slm2DTypeId,
  type TensorDescription,
  verifySlm2Data,
} from '../src/index.ts';
import {
  allTiles,
  buildSlm2,
  contentOf,
  countingSource,
  describeTensor,
  errorOf,
  halfScales,
  interleaved,
  layoutFor,
  metaFor,
  SMALL,
  STATISTICS,
  sectionsOf,
  TINY,
} from './_support.ts';

/** A file of an independent implementation, `fixtures/oracles/slm2_golden.py`. */
interface Golden {
  readonly rootDigest: string;
  readonly byteLength: number;
  readonly sha256: string;
  readonly tokenizer: string;
  readonly dataOffset: number;
  readonly start: string;
}

/** A matrix of the second file. */
interface GoldenMatrix {
  readonly name: string;
  readonly dtype: DTypeName;
  readonly scaleType: ScaleType;
  readonly shape: readonly [number, number];
  readonly interleaved: boolean;
  readonly payload: string;
  readonly scales: string;
  readonly panels: string;
}

function readOracle(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../fixtures/oracles/${name}`, import.meta.url), 'utf8'));
}

const golden = readOracle('slm2-golden.json') as Golden;
const goldenPanels = readOracle('slm2-interleaved-golden.json') as Golden & {
  readonly tensors: readonly GoldenMatrix[];
};

const sha256Hex = (...parts: readonly Uint8Array[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

describe('the golden file', () => {
  const tensors = [
    describeTensor('norm.weight', 'f32', [8]),
    describeTensor('a.f16', 'f16', [3, 5]),
    describeTensor('b.q8', 'q8', [5, 6]),
    describeTensor('c.q4', 'q4', [2, 8], { blockSize: 4, scaleType: 'f16' }),
    describeTensor('d.Q8_0', 'Q8_0', [2, 32]),
    describeTensor('big.f32', 'f32', [512, 513]),
  ];
  const lossy = (name: string): boolean => name === 'b.q8' || name === 'c.q4';
  const meta: Slm2Meta = {
    formatVersion: 1,
    name: 'golden €',
    architecture: 'llama',
    hyperparameters: {
      ...TINY,
      kvHeadCount: 1,
      rmsNormEpsilon: 0.001,
      tiedOutput: true,
      ropeScaling: { type: 'linear', factor: 2.5 },
    },
    recipe: { default: 'q8', rules: [{ pattern: 'c.*', type: 'q4/4' }], q4BlockSize: 4, scaleType: 'f16' },
    tensors: Object.fromEntries(
      tensors.map(({ name }) => [
        name,
        lossy(name) ? { requested: 'q8', statistics: STATISTICS } : { requested: 'keep' },
      ]),
    ),
    sources: [{ name: 'model.gguf', byteLength: 1234, sha256: sha256Hex(new TextEncoder().encode('source')) }],
    tool: { name: 'slm2_golden.py', version: '1' },
    chatTemplate: '{{ bos }}\n\t"quoted" €',
  };
  const tokenizerBytes = new TextEncoder().encode(golden.tokenizer);

  it('is byte for byte that of an independent writer', async () => {
    const layout = layoutSlm2({ meta, tokenizerBytes, tensors });
    expect(layout.byteLength).toBe(golden.byteLength);
    const sink = memorySink(layout.byteLength);
    const writer = createSlm2Writer(layout, sink);
    for (const [index, tensor] of layout.tensors.entries()) {
      const payload = new Uint8Array(tensor.byteLength).map((_, k) => 11 * k + 5 + index);
      const scales = halfScales(tensor.scaleByteLength, tensor.encoding);
      await writer.writeTensor(tensor.name, { payloadOffset: 0, payload, scales });
    }
    const { rootDigest } = await writer.finish(meta);
    await sink.commit();
    const bytes = sink.bytes();
    expect(toHex(bytes.subarray(0, golden.start.length / 2))).toBe(golden.start);
    expect(rootDigest).toBe(golden.rootDigest);
    expect(sha256Hex(bytes)).toBe(golden.sha256);

    const file = await readSlm2(memorySource(bytes));
    await verifySlm2Data(memorySource(bytes), file);
    expect(file.rootDigest).toBe(golden.rootDigest);
    expect(file.dataOffset).toBe(golden.dataOffset);
    expect(file.meta).toEqual(meta);
    expect(file.tokenizerBytes).toEqual(tokenizerBytes);
    expect(file.tree.leaves.byteLength).toBe(64);
    expect(file.tensors.map(({ name }) => name)).toEqual(tensors.map(({ name }) => name).sort());
    for (const tensor of tensors) expect(file.tensorsByName.get(tensor.name)).toMatchObject(tensor);
  });

  it('with interleaved rows is byte for byte that of an independent writer', async () => {
    const matrices = goldenPanels.tensors.map(({ name, dtype, scaleType, shape, interleaved: isInterleaved }) => {
      const rowMajor = describeTensor(name, dtype, shape, { scaleType });
      return isInterleaved ? interleaved(rowMajor) : rowMajor;
    });
    const records = Object.fromEntries(matrices.map(({ name }) => [name, { requested: 'keep' }]));
    const panelMeta = { ...meta, name: 'interleaved', tensors: records };
    const layout = layoutSlm2({ meta: panelMeta, tokenizerBytes, tensors: matrices });
    expect([layout.byteLength, layout.dataOffset]).toEqual([goldenPanels.byteLength, goldenPanels.dataOffset]);
    const sink = memorySink(layout.byteLength);
    const writer = createSlm2Writer(layout, sink);
    const stored = goldenPanels.tensors.map((tensor) => {
      const [payload, scales] = tensor.interleaved ? [tensor.panels, ''] : [tensor.payload, tensor.scales];
      return { name: tensor.name, payload: Buffer.from(payload, 'base64'), scales: Buffer.from(scales, 'base64') };
    });
    for (const { name, ...bytes } of stored) await writer.writeTensor(name, { payloadOffset: 0, ...bytes });
    const { rootDigest } = await writer.finish(panelMeta);
    await sink.commit();
    const bytes = sink.bytes();
    expect(toHex(bytes.subarray(0, goldenPanels.start.length / 2))).toBe(goldenPanels.start);
    expect([rootDigest, sha256Hex(bytes)]).toEqual([goldenPanels.rootDigest, goldenPanels.sha256]);

    const source = memorySource(bytes);
    const file = await readSlm2(source);
    await verifySlm2Data(source, file);
    for (const matrix of matrices) expect(file.tensorsByName.get(matrix.name)).toMatchObject(matrix);
    const isInterleaved = file.tensors.map(({ encoding }) => encoding.layout === 'interleaved');
    expect(isInterleaved).toEqual(goldenPanels.tensors.map((tensor) => tensor.interleaved));
    for (const { name, payload } of stored) {
      const { offset, byteLength } = file.tensorsByName.get(name) ?? expect.fail(name);
      expect(payload.equals(bytes.subarray(offset, offset + byteLength))).toBe(true);
    }
  });
});

describe('layoutSlm2', () => {
  it('has sections in order, DATA on a page, tensors sorted by name', () => {
    const layout = layoutFor(SMALL);
    expect(layout.sections.map(({ kind }) => kind)).toEqual(['META', 'TOKN', 'TENS', 'LEAF', 'DATA']);
    expect(layout.dataOffset % 4096).toBe(0);
    expect(layout.tensors.map(({ name }) => name)).toEqual(['a.weight', 'b.weight', 'norm.weight']);
    expect(layout.byteLength).toBe(layout.dataOffset + layout.dataByteLength);
  });

  it('gives offsets from the start of DATA that follow from names and sizes alone', () => {
    const offsets = (part: Partial<Slm2Meta>): number[] => {
      const { tensors, dataOffset } = layoutFor(SMALL, part);
      const scaled = tensors.filter(({ scaleByteLength }) => scaleByteLength > 0);
      return [...tensors.map(({ offset }) => offset), ...scaled.map(({ scaleOffset }) => scaleOffset)].map(
        (offset) => offset - dataOffset,
      );
    };
    expect(offsets({})).toEqual([0, 64, 128, 16, 72]);
    expect(offsets({ chatTemplate: 'x'.repeat(10_000) })).toEqual(offsets({}));
  });

  it.each([
    ['no tensors', [], {}, RangeError],
    ['a tensor twice', [...SMALL, SMALL[0]], {}, RangeError],
    ['a name with a space', [describeTensor('a b', 'f32', [1])], {}, RangeError],
    ['a name with a letter that looks like another', [describeTensor('nоrm', 'f32', [1])], {}, RangeError],
    ['a type that has no id', [describeTensor('a', 'i64', [1])], {}, RangeError],
    ['rows that do not divide', [describeTensor('a', 'Q8_0', [33])], {}, RangeError],
    ['rank 5', [describeTensor('a', 'f32', [1, 1, 1, 1, 1])], {}, RangeError],
    [
      'f32 with f16 scales',
      [{ name: 'a', shape: [2], encoding: { dtype: 'f32', blockSize: 0, scaleType: 'f16' } }],
      {},
      RangeError,
    ],
    [
      'q8 with half a row',
      [{ name: 'a', shape: [4], encoding: { dtype: 'q8', blockSize: 2, scaleType: 'f32' } }],
      {},
      RangeError,
    ],
    ['META without a record', SMALL, { tensors: metaFor(SMALL.slice(1)).tensors }, RangeError],
    ['META with a record too many', SMALL.slice(1), { tensors: metaFor(SMALL).tensors }, RangeError],
    ['META that breaks its schema', SMALL, { name: 'two\nlines' }, TypeError],
    [
      'interleaved rows of a type that has none',
      [{ name: 'a', shape: [8, 2], encoding: { dtype: 'f32', blockSize: 0, scaleType: 'f32', layout: 'interleaved' } }],
      {},
      RangeError,
    ],
    ['more weights than a container holds', [describeTensor('a', 'f32', [2 ** 20, 2 ** 20, 2])], {}, RangeError],
  ] as const)('refuses %s', (_, tensors, part, type) => {
    expect(() => layoutFor(tensors as readonly TensorDescription[], part)).toThrow(type);
  });

  it('refuses an empty tokenizer', () => {
    expect(() => layoutSlm2({ meta: metaFor(SMALL), tokenizerBytes: new Uint8Array(), tensors: SMALL })).toThrow(
      /TOKN/,
    );
  });

  it('does not depend on what will be measured', () => {
    const pending = metaFor(SMALL);
    const part = {
      sources: pending.sources.map((source) => ({ ...source, sha256: PENDING_SHA256 })),
    };
    expect(layoutFor(SMALL, part)).toEqual(layoutFor(SMALL));
  });
});

describe('storage types', () => {
  it('have one id each', () => {
    expect(slm2DTypeId('f32')).toBe(1);
    expect(slm2DTypeId('q8')).toBe(2);
    expect(slm2DTypeId('q4')).toBe(3);
    expect(slm2DTypeId('f16')).toBe(16);
    expect(slm2DTypeId('bf16')).toBe(17);
    expect(slm2DTypeId('Q8_0')).toBe(264);
    expect(slm2DTypeId('Q6_K')).toBe(270);
    expect(slm2DTypeId('i64')).toBeUndefined();
    expect([...SLM2_ALIAS_IDS].sort()).toEqual([256, 257, 286]);
    for (const alias of SLM2_ALIAS_IDS) expect(slm2DType(alias)).toBeUndefined();
    for (let id = 0; id < 2 ** 16; id++) {
      const name = slm2DType(id);
      if (name !== undefined) expect(slm2DTypeId(name)).toBe(id);
    }
    for (const name of DTYPE_NAMES) {
      const id = slm2DTypeId(name);
      expect(id === undefined ? undefined : slm2DType(id)).toBe(SLM2_DTYPES.includes(name) ? name : undefined);
    }
  });
});

describe('statistics', () => {
  it('have a fixed width', () => {
    expect(formatStatistic(0)).toBe(PENDING_STATISTIC);
    expect(formatStatistic(-0.00123)).toBe('-1.230000000e-003');
    expect(formatStatistic(Number.MAX_VALUE)).toBe('+1.797693135e+308');
    expect(formatStatistic(5e-324)).toBe('+4.940656458e-324');
    fc.assert(
      fc.property(fc.double({ min: -1e300, max: 1e300, noNaN: true }), (value) => {
        const text = formatStatistic(value);
        expect(text).toHaveLength(17);
        expect(formatStatistic(parseStatistic(text))).toBe(text);
        expect(Math.abs(parseStatistic(text) - value)).toBeLessThanOrEqual(Math.abs(value) * 1e-9);
      }),
    );
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => formatStatistic(value)).toThrow(RangeError);
    for (const text of ['', '1', '+1.0e+0', '+1.234567890e-003 '])
      expect(() => parseStatistic(text)).toThrow(RangeError);
  });
});

/** Any tensor that a container can hold, small. */
const anyTensor: fc.Arbitrary<Omit<TensorDescription, 'name'>> = fc
  .record({
    dtype: fc.constantFrom(...SLM2_DTYPES),
    blocks: fc.integer({ min: 1, max: 3 }),
    outer: fc.oneof(
      fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 3 }),
      fc.tuple(fc.integer({ min: 1, max: 19 })),
    ),
    blockSize: fc.constantFrom(2, 4, 32),
    scaleType: fc.constantFrom('f32' as const, 'f16' as const),
    layout: fc.constantFrom(0, 1),
  })
  .map(({ dtype, blocks, outer, blockSize, scaleType, layout }) => {
    const block = encodingBlockElements(createEncoding(dtype, [1], { blockSize }));
    const shape: Shape = [...outer, blocks * block];
    const encoding = createEncoding(dtype, shape, { blockSize, scaleType });
    return { shape, encoding: layout === 1 ? interleavedEncoding(encoding, shape) : encoding };
  });
const anyTensors: fc.Arbitrary<TensorDescription[]> = fc
  .array(fc.tuple(fc.stringMatching(/^[!-~]{1,12}$/), anyTensor), { minLength: 1, maxLength: 6 })
  .map((entries) => [...new Map(entries)].map(([name, tensor]) => ({ name, ...tensor })));

describe('writing and reading', () => {
  it('gives back any tensors in any encoding, whatever the order of tiles', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyTensors,
        fc.integer({ min: 1, max: 5 }),
        fc.infiniteStream(fc.nat()),
        async (tensors, rows, random) => {
          const expected = await buildSlm2(tensors);
          const shuffled = await buildSlm2(
            [...tensors].reverse(),
            (tiles) =>
              tiles
                .map((tile) => ({ tile, key: random.next().value }))
                .sort((a, b) => a.key - b.key)
                .map(({ tile }) => tile),
            // Tiles of interleaved rows are whole panels.
            tensors.some(({ encoding }) => encoding.layout === 'interleaved') ? 8 * rows : rows,
          );
          expect(Buffer.compare(shuffled, expected)).toBe(0);
          expect(expected.byteLength).toBe(layoutFor(tensors).byteLength);
          const source = memorySource(expected);
          const file = await readSlm2(source);
          await verifySlm2Data(source, file);
          expect(file.meta).toEqual(metaFor(tensors));
          expect(file.tensors).toHaveLength(tensors.length);
          for (const tensor of tensors) {
            const read = file.tensorsByName.get(tensor.name);
            if (read === undefined) throw new Error(`${tensor.name} is not there`);
            expect(read).toMatchObject(tensor);
            const { payload, scales } = contentOf(read);
            expect(Buffer.compare(expected.subarray(read.offset, read.offset + read.byteLength), payload)).toBe(0);
            expect(
              Buffer.compare(expected.subarray(read.scaleOffset, read.scaleOffset + scales.byteLength), scales),
            ).toBe(0);
            expect(read.sha256).toBe(sha256Hex(payload, scales));
            expect(read.record).toEqual(file.meta.tensors[tensor.name]);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('reads no byte of DATA before it is asked to', async () => {
    const source = countingSource(await buildSlm2(SMALL));
    const file = await readSlm2(source);
    expect(source.reads.length).toBeGreaterThan(5);
    expect(source.reads.every(({ offset, length }) => offset + length <= file.dataOffset)).toBe(true);
  });

  it('writes from several workers at once, in constant memory', async () => {
    const tensors = [describeTensor('w', 'q8', [5000, 700])];
    const layout = layoutFor(tensors);
    const inner = memorySink(layout.byteLength);
    let largest = 0;
    const sink = {
      ...inner,
      async read(offset: number, target: Uint8Array): Promise<void> {
        largest = Math.max(largest, target.byteLength);
        await inner.read(offset, target);
      },
    };
    const writer = createSlm2Writer(layout, sink);
    const tiles = allTiles(layout, 77);
    await Promise.all(tiles.reverse().map(({ name, tile }) => writer.writeTensor(name, tile)));
    const progress: number[] = [];
    await writer.finish(metaFor(tensors), { onProgress: (done) => progress.push(done) });
    await sink.commit();
    expect(largest).toBe(CHUNK_BYTES);
    expect(progress.at(-1)).toBe(layout.dataByteLength);
    const whole = await buildSlm2(tensors);
    expect(Buffer.compare(inner.bytes(), whole)).toBe(0);
  });

  it('names a file by a digest that changes with any part of it', async () => {
    const rootOf = async (tensors: readonly TensorDescription[]): Promise<string> =>
      (await readSlm2(memorySource(await buildSlm2(tensors)))).rootDigest;
    const roots = await Promise.all([
      rootOf(SMALL),
      rootOf(SMALL.slice(1)),
      rootOf(SMALL.map((tensor, i) => (i === 0 ? { ...tensor, name: 'norm.weighs' } : tensor))),
    ]);
    expect(new Set(roots).size).toBe(3);
    expect(roots[0]).toBe(await rootOf(SMALL));
  });

  it('is told from SLM1 by its magic', async () => {
    expect(await identifySlm(memorySource(await buildSlm2(SMALL)))).toBe('slm2');
  });
});

describe('finishing', () => {
  async function written(): Promise<ReturnType<typeof createSlm2Writer>> {
    const layout = layoutFor(SMALL);
    const writer = createSlm2Writer(layout, memorySink(layout.byteLength));
    for (const { name, tile } of allTiles(layout, 100)) await writer.writeTensor(name, tile);
    return writer;
  }
  const meta = metaFor(SMALL);

  it('accepts measured values, and nothing else that differs from the layout', async () => {
    const measured = {
      ...meta,
      sources: [{ name: 'model.safetensors', byteLength: 5, sha256: 'cd'.repeat(32) }],
      tensors: {
        ...meta.tensors,
        'a.weight': { requested: 'q8', statistics: { ...STATISTICS, cosine: formatStatistic(0.5) } },
      },
    };
    expect((await (await written()).finish(measured)).rootDigest).toMatch(/^[0-9a-f]{64}$/);
    for (const wrong of [
      { ...meta, name: 'another' },
      { ...meta, tensors: { ...meta.tensors, 'a.weight': { requested: 'q8' } } },
      { ...meta, sources: [] },
      { ...meta, sources: meta.sources.map((source) => ({ ...source, sha256: PENDING_SHA256 })) },
    ]) {
      await expect((await written()).finish(wrong)).rejects.toThrow(RangeError);
    }
  });

  it('refuses before everything is written, and after a failed tile', async () => {
    const layout = layoutFor(SMALL);
    const writer = createSlm2Writer(layout, memorySink(layout.byteLength));
    await expect(writer.finish(meta)).rejects.toThrow(/byte 0 of the payload of a\.weight/);
    await expect(writer.writeTensor('a.weight', { payloadOffset: 90, payload: new Uint8Array(9) })).rejects.toThrow();
    await expect(writer.finish(meta)).rejects.toThrow(/a tile failed/);
  });

  it('refuses a sink of another length, and one that was not zero', async () => {
    const layout = layoutFor(SMALL);
    expect(() => createSlm2Writer(layout, memorySink(layout.byteLength + 1))).toThrow(RangeError);
    const dirty = memorySink(layout.byteLength);
    await dirty.write(layout.byteLength - 1, Uint8Array.of(1));
    const writer = createSlm2Writer(layout, dirty);
    for (const { name, tile } of allTiles(layout, 100)) await writer.writeTensor(name, tile);
    expect((await errorOf(writer.finish(meta))).code).toBe('SLM2_PADDING');
  });

  it('does not sign a scale that is not positive and finite', async () => {
    const layout = layoutFor(SMALL);
    const writer = createSlm2Writer(layout, memorySink(layout.byteLength));
    for (const { name, tile } of allTiles(layout, 100)) {
      const scales = tile.scales?.slice() ?? new Uint8Array();
      if (name === 'b.weight') scales.set([0x00, 0x7c], 2);
      await writer.writeTensor(name, { ...tile, scales });
    }
    expect(await errorOf(writer.finish(meta))).toMatchObject({
      code: 'SLM2_SCALE_VALUE',
      context: { tensor: 'b.weight', actual: '0x7c00' },
      message: expect.stringContaining('scale 1 of b.weight') as string,
    });
  });

  it('leaves the sink to the caller', async () => {
    const layout = layoutFor(SMALL);
    const sink = memorySink(layout.byteLength);
    const writer = createSlm2Writer(layout, sink);
    for (const { name, tile } of allTiles(layout, 100)) await writer.writeTensor(name, tile);
    await writer.finish(meta);
    expect(() => sink.bytes()).toThrow();
    await sink.commit();
    expect(sectionsOf(sink.bytes()).size).toBe(5);
  });
});
