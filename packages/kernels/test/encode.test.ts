/** Conversions by the kernels: the bytes and the sums of the definitions, for whatever values. */
import { createEncoding, encodedSize, interleavedEncoding, type TensorEncoding } from '@mirust/core';
import { bf16ToF32, decodeRows, encodedTile, f16ToF32, type MatrixShape } from '@mirust/quant';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeScratchBytes } from '../src/encode/index.ts';
import { defined, EncodeBench, TARGETS } from './_encode.ts';
import { differences, gaussian, randomBytes, uniform } from './_values.ts';

const bench = await EncodeBench.create();

/** Compares with the definitions: both refuse, or both give the same. */
function check(values: Float32Array, shape: MatrixShape, target: TensorEncoding): void {
  const expected = defined(values, shape, target);
  const actual = bench.encode(values, shape, target);
  if (expected === undefined || actual === undefined) {
    expect(actual).toBe(expected);
    return;
  }
  expect(Buffer.compare(actual.payload, expected.payload)).toBe(0);
  expect(Buffer.compare(actual.scales, expected.scales)).toBe(0);
  expect(differences(actual.sums, expected.sums)).toEqual([]);
}

/** The next f32 away from zero, or towards it. */
function neighbour(value: number, by: 1 | -1): number {
  const bits = new Int32Array(Float32Array.of(value).buffer);
  bits[0] = (bits[0] as number) + by;
  return new Float32Array(bits.buffer)[0] as number;
}

const MAX_F32 = (2 - 2 ** -23) * 2 ** 127;

/** Values at which something changes: ends of ranges, ties, subnormal numbers. */
const EDGES: readonly number[] = [
  ...[0, 2 ** -149, 2 ** -134, 2 ** -126, 2 ** -128 * 127, 2 ** -128 * 8, 2 ** -25, 2 ** -24, 2 ** -14, 0.001, 1, 7.5],
  ...[8.5, 127, 127.5, 65_504, 65_519.996, 65_520, 127 * 65_504, 8 * 65_504, 2 ** 100, MAX_F32 / 8, MAX_F32 / 127],
  ...[MAX_F32, bf16ToF32(0x7f7f)],
].flatMap((value) => {
  const near = [value, neighbour(Math.fround(value), 1)].map(Math.fround).filter(Number.isFinite);
  return [...near, ...near.map((each) => -each)];
});

/** Any finite f32, by its bits: as many small as large ones. */
const anyFinite: fc.Arbitrary<number> = fc
  .integer({ min: 0, max: 0xff7fffff })
  .map((bits) => new Float32Array(Uint32Array.of(bits).buffer)[0] as number)
  .filter(Number.isFinite);

describe.each(TARGETS)('to $name', ({ name, encoding }) => {
  const isQ4 = name.startsWith('q4');
  const columnCounts = isQ4
    ? fc.constantFrom(32, 64, 96, 288)
    : fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constantFrom(96, 288));
  const shapes: fc.Arbitrary<MatrixShape> = fc.tuple(fc.integer({ min: 1, max: 19 }), columnCounts);

  it('noise of every magnitude', () => {
    fc.assert(
      fc.property(shapes, fc.nat(), fc.integer({ min: -150, max: 127 }), (shape, seed, exponent) => {
        const values = gaussian(shape[0] * shape[1], seed).map((value) => value * 2 ** exponent);
        check(
          values.map((value) => (Number.isFinite(value) ? value : 0)),
          shape,
          encoding(shape),
        );
      }),
      { numRuns: 300 },
    );
  });

  it('edges among noise, alone, and all of a row', () => {
    fc.assert(
      fc.property(
        shapes,
        fc.nat(),
        fc.constantFrom(0, 0.05, 1e-7, 1e-30),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (shape, seed, noise, share) => {
          const next = uniform(seed);
          const values = gaussian(shape[0] * shape[1], seed, 1).map((value) => {
            return next() < share ? (EDGES[Math.floor(next() * EDGES.length)] as number) : value * noise;
          });
          check(values, shape, encoding(shape));
        },
      ),
      { numRuns: 500 },
    );
    const columns = isQ4 ? 32 : 5;
    for (const edge of EDGES) check(new Float32Array(9 * columns).fill(edge), [9, columns], encoding([9, columns]));
  });

  it('any bits that are finite', () => {
    const columns = isQ4 ? 32 : 7;
    fc.assert(
      fc.property(fc.array(anyFinite, { minLength: columns, maxLength: columns }), (row) => {
        check(Float32Array.from([...row, ...row]), [2, columns], encoding([2, columns]));
      }),
      { numRuns: 500 },
    );
  });

  it('refuses what is not finite, wherever it is', () => {
    const shape: MatrixShape = [11, isQ4 ? 64 : 37];
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (let at = 0; at < shape[0] * shape[1]; at += 13) {
        const values = gaussian(shape[0] * shape[1], at);
        values[at] = bad;
        expect(bench.encode(values, shape, encoding(shape))).toBeUndefined();
      }
    }
  });
});

