/** Interleaved rows in SLM2: what is read, and that scales and padding are checked wherever a chunk cuts a panel. */
import { memorySink, memorySource, readRange } from '@mirust/core';
import { CHUNK_BYTES } from '@mirust/integrity';
import { describe, expect, it } from 'vitest';
import {
  createSlm2Writer,
  layoutSlm1,
  openVerifiedData,
  readSlm2,
  type Slm2Tensor,
  type TensorDescription,
  verifySlm2Data,
} from '../src/index.ts';
import {
  btok,
  buildSlm2,
  contentOf,
  describeTensor,
  errorOf,
  interleaved,
  layoutFor,
  metaFor,
  resign,
  sectionsOf,
  TINY,
} from './_support.ts';

/** One tensor of each encoding, none with whole panels; q8 with columns that are padded. */
const TENSORS: readonly TensorDescription[] = [
  interleaved(describeTensor('a.q8', 'q8', [11, 37])),
  interleaved(describeTensor('b.q8', 'q8', [3, 64], { scaleType: 'f16' })),
  interleaved(describeTensor('c.q4', 'q4', [9, 64])),
  interleaved(describeTensor('d.q4', 'q4', [12, 96], { scaleType: 'f16' })),
  interleaved(describeTensor('e.Q8_0', 'Q8_0', [10, 64])),
  interleaved(describeTensor('f.Q4_0', 'Q4_0', [15, 64])),
];

const good = await buildSlm2(TENSORS);
const file = await readSlm2(memorySource(good));

function tensor(name: string): Slm2Tensor {
  return file.tensorsByName.get(name) ?? expect.fail(`no ${name}`);
}

/** The code that a reader of everything gives, with digests made right again after the change. */
async function verdict(
  change: (bytes: Uint8Array) => void,
): Promise<{ code: string; offset: unknown; tensor: unknown }> {
  const bytes = good.slice();
  change(bytes);
  resign(bytes);
  const source = memorySource(bytes);
  const opened = await readSlm2(source);
  const error = await errorOf(verifySlm2Data(source, opened));
  // A reader of ranges finds the same.
  const section = sectionsOf(bytes).get('DATA') ?? expect.fail('no DATA');
  const read = await errorOf(readRange(openVerifiedData(source, opened), section.offset, section.byteLength));
  expect(read.code).toBe(error.code);
  return { code: error.code, offset: error.offset, tensor: error.context.tensor };
}

