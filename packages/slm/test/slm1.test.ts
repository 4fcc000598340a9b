/** SLM1: golden files and sizes, layout, writing and reading. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createEncoding, memorySink, memorySource, readRange } from '@mirust/core';
import { hex64, toHex } from '@mirust/integrity';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createSlm1Writer,
  identifySlm,
  layoutSlm1,
  readSlm1,
  type Slm1Description,
  type Slm1Layout,
  slm1NameHash,
  slm1TensorCount,
  slm1TensorShapes,
} from '../src/index.ts';
import { allTiles, btok, buildSlm1, countingSource, errorOf, TINY, tinySlm1 } from './_support.ts';

interface GoldenFile {
  readonly tied: boolean;
  readonly byteLength: number;
  readonly tensors: readonly string[];
  readonly parameters: number;
  readonly directoryOffset: number;
  readonly dataOffset: number;
  readonly header: string;
  readonly tokenizer: string;
  readonly directory: readonly string[];
  readonly checksum: string;
  readonly sha256: string;
}
/** Made by an independent implementation, `fixtures/oracles/slm1_golden.py`. */
const golden = JSON.parse(
  readFileSync(new URL('../../../fixtures/oracles/slm1-golden.json', import.meta.url), 'utf8'),
) as { files: Record<string, GoldenFile>; nameHashes: Record<string, string>; tinyLm16M: Record<string, number> };

const TINYLM_16M = {
  ...TINY,
  hiddenSize: 512,
  ffnSize: 2048,
  layerCount: 4,
  headCount: 8,
  kvHeadCount: 8,
  headDim: 64,
  maxContext: 512,
};

const CASES: Record<string, Slm1Description> = {
  f32: { hyperparameters: TINY, tokenizerBytes: btok() },
  'tied-q8': {
    hyperparameters: { ...TINY, tiedOutput: true },
    tokenizerBytes: btok(),
    encoding: (_, shape) => createEncoding('q8', shape),
  },
  mixed: {
    hyperparameters: TINY,
    tokenizerBytes: btok(),
    encoding: (name, shape) => {
      const dtype = name.includes('norm') ? 'f32' : name.includes('wk') ? 'q8' : 'q4';
      return createEncoding(dtype, shape, { blockSize: 4 });
    },
  },
};

/** The weights of the golden files, by the rule that slm1_golden.py states. */
async function writeGolden(layout: Slm1Layout): Promise<Uint8Array> {
  const sink = memorySink(layout.byteLength);
  const writer = createSlm1Writer(layout, sink);
  let element = 0;
  let byte = 0;
  let scale = 0;
  for (const { name, encoding, byteLength, scaleByteLength } of layout.tensors) {
    const payload = new Uint8Array(byteLength);
    const view = new DataView(payload.buffer);
    if (encoding.dtype === 'f32') {
      for (let at = 0; at < byteLength; at += 4) view.setFloat32(at, (((37 * element++) % 101) - 50) / 64, true);
    } else {
      for (let at = 0; at < byteLength; at++) payload[at] = 7 * byte++ + 3;
    }
    const scales = new Uint8Array(scaleByteLength);
    const scaleView = new DataView(scales.buffer);
    for (let at = 0; at < scaleByteLength; at += 4) scaleView.setFloat32(at, 0.5 + scale++ / 1024, true);
    await writer.writeTensor(name, { payloadOffset: 0, payload, scales });
  }
  await writer.finish();
  await sink.commit();
  return sink.bytes();
}

describe('golden sizes', () => {
  /** Published: TinyLM-16M, every tensor in one type, block 32. */
  it.each([
    ['f32', 68_194_944],
    ['q8', 17_160_000],
    ['q4', 10_657_728],
  ] as const)('TinyLM-16M at %s has %d bytes', (dtype, byteLength) => {
    const layout = layoutSlm1({
      hyperparameters: TINYLM_16M,
      tokenizerBytes: btok(),
      encoding: (_, shape) => createEncoding(dtype, shape),
    });
    expect(layout.byteLength).toBe(byteLength);
    expect(golden.tinyLm16M[dtype]).toBe(byteLength);
    expect(layout.header.directoryOffset).toBe(192);
    expect(layout.header.dataOffset).toBe(2688);
    expect(layout.tensors).toHaveLength(39);
    expect(layout.parameterCount).toBe(17_048_064);
  });

  it('the tiny fixture has 12 tensors and 4,824 parameters, tied 11 and 2,744', () => {
    for (const [tiedOutput, tensors, parameters] of [
      [false, 12, 4824],
      [true, 11, 2744],
    ] as const) {
      const layout = tinySlm1('f32', tiedOutput);
      expect(layout.tensors).toHaveLength(tensors);
      expect(layout.parameterCount).toBe(parameters);
      expect(slm1TensorCount({ ...TINY, tiedOutput })).toBe(tensors);
    }
  });
});

