/**
 * FNV-1a, 64 bits: SLM1 stores this hash of a tensor's name instead of the name.
 *
 * `h = cbf29ce484222325`; per byte `h = (h XOR byte) * 100000001b3 mod 2^64` (Fowler, Noll and Vo; `fnv.h` of their reference code). Not
 * cryptographic: whoever wants two names with the same hash can have them, so readers look up known names only.
 */

/** Start value of FNV-1a-64 and of the SLM1 checksum. */
export const FNV64_BASIS = 0xcbf29ce484222325n;

const encoder: TextEncoder = new TextEncoder();

/**
 * FNV-1a-64 of bytes, or of text as UTF-8.
 *
 * The state is two unsigned 32-bit halves, because a bigint per byte is two orders of magnitude slower. The prime is
 * 2^40 + 0x1b3, so `h * prime` is `h * 0x1b3` plus `low << 40`; the low product is made of 16-bit halves, every
 * intermediate of which stays below 2^31.
 */
export function fnv1a64(data: string | Uint8Array): bigint {
  const bytes = typeof data === 'string' ? encoder.encode(data) : data;
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  for (let i = 0; i < bytes.length; i++) {
    low ^= bytes[i] as number;
    const carry = (Math.imul(low >>> 16, 0x1b3) + (Math.imul(low & 0xffff, 0x1b3) >>> 16)) >>> 16;
    high = (Math.imul(high, 0x1b3) + (low << 8) + carry) | 0;
    low = Math.imul(low, 0x1b3);
  }
  return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
}