describe('rounding', () => {
  it('to every f16, and at every value half-way to the next', () => {
    const values = Array.from({ length: 0x7bff }, (_, bits) => [
      f16ToF32(bits),
      (f16ToF32(bits) + f16ToF32(bits + 1)) / 2,
    ]);
    for (const [index, pair] of values.entries()) {
      if (index % 1024 !== 0) continue;
      const row = values
        .slice(index, index + 1024)
        .flatMap((each) =>
          each.flatMap((value) => [value, -value, neighbour(value, 1), value === 0 ? 0 : neighbour(value, -1)]),
        );
      expect(pair).toBeDefined();
      check(Float32Array.from(row), [1, row.length], createEncoding('f16', [1, row.length]));
    }
  });

  it('to every bf16, and at every value half-way to the next', () => {
    for (let first = 0; first < 0x7f7f; first += 1024) {
      const row = Array.from({ length: Math.min(1024, 0x7f7f - first) }, (_, index) => {
        const value = bf16ToF32(first + index);
        const half = Math.fround((value + bf16ToF32(first + index + 1)) / 2);
        return [value, -value, half, -half, neighbour(half, 1), neighbour(half, -1)];
      }).flat();
      const finite = row.filter(Number.isFinite);
      check(Float32Array.from(finite), [1, finite.length], createEncoding('bf16', [1, finite.length]));
    }
  });

  it('to every code of q8 and q4, ties to even', () => {
    for (const { encoding } of TARGETS.slice(3)) {
      const steps = Array.from({ length: 512 }, (_, index) => (index - 256) / 2);
      for (const extreme of [127, -127, 7, -8, 8.5]) {
        for (const unit of [1, 3, 0.1, 2 ** -20]) {
          const values = steps.map((step) => Math.max(-Math.abs(extreme), Math.min(Math.abs(extreme), step)));
          values[0] = extreme;
          check(
            Float32Array.from(values, (value) => value * unit),
            [1, 512],
            encoding([1, 512]),
          );
          check(
            Float32Array.from(values, (value) => value * unit),
            [16, 32],
            encoding([16, 32]),
          );
        }
      }
    }
  });

  it('of every f16 scale', () => {
    for (const dtype of ['q8', 'q4'] as const) {
      for (let bits = 1; bits < 0x7c00; bits += 7) {
        const scale = f16ToF32(bits);
        const extremes = dtype === 'q8' ? [127, 127.4, 127.6] : [7, 7.3, 8, -8.2];
        const rows = extremes.map((extreme) =>
          Float32Array.from({ length: 32 }, (_, i) => (i === 3 ? extreme : (i - 16) / 3) * scale),
        );
        const values = Float32Array.from(rows.flatMap((row) => [...row]));
        const shape: MatrixShape = [rows.length, 32];
        check(values, shape, createEncoding(dtype, shape, { scaleType: 'f16' }));
      }
    }
  });

  it('of f16 scales so coarse that codes have to be clamped', () => {
    for (const dtype of ['q8', 'q4'] as const) {
      const steps = dtype === 'q8' ? 127 : 7;
      for (let units = 0.5; units < 40; units += 0.0625) {
        const extreme = steps * units * 2 ** -24;
        const noise = gaussian(32, units * 16, extreme / 3).map((value) =>
          Math.max(-extreme, Math.min(extreme, value)),
        );
        for (const sign of [1, -1]) {
          noise[5] = sign * extreme;
          check(noise, [1, 32], createEncoding(dtype, [1, 32], { scaleType: 'f16' }));
        }
      }
    }
  });
});