describe('golden files', () => {
  it('have the names and hashes of an independent implementation', () => {
    const shapes = slm1TensorShapes({ ...TINY, layerCount: 2 });
    expect(Object.fromEntries(shapes.map(({ name }) => [name, hex64(slm1NameHash(name))]))).toEqual(golden.nameHashes);
  });

  it.each(Object.entries(CASES))('%s is byte for byte that of an independent writer', async (label, description) => {
    const expected = golden.files[label];
    if (expected === undefined) throw new Error(`no golden file ${label}`);
    const layout = layoutSlm1(description);
    const bytes = await writeGolden(layout);
    const { directoryOffset, dataOffset } = layout.header;
    expect(layout.tensors.map(({ name }) => name)).toEqual(expected.tensors);
    expect({ directoryOffset, dataOffset, byteLength: bytes.byteLength, parameters: layout.parameterCount }).toEqual({
      directoryOffset: expected.directoryOffset,
      dataOffset: expected.dataOffset,
      byteLength: expected.byteLength,
      parameters: expected.parameters,
    });
    expect(toHex(bytes.subarray(0, 108))).toBe(expected.header);
    expect(toHex(bytes.subarray(108, 136))).toBe(expected.tokenizer);
    const entries = layout.tensors.map((_, i) =>
      bytes.subarray(directoryOffset + 64 * i, directoryOffset + 64 * i + 64),
    );
    expect(entries.map(toHex)).toEqual(expected.directory);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(expected.sha256);

    const file = await readSlm1(memorySource(bytes));
    expect(hex64(file.header.checksum)).toBe(expected.checksum);
    expect(file.header.hyperparameters).toEqual(layout.header.hyperparameters);
    expect(file.tensors).toEqual(layout.tensors);
    expect(file.tokenizer).toEqual({ offset: 108, byteLength: 28, kind: 'BTOK' });
  });
});

