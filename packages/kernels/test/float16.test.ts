/** f16 to f32 for every bit pattern, and back: to nearest, ties to even, clamped to what f16 can hold. */
import { f16ToF32, f32ToF16, MAX_F16 } from '@mirust/quant';
import { expect, it } from 'vitest';
import { describeBuilds, type Workbench } from './_builds.ts';
import { differences, uniform } from './_values.ts';

const ALL_BITS = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);
const ALL_VALUES = Float32Array.from(ALL_BITS, f16ToF32);

/** What the cache stores: the nearest f16, but the largest finite one for all that is larger; one quiet NaN per sign. */
function nearestF16(value: number): number {
  return f32ToF16(Math.max(-MAX_F16, Math.min(MAX_F16, value)));
}

function toF16(bench: Workbench, values: Float32Array, alignment = 16): Uint16Array {
  const source = bench.clear().put(values, alignment);
  const target = bench.room(values.length * 2 + 16, 2);
  bench.kernels.f32ToF16(source, target, values.length);
  expect(bench.isUntouched(target + values.length * 2, 16)).toBe(true);
  return new Uint16Array(bench.bytes(target, values.length * 2).slice().buffer);
}

/** The bits of f16 without the sign and payload of NaN. */
function canonical(bits: number): number {
  return (bits & 0x7fff) > 0x7c00 ? 0x7e00 : bits;
}

describeBuilds('f16', (bench) => {
  it('every f16 is exactly an f32', () => {
    const source = bench.clear().put(ALL_BITS);
    const target = bench.room(65_536 * 4);
    bench.kernels.f16ToF32(source, target, 65_536);
    expect(differences(bench.floats(target, 65_536), ALL_VALUES)).toEqual([]);
  });

  it.each([0, 1, 2, 7, 8, 9, 15, 16, 31])('%i values, none read or written behind them', (count) => {
    const source = bench.clear().put(ALL_BITS.subarray(0x3bf0, 0x3bf0 + count), 2);
    const target = bench.room(count * 4 + 16, 4);
    bench.kernels.f16ToF32(source, target, count);
    expect(differences(bench.floats(target, count), ALL_VALUES.subarray(0x3bf0, 0x3bf0 + count))).toEqual([]);
    expect(bench.isUntouched(target + count * 4, 16)).toBe(true);
    expect(toF16(bench, ALL_VALUES.slice(0x3bf0, 0x3bf0 + count), 4)).toEqual(ALL_BITS.slice(0x3bf0, 0x3bf0 + count));
  });

  it('every f16 that is finite comes back from f32', () => {
    const back = toF16(bench, ALL_VALUES);
    const expected = Array.from(ALL_BITS, (bits) => {
      const magnitude = bits & 0x7fff;
      if (magnitude > 0x7c00) return 0x7e00;
      return magnitude === 0x7c00 ? bits - 1 : bits;
    });
    expect(differences(Array.from(back, canonical), expected)).toEqual([]);
  });

  it('between any two neighbours: the tie to even, everything else to the nearer one', () => {
    // Neighbours of one sign, their midpoint, and the f32 on both sides of it. The last pair is 65,504 and 65,536.
    const values: number[] = [];
    const expected: number[] = [];
    const words = new Uint32Array(1);
    const float = new Float32Array(words.buffer);
    for (let bits = 0; bits < 0x7c00; bits++) {
      const upper = bits === 0x7bff ? 65_536 : f16ToF32(bits + 1);
      float[0] = (f16ToF32(bits) + upper) / 2;
      const middle = words[0] as number;
      for (const [step, wanted] of [
        [-1, bits],
        [0, bits + (bits & 1)],
        [1, bits + 1],
      ] as const) {
        words[0] = middle + step;
        values.push(float[0] as number, -(float[0] as number));
        const clamped = Math.min(wanted, 0x7bff);
        expected.push(clamped, clamped | 0x8000);
      }
    }
    expect(differences(toF16(bench, Float32Array.from(values)), expected)).toEqual([]);
  });

  it('what is beyond f16 becomes its largest value, what is below half its smallest becomes 0', () => {
    const values = [
      65_505,
      65_519.996,
      65_520,
      1e30,
      Number.POSITIVE_INFINITY,
      2 ** -25,
      2 ** -25 * 1.0000001,
      1e-45,
      0,
    ];
    const bits = [0x7bff, 0x7bff, 0x7bff, 0x7bff, 0x7bff, 0, 1, 0, 0];
    expect([...toF16(bench, Float32Array.from(values))]).toEqual(bits);
    expect([
      ...toF16(
        bench,
        Float32Array.from(values, (value) => -value),
      ),
    ]).toEqual(bits.map((b) => b | 0x8000));
  });

  it('any f32 bits', () => {
    const next = uniform(3);
    const values = new Float32Array(Uint32Array.from({ length: 100_000 }, () => next() * 2 ** 32).buffer);
    const actual = Array.from(toF16(bench, values), canonical);
    expect(differences(actual, Array.from(values, nearestF16))).toEqual([]);
  });
});
