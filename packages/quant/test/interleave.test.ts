import {
  createEncoding,
  type DTypeName,
  encodedSize,
  interleavedEncoding,
  type ScaleType,
  type TensorEncoding,
} from '@mirust/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkScales,
  decodeRows,
  deinterleaveRows,
  type EncodedTile,
  encodedTile,
  interleaveRows,
  type MatrixShape,
  type StoredTensor,
} from '../src/index.ts';
import { fromBase64, gaussian, readOracle, uniform } from './_values.ts';

/** The six encodings that can be interleaved. */
const TYPES: readonly (readonly [DTypeName, ScaleType])[] = [
  ['q8', 'f32'],
  ['q8', 'f16'],
  ['q4', 'f32'],
  ['q4', 'f16'],
  ['Q8_0', 'f32'],
  ['Q4_0', 'f32'],
];

/** Bytes of rows that could be any weights: every bit pattern of codes, scales positive and finite. */
function randomRows(encoding: TensorEncoding, shape: MatrixShape, seed: number): EncodedTile {
  const { payloadBytes, scaleBytes, scaleCount } = encodedSize(encoding, shape);
  const next = uniform(seed);
  const payload = Uint8Array.from({ length: payloadBytes }, () => next() * 256);
  const scales = new Uint8Array(scaleBytes);
  const view = new DataView(scales.buffer);
  for (let index = 0; index < scaleCount; index++) {
    if (encoding.scaleType === 'f32') view.setFloat32(index * 4, next() + 2 ** -20, true);
    else view.setUint16(index * 2, 1 + Math.floor(next() * 0x7bff), true);
  }
  // The d of ggml's blocks may be anything that is finite, negative too.
  const blockBytes = encoding.dtype === 'Q8_0' ? 34 : 18;
  const isBlocks = encoding.dtype === 'Q8_0' || encoding.dtype === 'Q4_0';
  for (let at = 1; isBlocks && at < payloadBytes; at += blockBytes) payload[at] = (payload[at] ?? 0) & 0xbb;
  return { payload, scales };
}

function interleaved(encoding: TensorEncoding, shape: MatrixShape, rows: EncodedTile): StoredTensor {
  const layout = interleavedEncoding(encoding, shape);
  const payload = new Uint8Array(encodedSize(layout, shape).payloadBytes);
  interleaveRows(encoding, shape, rows, payload);
  return { name: 'w', encoding: layout, shape, payload, scales: new Uint8Array(0) };
}

function decoded(tensor: StoredTensor, firstRow: number, rowCount: number): Float32Array {
  const target = new Float32Array(rowCount * (tensor.shape[1] ?? 0));
  decodeRows(tensor, firstRow, rowCount, target);
  return target;
}

const matrices = fc
  .record({
    type: fc.constantFrom(...TYPES),
    rows: fc.integer({ min: 1, max: 27 }),
    blocks: fc.integer({ min: 1, max: 4 }),
    columns: fc.integer({ min: 1, max: 130 }),
    seed: fc.integer({ min: 0 }),
  })
  .map(({ type: [dtype, scaleType], rows, blocks, columns, seed }) => {
    // Only rows of q8 need not be whole blocks.
    const shape: MatrixShape = [rows, dtype === 'q8' ? columns : blocks * 32];
    const encoding = createEncoding(dtype, shape, { scaleType });
    return { encoding, shape, rows: randomRows(encoding, shape, seed) };
  });