describe('from stored rows', () => {
  const shape: MatrixShape = [11, 512];
  const own = (dtype: 'q8' | 'q4', scaleType: 'f32' | 'f16', blockSize = 32): TensorEncoding =>
    createEncoding(dtype, shape, { scaleType, blockSize });
  const scaled = [own('q8', 'f32'), own('q8', 'f16'), own('q4', 'f32'), own('q4', 'f16')];
  const encodings = [
    ...(['f16', 'bf16'] as const).map((dtype) => createEncoding(dtype, shape)),
    ...scaled,
    ...scaled.map((encoding) => interleavedEncoding(encoding, shape)),
    own('q4', 'f32', 64),
    ...(
      ['Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'Q8_0', 'Q2_K', 'Q3_K', 'Q4_K', 'Q5_K', 'Q6_K', 'IQ4_NL', 'IQ4_XS'] as const
    ).map((dtype) => createEncoding(dtype, shape)),
    interleavedEncoding(createEncoding('Q8_0', shape), shape),
    interleavedEncoding(createEncoding('Q4_0', shape), shape),
  ];

  it.each(encodings)('of $dtype, scales $scaleType, layout $layout, block $blockSize', (encoding) => {
    for (let seed = 0; seed < 6; seed++) {
      const stored = storedRows(encoding, shape, seed);
      const values = new Float32Array(shape[0] * shape[1]);
      decodeRows({ name: 't', shape, ...stored }, 0, shape[0], values);
      for (const { encoding: target } of TARGETS) {
        const expected = defined(values, shape, target(shape));
        const actual = bench.convert(stored, shape, target(shape));
        if (expected === undefined || actual === undefined) expect(actual).toBe(expected);
        else {
          expect(Buffer.compare(actual.payload, expected.payload)).toBe(0);
          expect(Buffer.compare(actual.scales, expected.scales)).toBe(0);
          expect(differences(actual.sums, expected.sums)).toEqual([]);
        }
      }
    }
  });
});

/** Random codes, good scales. */
function storedRows(encoding: TensorEncoding, shape: MatrixShape, seed: number): Parameters<EncodeBench['convert']>[0] {
  const { payloadBytes, scaleBytes } = encodedSize(encoding, shape);
  if (encoding.layout === 'interleaved' && (encoding.dtype === 'q8' || encoding.dtype === 'q4')) {
    const values = gaussian(shape[0] * shape[1], seed);
    const converted = bench.encode(values, shape, encoding);
    if (converted === undefined) throw new Error('the kernels refuse noise');
    return { encoding, ...converted };
  }
  if (encoding.dtype === 'q8' || encoding.dtype === 'q4') {
    return {
      encoding,
      ...encodedTile(encoding, shape[1], gaussian(shape[0] * shape[1], seed), { tensor: 't', firstRow: 0 }),
    };
  }
  return { encoding, payload: randomBytes(payloadBytes, seed), scales: new Uint8Array(scaleBytes) };
}

describe('whether floats are finite', () => {
  it.each([
    ['f32', 4, 0x7f800000, 0x7fc00001],
    ['f16', 2, 0x7c00, 0xfe01],
    ['bf16', 2, 0x7f80, 0xffc1],
  ] as const)('of %s, in every place', (_name, width, infinity, notANumber) => {
    for (const count of [1, 7, 8, 9, 31, 64]) {
      const bytes = new Uint8Array(count * width);
      const view = new DataView(bytes.buffer);
      const set = (index: number, bits: number): void => {
        if (width === 4) view.setUint32(index * 4, bits, true);
        else view.setUint16(index * 2, bits, true);
      };
      const largest = infinity - 1;
      for (let index = 0; index < count; index++) set(index, index % 2 === 0 ? largest : 0);
      expect(bench.areFinite(bytes, count, infinity, width === 2)).toBe(true);
      for (let index = 0; index < count; index++) {
        for (const bits of [infinity, notANumber]) {
          set(index, bits);
          expect(bench.areFinite(bytes, count, infinity, width === 2)).toBe(false);
        }
        set(index, largest);
      }
    }
  });
});

it('needs no more scratch than it says', () => {
  for (let columns = 1; columns < 5000; columns++) {
    expect(encodeScratchBytes(columns)).toBeGreaterThanOrEqual(bench.kernels.tileScratchBytes(columns));
  }
});

it('works on memory that threads share', async () => {
  const shared = await EncodeBench.create(true);
  const shape: MatrixShape = [16, 96];
  const values = gaussian(16 * 96, 1);
  for (const { encoding } of TARGETS) {
    expect(shared.encode(values, shape, encoding(shape))).toEqual(defined(values, shape, encoding(shape)));
  }
});