describe('layoutSlm1', () => {
  it.each([
    ['linear rope scaling', { ropeScaling: { type: 'linear', factor: 2 } }, 'ropeScaling'],
    ['rope factors', { ropeScaling: { type: 'factors' } }, 'ropeScaling'],
    ['a sliding window', { slidingWindow: 8 }, 'slidingWindow'],
    ['heads that are not a part of hidden', { headDim: 6 }, 'headDim'],
    ['fewer tokens than bytes and specials', { vocabSize: 100 }, 'vocabSize'],
    ['an epsilon that is 0 in f32', { rmsNormEpsilon: 1e-60 }, 'rmsNormEpsilon'],
    ['a theta that is infinite in f32', { ropeTheta: 1e60 }, 'ropeTheta'],
  ] as const)('refuses %s, with the remedy', (_, part, key) => {
    const hyperparameters = { ...TINY, ...part };
    expect(() => layoutSlm1({ hyperparameters, tokenizerBytes: btok(hyperparameters.vocabSize) })).toThrow(
      expect.objectContaining({
        code: 'SLM1_CANNOT_HOLD',
        class: 'unsupported',
        remedy: expect.stringContaining('--format slm2') as string,
        context: expect.objectContaining({ key }) as object,
      }) as Error,
    );
  });

  it('refuses storage types and scales that SLM1 does not have, naming the tensor', () => {
    for (const [dtype, scaleType] of [
      ['f16', 'f32'],
      ['Q8_0', 'f32'],
      ['q8', 'f16'],
    ] as const) {
      const encoding: Slm1Description['encoding'] = (_, shape) => createEncoding(dtype, shape, { scaleType });
      expect(() => layoutSlm1({ hyperparameters: TINY, tokenizerBytes: btok(), encoding })).toThrow(
        expect.objectContaining({
          code: 'SLM1_CANNOT_HOLD',
          context: expect.objectContaining({ tensor: 'tok_embeddings.weight' }) as object,
        }) as Error,
      );
    }
  });

  it('refuses encodings that do not fit as an argument error', () => {
    for (const blockSize of [32, 6]) {
      const encoding: Slm1Description['encoding'] = (_, shape) => createEncoding('q4', shape, { blockSize });
      expect(() => layoutSlm1({ hyperparameters: TINY, tokenizerBytes: btok(), encoding })).toThrow(RangeError);
    }
    const notNormal = { dtype: 'f32', blockSize: 4, scaleType: 'f32' } as const;
    expect(() => layoutSlm1({ hyperparameters: TINY, tokenizerBytes: btok(), encoding: () => notNormal })).toThrow(
      RangeError,
    );
  });

  it('refuses a tokenizer of another vocabulary', () => {
    expect(() => layoutSlm1({ hyperparameters: TINY, tokenizerBytes: btok(261) })).toThrow(
      expect.objectContaining({ code: 'SLM1_TOKENIZER_VOCAB' }) as Error,
    );
  });

  it('stores theta and epsilon as the nearest f32', () => {
    const { header } = layoutSlm1({ hyperparameters: TINY, tokenizerBytes: btok() });
    expect(header.hyperparameters.rmsNormEpsilon).toBe(Math.fround(1e-5));
    expect(header.hyperparameters.ropeTheta).toBe(10000);
  });
});

describe('writing', () => {
  it('gives the same bytes in any order of tiles of any size', async () => {
    const layout = tinySlm1('q4');
    const expected = await buildSlm1(layout);
    const tiles = fc.integer({ min: 1, max: 40 }).chain((rows) => {
      const all = allTiles(layout, rows);
      return fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length });
    });
    await fc.assert(
      fc.asyncProperty(tiles, async (shuffled) => {
        const sink = memorySink(layout.byteLength);
        const writer = createSlm1Writer(layout, sink);
        await Promise.all(shuffled.map(({ name, tile }) => writer.writeTensor(name, tile)));
        await writer.finish();
        await sink.commit();
        expect(Buffer.compare(sink.bytes(), expected)).toBe(0);
      }),
      { numRuns: 25 },
    );
  });

  it('refuses a sink of another length', () => {
    expect(() => createSlm1Writer(tinySlm1(), memorySink(10))).toThrow(RangeError);
  });

  it('refuses to finish before everything is written, and names what is missing', async () => {
    const layout = tinySlm1('q8');
    const writer = createSlm1Writer(layout, memorySink(layout.byteLength));
    const tiles = allTiles(layout, 5);
    const left = tiles.findIndex(({ name }) => name === 'layers.0.w1.weight');
    for (const [index, { name, tile }] of tiles.entries()) if (index !== left) await writer.writeTensor(name, tile);
    await expect(writer.finish()).rejects.toThrow(/byte 0 of the payload of layers\.0\.w1\.weight/);
    const { payloadOffset, payload } = tiles[left]?.tile ?? { payloadOffset: 0, payload: new Uint8Array() };
    await writer.writeTensor('layers.0.w1.weight', { payloadOffset, payload });
    await expect(writer.finish()).rejects.toThrow(/byte 0 of the scales of layers\.0\.w1\.weight/);
  });

  it('refuses tiles over bytes written before, outside of their tensor, or of no tensor; and then to finish', async () => {
    const layout = tinySlm1('f32');
    const tile = { payloadOffset: 8, payload: new Uint8Array(8) };
    for (const [name, second] of [
      ['norm.weight', tile],
      ['norm.weight', { payloadOffset: 4, payload: new Uint8Array(5) }],
      ['norm.weight', { payloadOffset: 15, payload: new Uint8Array(2) }],
      ['norm.weight', { payloadOffset: 30, payload: new Uint8Array(3) }],
      ['norm.weight', { payloadOffset: -1, payload: new Uint8Array(1) }],
      ['norm.weight', { payloadOffset: 16, payload: new Uint8Array(), scales: new Uint8Array(4) }],
      ['nothing', tile],
    ] as const) {
      const writer = createSlm1Writer(layout, memorySink(layout.byteLength));
      await writer.writeTensor('norm.weight', tile);
      await expect(writer.writeTensor(name, second)).rejects.toThrow(RangeError);
      await expect(writer.finish()).rejects.toThrow();
    }
  });

  it('does not sign a scale that is not positive and finite', async () => {
    const layout = tinySlm1('q8');
    const writer = createSlm1Writer(layout, memorySink(layout.byteLength));
    for (const { name, tile } of allTiles(layout, 1000)) {
      const scales = tile.scales?.slice() ?? new Uint8Array();
      if (name === 'layers.0.wo.weight') scales.fill(0, 8, 12);
      await writer.writeTensor(name, { ...tile, scales });
    }
    expect(await errorOf(writer.finish())).toMatchObject({
      code: 'SLM1_SCALE_VALUE',
      context: { tensor: 'layers.0.wo.weight' },
      message: expect.stringContaining('scale 2 of layers.0.wo.weight') as string,
    });
  });
});