describe('rows to panels', () => {
  it('and back gives the same bytes', () => {
    fc.assert(
      fc.property(matrices, ({ encoding, shape, rows }) => {
        const { payload } = interleaved(encoding, shape, rows);
        const back = {
          payload: new Uint8Array(rows.payload.byteLength),
          scales: new Uint8Array(rows.scales.byteLength),
        };
        deinterleaveRows(encoding, shape, payload, back);
        expect(back).toEqual(rows);
      }),
    );
  });

  it('leaves every value what it was, whichever rows are decoded', () => {
    fc.assert(
      fc.property(matrices, fc.nat(), fc.nat(), ({ encoding, shape, rows }, a, b) => {
        const tensor = interleaved(encoding, shape, rows);
        const firstRow = a % shape[0];
        const count = 1 + (b % (shape[0] - firstRow));
        const rowMajor: StoredTensor = { name: 'w', encoding, shape, ...rows };
        expect(decoded(tensor, firstRow, count)).toEqual(decoded(rowMajor, firstRow, count));
      }),
    );
  });

  it('passes the checks of a reader', () => {
    fc.assert(fc.property(matrices, ({ encoding, shape, rows }) => checkScales(interleaved(encoding, shape, rows))));
  });

  it('may be done in place, from rows at the end of the panels', () => {
    fc.assert(
      fc.property(matrices, ({ encoding, shape, rows }) => {
        const { payload: expected } = interleaved(encoding, shape, rows);
        const panels = new Uint8Array(expected.byteLength).fill(0xa5);
        const payload = panels.subarray(panels.byteLength - rows.payload.byteLength);
        payload.set(rows.payload);
        interleaveRows(encoding, shape, { payload, scales: rows.scales }, panels);
        expect(panels).toEqual(expected);
      }),
    );
  });

  it('may be done in runs of whole panels, at any alignment', () => {
    fc.assert(
      fc.property(matrices, fc.nat(), ({ encoding, shape: [rows, columns], rows: all }, cut) => {
        const whole = interleaved(encoding, [rows, columns], all);
        const middle = Math.min(rows, 8 * (cut % (Math.ceil(rows / 8) + 1)));
        const row = encodedSize(encoding, [columns]);
        const panels = new Uint8Array(whole.payload.byteLength + 1).subarray(1);
        let at = 0;
        for (const [first, end] of [
          [0, middle],
          [middle, rows],
        ] as const) {
          if (first === end) continue;
          const shape: MatrixShape = [end - first, columns];
          const unaligned = new Uint8Array((end - first) * row.payloadBytes + 1).subarray(1);
          unaligned.set(all.payload.subarray(first * row.payloadBytes, end * row.payloadBytes));
          const scales = all.scales.subarray(first * row.scaleBytes, end * row.scaleBytes);
          const { payloadBytes } = encodedSize(whole.encoding, shape);
          interleaveRows(encoding, shape, { payload: unaligned, scales }, panels.subarray(at, at + payloadBytes));
          // A run is a tensor by itself.
          const run = { ...whole, payload: panels.subarray(at, at + payloadBytes) };
          expect(decoded(run, 0, end - first)).toEqual(decoded(whole, first, end - first));
          at += payloadBytes;
        }
        expect([...panels]).toEqual([...whole.payload]);
      }),
    );
  });
});

interface GoldenMatrix {
  readonly name: string;
  readonly dtype: DTypeName;
  readonly scaleType: ScaleType;
  readonly shape: MatrixShape;
  readonly payload: string;
  readonly scales: string;
  readonly panels: string;
}

const golden = readOracle('slm2-interleaved-golden.json') as { readonly tensors: readonly GoldenMatrix[] };

describe('golden bytes, laid down by an implementation of its own', () => {
  it.each(golden.tensors)('$name $shape, $scaleType scales', ({ dtype, scaleType, shape, ...bytes }) => {
    const encoding = createEncoding(dtype, shape, { scaleType });
    const rows = { payload: fromBase64(bytes.payload), scales: fromBase64(bytes.scales) };
    const panels = fromBase64(bytes.panels);
    const tensor = interleaved(encoding, shape, rows);
    expect(tensor.payload).toEqual(panels);
    checkScales(tensor);
    const back = { payload: new Uint8Array(rows.payload.byteLength), scales: new Uint8Array(rows.scales.byteLength) };
    deinterleaveRows(encoding, shape, panels, back);
    expect(back).toEqual(rows);
  });

  it('are there for every encoding', () => {
    const types = new Set(golden.tensors.map(({ dtype, scaleType }) => `${dtype} ${scaleType}`));
    expect([...types].sort()).toEqual(TYPES.map(([dtype, scaleType]) => `${dtype} ${scaleType}`).sort());
  });
});