describe('a container with interleaved rows', () => {
  it('is read with its layout, everything in the payload', async () => {
    await verifySlm2Data(memorySource(good), file);
    for (const described of TENSORS) {
      const read = tensor(described.name);
      expect(read).toMatchObject({ ...described, scaleOffset: 0, scaleByteLength: 0 });
      const { payload } = contentOf(read);
      expect(Buffer.compare(good.subarray(read.offset, read.offset + read.byteLength), payload)).toBe(0);
    }
    expect(TENSORS.map(({ name }) => tensor(name).byteLength)).toEqual([
      2 * (32 + 8 * 64),
      16 + 8 * 64,
      2 * 2 * 160,
      2 * 3 * 144,
      2 * 2 * 272,
      2 * 2 * 144,
    ]);
  });

  it.each([
    ['a scale of a padding row, f32', 'a.q8', 544 + 3 * 4 + 2],
    ['a scale of a padding row, f16', 'b.q8', 3 * 2],
    ['a code of a padding row', 'a.q8', 544 + 32 + 3 * 4],
    ['a code of a padding row in nibbles', 'c.q4', 2 * 160 + 32 + 4],
    ['a d of a padding row', 'e.Q8_0', 2 * 272 + 2 * 2],
    ['a code of a padding row of ggml', 'f.Q4_0', 3 * 144 + 16 + 31],
    ['a padded column', 'a.q8', 32 + 9 * 32 + 1],
    ['the last padded column', 'a.q8', 32 + 15 * 32 + 7 * 4 + 3],
  ])('is refused for %s that is not zero', async (_, name, at) => {
    const offset = tensor(name).offset + at;
    expect(good[offset]).toBe(0);
    expect(await verdict((bytes) => bytes.set([1], offset))).toMatchObject({ code: 'SLM2_PADDING', offset });
  });

  it.each([
    ['zero', 'a.q8', 4, [0, 0, 0, 0]],
    ['negative', 'a.q8', 544 + 8, [0, 0, 0x80, 0xbf]],
    ['infinite', 'c.q4', 160 + 28, [0, 0, 0x80, 0x7f]],
    ['not a number', 'd.q4', 5 * 144 + 6, [0, 0x7e]],
    ['zero', 'b.q8', 2, [0, 0]],
  ])('is refused for a scale of a row that is %s', async (_, name, at, scale) => {
    const offset = tensor(name).offset + at;
    const found = await verdict((bytes) => bytes.set(scale, offset));
    expect(found).toEqual({ code: 'SLM2_SCALE_VALUE', offset, tensor: name });
  });

  it("takes what ggml's blocks have for a d", async () => {
    const bytes = good.slice();
    bytes.set([0, 0xfc], tensor('e.Q8_0').offset);
    const source = memorySource(resign(bytes));
    expect((await errorOf(verifySlm2Data(source, await readSlm2(source)))).code).toBe('SLM2_TENSOR_DIGEST');
  });

  it('is checked on both sides of where a chunk cuts a panel or a group', async () => {
    // Panels of 3,360 bytes and of 7 · 144: chunks end within them, at ever other places.
    const tensors = [
      interleaved(describeTensor('w.q8', 'q8', [8 * 700 + 1, 395])),
      interleaved(describeTensor('w.q4', 'q4', [8 * 2100 + 3, 224], { scaleType: 'f16' })),
    ];
    const bytes = await buildSlm2(tensors);
    const big = await readSlm2(memorySource(bytes));
    const { dataOffset, dataByteLength } = big;
    expect(dataByteLength).toBeGreaterThan(4 * CHUNK_BYTES);
    await verifySlm2Data(memorySource(bytes), big);
    for (const { name, offset, byteLength, encoding, shape } of big.tensors) {
      const [rows = 0] = shape;
      const panelBytes = byteLength / Math.ceil(rows / 8);
      const groupBytes = encoding.dtype === 'q8' ? panelBytes : 144;
      for (let chunk = CHUNK_BYTES; chunk < dataByteLength; chunk += CHUNK_BYTES) {
        const at = dataOffset + chunk - offset;
        if (at < 0 || at >= byteLength) continue;
        // In the group that is cut or ends there, and in the next one.
        const group = Math.floor((at - 1) / groupBytes) * groupBytes;
        for (const scale of [group + 4, group + groupBytes]) {
          if (scale < 0 || scale >= byteLength - panelBytes) continue;
          const changed = bytes.slice();
          changed.fill(0, offset + scale, offset + scale + 4);
          const source = memorySource(resign(changed));
          const error = await errorOf(verifySlm2Data(source, await readSlm2(source)));
          expect(error).toMatchObject({ code: 'SLM2_SCALE_VALUE', context: { tensor: name, offset: offset + scale } });
        }
      }
      const changed = bytes.slice();
      changed[offset + byteLength - 1] = 1;
      const source = memorySource(resign(changed));
      expect((await errorOf(verifySlm2Data(source, await readSlm2(source)))).code).toBe('SLM2_PADDING');
    }
  });
});

describe('writers', () => {
  it('of SLM2 find a wrong scale and padding that is not zero before the file is finished', async () => {
    for (const [at, code] of [
      [0, 'SLM2_SCALE_VALUE'],
      [544 + 12, 'SLM2_PADDING'],
    ] as const) {
      const described = TENSORS.slice(0, 1);
      const layout = layoutFor(described);
      const writer = createSlm2Writer(layout, memorySink(layout.byteLength));
      const placed = layout.tensors[0] ?? expect.fail('no tensor');
      const { payload } = contentOf(placed);
      payload.fill(at === 0 ? 0 : 1, at, at + 4);
      await writer.writeTensor(placed.name, { payloadOffset: 0, payload });
      expect((await errorOf(writer.finish(metaFor(described)))).code).toBe(code);
    }
  });

  it('of SLM1 cannot hold interleaved rows', () => {
    const encoding = (name: string, shape: readonly number[]): TensorDescription['encoding'] =>
      interleaved(describeTensor(name, 'q8', shape)).encoding;
    expect(() => layoutSlm1({ hyperparameters: TINY, tokenizerBytes: btok(), encoding })).toThrow(
      expect.objectContaining({ code: 'SLM1_CANNOT_HOLD', message: expect.stringContaining('q8 x8') }),
    );
  });
});