describe('reading', () => {
  it('reads head and directory alone where it is told not to verify', async () => {
    const bytes = await buildSlm1(tinySlm1());
    const source = countingSource(bytes);
    const file = await readSlm1(source, { verify: false });
    const end = file.header.dataOffset;
    expect(source.reads.every(({ offset, length }) => offset + length <= end)).toBe(true);
  });

  it('verifies by default, in one pass that a loader can share', async () => {
    const bytes = await buildSlm1(tinySlm1());
    const copy = new Uint8Array(bytes.byteLength);
    const progress: number[] = [];
    await readSlm1(memorySource(bytes), {
      onPiece: (piece, offset) => copy.set(piece, offset),
      onProgress: (done) => progress.push(done),
    });
    expect(Buffer.compare(copy, bytes)).toBe(0);
    expect(progress.at(-1)).toBe(bytes.byteLength);
  });

  it('stops when it is told to', async () => {
    const source = memorySource(await buildSlm1(tinySlm1()));
    await expect(readSlm1(source, { signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no');
  });

  it('accepts a longer header, an unaligned tokenizer and 1 in unused dims', async () => {
    const bytes = await buildSlm1(tinySlm1());
    const view = new DataView(bytes.buffer);
    view.setUint32(8, 112, true);
    bytes.copyWithin(116, 108, 136);
    bytes.fill(9, 108, 112).fill(0, 112, 116);
    view.setBigUint64(64, 116n, true);
    view.setUint32(192 + 24, 1, true);
    const file = await readSlm1(memorySource(bytes), { verify: false });
    expect(file.header.headerByteLength).toBe(112);
    expect(file.tokenizer.offset).toBe(116);
  });

  it('finds every flipped byte', async () => {
    const bytes = await buildSlm1(tinySlm1('q8', true));
    const { dataOffset } = (await readSlm1(memorySource(bytes))).header;
    for (let at = 0; at < bytes.byteLength; at++) {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      const error = await errorOf(readSlm1(memorySource(changed)));
      if (at >= dataOffset) expect(error.code).toBe('SLM1_CHECKSUM');
      else expect(error.code).toMatch(/^SLM1_/);
    }
  });

  it('is told from SLM2 by its magic', async () => {
    const bytes = await buildSlm1(tinySlm1());
    expect(await identifySlm(memorySource(bytes))).toBe('slm1');
    expect(await identifySlm(memorySource(bytes.subarray(0, 3)))).toBeUndefined();
    expect(await identifySlm(memorySource(new Uint8Array(8)))).toBeUndefined();
  });

  it('gives the bytes of a tensor by its offsets', async () => {
    const source = memorySource(await buildSlm1(tinySlm1('q4')));
    const tensor = (await readSlm1(source)).tensorsByName.get('layers.0.w2.weight');
    if (tensor === undefined) throw new Error('no tensor');
    const scales = await readRange(source, tensor.scaleOffset, tensor.scaleByteLength);
    expect(new Float32Array(scales.buffer).every((scale) => scale === 0.5)).toBe(true);
  });
});