describe('bytes, counted by hand', () => {
  const PLACE = { tensor: 'w', firstRow: 0 } as const;

  it('q8: scales, then four columns of each row; padding is zero', () => {
    const encoding = createEncoding('q8', [3, 5]);
    // Row r has the codes 10 r + 1 … 10 r + 5 and the scale r + 1.
    const payload = Uint8Array.from({ length: 15 }, (_, index) => 10 * Math.floor(index / 5) + (index % 5) + 1);
    const { payload: panels } = interleaved(encoding, [3, 5], {
      payload,
      scales: new Uint8Array(Float32Array.of(1, 2, 3).buffer),
    });
    expect(panels.byteLength).toBe(32 + 8 * 32);
    expect([...new Float32Array(panels.slice(0, 32).buffer)]).toEqual([1, 2, 3, 0, 0, 0, 0, 0]);
    expect([...panels.subarray(32, 48)]).toEqual([1, 2, 3, 4, 11, 12, 13, 14, 21, 22, 23, 24, 0, 0, 0, 0]);
    expect([...panels.subarray(64, 80)]).toEqual([5, 0, 0, 0, 15, 0, 0, 0, 25, 0, 0, 0, 0, 0, 0, 0]);
    expect(panels.subarray(80).every((byte) => byte === 0)).toBe(true);
  });

  it('q4: the code -8 … 7 becomes 0 … 15, columns c and 16 + c share a byte', () => {
    // Column c has the code (c mod 16) - 8, and the 16 columns behind the other way around.
    const codes = Array.from({ length: 32 }, (_, c) => (c < 16 ? c - 8 : 23 - c));
    const values = Float32Array.from(codes, (code) => 0.5 * code);
    const encoding = createEncoding('q4', [1, 32]);
    const tile = encodedTile(encoding, 32, values, PLACE);
    const tensor = interleaved(encoding, [1, 32], tile);
    expect(tensor.payload.byteLength).toBe(160);
    expect([...tensor.payload.subarray(0, 8)]).toEqual([0, 0, 0, 0x3f, 0, 0, 0, 0]);
    const bytes = Array.from({ length: 16 }, (_, c) => tensor.payload[32 + (c >> 2) * 32 + (c & 3)]);
    expect(bytes).toEqual(Array.from({ length: 16 }, (_, c) => c | ((15 - c) << 4)));
    expect(decoded(tensor, 0, 1)).toEqual(values);
  });

  it('Q8_0 and Q4_0: d and codes as they are', () => {
    for (const [dtype, size, panelBytes] of [
      ['Q8_0', 34, 272],
      ['Q4_0', 18, 144],
    ] as const) {
      // Two blocks whose bytes are numbered.
      const payload = Uint8Array.from({ length: 2 * size }, (_, index) => index);
      const encoding = createEncoding(dtype, [1, 64]);
      const { payload: panels } = interleaved(encoding, [1, 64], { payload, scales: new Uint8Array(0) });
      expect(panels.byteLength).toBe(2 * panelBytes);
      for (const block of [0, 1]) {
        const start = block * panelBytes;
        expect([...panels.subarray(start, start + 4)]).toEqual([block * size, block * size + 1, 0, 0]);
        const codes = Array.from({ length: size - 2 }, (_, k) => panels[start + 16 + (k >> 2) * 32 + (k & 3)]);
        expect(codes).toEqual(Array.from({ length: size - 2 }, (_, k) => block * size + 2 + k));
      }
    }
  });
});

