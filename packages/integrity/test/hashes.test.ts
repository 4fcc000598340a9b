/** FNV-1a-64, the SLM1 checksum, hexadecimal text. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSlm1Checksum, FNV64_BASIS, fnv1a64, fromHex, hex64, sameBytes, toHex } from '../src/index.ts';

/** Made by an independent implementation, `fixtures/oracles/slm1_golden.py`. */
const golden = JSON.parse(
  readFileSync(new URL('../../../fixtures/oracles/slm1-golden.json', import.meta.url), 'utf8'),
) as { nameHashes: Record<string, string>; checksums: { bytes: string; checksum: string }[] };

/** The definitions, written with bigints. */
const MASK = 2n ** 64n - 1n;
const PRIME = 0x100000001b3n;
function slowFnv(bytes: Uint8Array): bigint {
  let h = FNV64_BASIS;
  for (const byte of bytes) h = ((h ^ BigInt(byte)) * PRIME) & MASK;
  return h;
}
function slowChecksum(bytes: Uint8Array, h = FNV64_BASIS, start = 0): bigint {
  let value = h;
  bytes.forEach((byte, i) => {
    const index = start + i;
    const seen = index >= 100 && index < 108 ? 0 : byte;
    value ^= (BigInt(seen) + 256n * BigInt(index)) & MASK;
    value = ((value << 5n) | (value >> 59n)) & MASK;
    value = (value * PRIME) & MASK;
  });
  return value;
}

describe('FNV-1a-64', () => {
  /** The hashes that the SLM1 specification publishes. */
  it.each([
    ['tok_embeddings.weight', '771ef68a9b91c762'],
    ['norm.weight', 'e45e883176c5ce0f'],
    ['output.weight', '6d1cf81ef83b28c6'],
    ['layers.0.attn_norm.weight', '87180b38fdf51ea9'],
    ['layers.0.wq.weight', '2e1920bdb77012a5'],
    ['layers.0.w3.weight', '8aa814d13dcef57f'],
  ])('of %s', (name, expected) => {
    expect(hex64(fnv1a64(name))).toBe(expected);
  });

  /** Vectors of the authors' reference code. */
  it.each([
    ['', 'cbf29ce484222325'],
    ['a', 'af63dc4c8601ec8c'],
    ['foobar', '85944171f73967e8'],
  ])('of "%s"', (text, expected) => {
    expect(hex64(fnv1a64(text))).toBe(expected);
  });

  it('agrees with an independent implementation', () => {
    const names = Object.entries(golden.nameHashes);
    expect(names.length).toBeGreaterThan(20);
    for (const [name, expected] of names) expect(hex64(fnv1a64(name))).toBe(expected);
  });

  it('is its definition', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => fnv1a64(bytes) === slowFnv(bytes)));
  });

  it('takes text as UTF-8', () => {
    expect(fnv1a64('ü€')).toBe(slowFnv(new TextEncoder().encode('ü€')));
  });
});

describe('the SLM1 checksum', () => {
  it('agrees with an independent implementation', () => {
    expect(golden.checksums.length).toBeGreaterThan(2);
    for (const { bytes, checksum } of golden.checksums) {
      const state = createSlm1Checksum();
      state.update(fromHex(bytes));
      expect(hex64(state.digest())).toBe(checksum);
    }
  });

  it('is its definition, however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 90, maxLength: 400 }), fc.array(fc.nat(400)), (bytes, cuts) => {
        const state = createSlm1Checksum();
        let at = 0;
        for (const cut of [...cuts.sort((a, b) => a - b), bytes.byteLength]) {
          state.update(bytes.subarray(at, cut));
          at = Math.max(at, Math.min(cut, bytes.byteLength));
        }
        expect(state.byteLength).toBe(bytes.byteLength);
        expect(state.digest()).toBe(slowChecksum(bytes) || 1n);
      }),
    );
  });

  it('does not see its own place', () => {
    const bytes = new Uint8Array(200).fill(9);
    const other = bytes.slice().fill(77, 100, 108);
    const digests = [bytes, other].map((input) => {
      const state = createSlm1Checksum();
      state.update(input);
      return state.digest();
    });
    expect(digests[0]).toBe(digests[1]);
  });

  it('counts indices beyond 24 bits', () => {
    // 16 MiB of zeros, then bytes on both sides of the boundary, against the definition from a known state on.
    const state = createSlm1Checksum();
    state.update(new Uint8Array(2 ** 24 - 3));
    const before = state.digest();
    const tail = Uint8Array.of(1, 2, 3, 4, 5, 6, 255);
    state.update(tail);
    expect(state.digest()).toBe(slowChecksum(tail, before, 2 ** 24 - 3));
    expect(state.byteLength).toBe(2 ** 24 + 4);
  });

  it('sees every change of a byte', () => {
    const bytes = new Uint8Array(256).map((_, i) => i);
    const digestOf = (input: Uint8Array): bigint => {
      const state = createSlm1Checksum();
      state.update(input);
      return state.digest();
    };
    const expected = digestOf(bytes);
    for (let i = 0; i < bytes.byteLength; i++) {
      const changed = bytes.slice();
      changed[i] = (changed[i] ?? 0) ^ 1;
      expect(digestOf(changed) === expected).toBe(i >= 100 && i < 108);
    }
  });
});

describe('hexadecimal text', () => {
  it('goes there and back', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => sameBytes(fromHex(toHex(bytes)), bytes)));
    expect(toHex(Uint8Array.of(0, 171, 255))).toBe('00abff');
  });

  it.each(['a', 'AB', 'zz', ' ab', '0x'])('refuses %j', (text) => {
    expect(() => fromHex(text)).toThrow(RangeError);
  });

  it('writes 64-bit values in 16 digits', () => {
    expect(hex64(1n)).toBe('0000000000000001');
    expect(hex64(-1n)).toBe('ffffffffffffffff');
  });

  it('compares bytes', () => {
    expect(sameBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
    expect(sameBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
    expect(sameBytes(Uint8Array.of(1), Uint8Array.of(1, 0))).toBe(false);
  });
});
