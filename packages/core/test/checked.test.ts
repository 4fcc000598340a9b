import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alignUp, checkedAdd, checkedMul, isAlignment, isMirustError, toSafeNumber } from '../src/index.ts';

const safe = fc.oneof(
  fc.maxSafeNat(),
  fc.nat(1000).map((n) => Number.MAX_SAFE_INTEGER - n),
  fc.nat(2 ** 20),
);

/** The value, or the code of the error. */
function outcome(compute: () => number): number | string {
  try {
    return compute();
  } catch (error) {
    if (isMirustError(error)) return error.code;
    throw error;
  }
}

describe('checked arithmetic agrees with bigint, and refuses what a double cannot hold', () => {
  const limit = BigInt(Number.MAX_SAFE_INTEGER);
  const expected = (value: bigint): number | string => (value <= limit ? Number(value) : 'OVERFLOW');

  it('adds', () => {
    fc.assert(
      fc.property(safe, safe, (a, b) => {
        expect(outcome(() => checkedAdd(a, b, 'sum'))).toBe(expected(BigInt(a) + BigInt(b)));
      }),
    );
  });

  it('multiplies', () => {
    fc.assert(
      fc.property(safe, safe, (a, b) => {
        expect(outcome(() => checkedMul(a, b, 'product'))).toBe(expected(BigInt(a) * BigInt(b)));
      }),
    );
  });

  it('aligns', () => {
    fc.assert(
      fc.property(safe, fc.nat(30), (value, exponent) => {
        const alignment = 1n << BigInt(exponent);
        const aligned = ((BigInt(value) + alignment - 1n) / alignment) * alignment;
        expect(outcome(() => alignUp(value, 2 ** exponent))).toBe(expected(aligned));
      }),
    );
  });

  it('narrows a u64', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 64n - 1n), (value) => {
        expect(outcome(() => toSafeNumber(value, 'count'))).toBe(expected(value));
      }),
    );
    expect(outcome(() => toSafeNumber(2n ** 53n - 1n, 'count'))).toBe(2 ** 53 - 1);
    expect(outcome(() => toSafeNumber(2n ** 53n, 'count'))).toBe('OVERFLOW');
  });
});

describe('alignments', () => {
  it.each([0, -1, 3, 6, 1.5, 2 ** 31, 2 ** 32, Number.NaN, Number.POSITIVE_INFINITY])('refuses %d', (alignment) => {
    expect(isAlignment(alignment)).toBe(false);
    expect(() => alignUp(5, alignment)).toThrow(RangeError);
  });

  it('takes powers of two up to 2^30', () => {
    for (let exponent = 0; exponent <= 30; exponent++) expect(isAlignment(2 ** exponent)).toBe(true);
  });
});

it('an overflow carries the context it was given', () => {
  try {
    checkedMul(2 ** 40, 2 ** 40, 'bytes of a tensor', { tensor: 'wq', offset: 12 });
    expect.unreachable();
  } catch (error) {
    if (!isMirustError(error, 'OVERFLOW')) throw error;
    expect(error.class).toBe('structure');
    expect(error.offset).toBe(12);
    expect(error.context).toMatchObject({ tensor: 'wq' });
    expect(error.message).toContain('bytes of a tensor');
    expect(error.remedy).not.toBe('');
  }
});