describe('refusals', () => {
  const encoding = createEncoding('q8', [3, 5]);
  const rows = randomRows(encoding, [3, 5], 1);

  it('an encoding without an interleaved form, and lengths that do not fit', () => {
    const panels = new Uint8Array(288);
    for (const other of [createEncoding('f32', [3, 5]), createEncoding('q4', [3, 64], { blockSize: 64 })]) {
      expect(() => interleaveRows(other, [3, 64], rows, panels)).toThrow(RangeError);
      expect(() => deinterleaveRows(other, [3, 64], panels, rows)).toThrow(RangeError);
    }
    for (const [shape, target] of [
      [[3, 5], panels.subarray(1)],
      [[2, 5], panels],
      [[9, 5], panels],
    ] as const) {
      expect(() => interleaveRows(encoding, shape, rows, target)).toThrow(RangeError);
      expect(() => deinterleaveRows(encoding, shape, target, rows)).toThrow(RangeError);
    }
    interleaveRows(encoding, [3, 5], rows, panels);
  });

  it('rows of the padding, and encoding straight into panels', () => {
    const tensor = interleaved(encoding, [3, 5], rows);
    expect(() => decoded(tensor, 2, 2)).toThrow(RangeError);
    expect(() => decoded(tensor, -1, 1)).toThrow(RangeError);
    expect(() => decoded({ ...tensor, payload: tensor.payload.subarray(0, 287) }, 0, 1)).toThrow(RangeError);
    expect(() => encodedTile(tensor.encoding, 5, new Float32Array(15), { tensor: 'w', firstRow: 0 })).toThrow(
      RangeError,
    );
  });

  it.each<[string, number, number]>([
    ['a scale of a padding row', 12, 1],
    ['a code of a padding row', 32 + 12, 1],
    ['a padded column', 64 + 1, 1],
    ['the last byte', 287, 0x80],
  ])('%s that is not zero', (_, at, value) => {
    const tensor = interleaved(encoding, [3, 5], rows);
    tensor.payload[at] = value;
    expect(() => checkScales(tensor)).toThrow(
      expect.objectContaining({ code: 'QUANT_PADDING', context: expect.objectContaining({ tensor: 'w' }) }),
    );
  });

  it.each<[string, DTypeName, ScaleType, number]>([
    ['zero', 'q8', 'f32', 0],
    ['negative', 'q8', 'f32', 0xbf800000],
    ['infinite', 'q4', 'f32', 0x7f800000],
    ['NaN', 'q4', 'f16', 0x7e00],
    ['zero', 'q8', 'f16', 0],
  ])('a scale that is %s (%s, %s)', (_, dtype, scaleType, bits) => {
    const shape: MatrixShape = [9, 64];
    const own = createEncoding(dtype, shape, { scaleType });
    const tensor = interleaved(own, shape, randomRows(own, shape, 2));
    const view = new DataView(tensor.payload.buffer);
    // Row 8, the only one of the second panel; q4 has its second group half a panel further on.
    const at = tensor.payload.byteLength / (dtype === 'q4' ? 4 / 3 : 2);
    if (scaleType === 'f32') view.setUint32(at, bits, true);
    else view.setUint16(at, bits, true);
    const element = 8 * 64 + (dtype === 'q4' ? 32 : 0);
    expect(() => checkScales(tensor)).toThrow(
      expect.objectContaining({ code: 'QUANT_SCALE', context: expect.objectContaining({ tensor: 'w', element }) }),
    );
  });

  it('takes whatever d a block of ggml has', () => {
    const shape: MatrixShape = [8, 32];
    const own = createEncoding('Q4_0', shape);
    checkScales(interleaved(own, shape, { payload: new Uint8Array(144).fill(255), scales: new Uint8Array(0) }));
  });
});

it('values survive: encode, interleave, decode', () => {
  const shape: MatrixShape = [10, 96];
  const values = gaussian(960, 7);
  const encoding = createEncoding('q4', shape, { scaleType: 'f16' });
  const tile = encodedTile(encoding, 96, values, { tensor: 'w', firstRow: 0 });
  const rowMajor: StoredTensor = { name: 'w', encoding, shape, ...tile };
  expect(decoded(interleaved(encoding, shape, tile), 0, 10)).toEqual(decoded(rowMajor, 0, 10));
});
