/**
 * The checksum of SLM1: 64 bits over the whole file, every byte with its position, the stored value's own bytes
 * (100 to 107) read as zero.
 *
 * ```
 * h = cbf29ce484222325
 * per byte b at index i:  h = rotl64(h XOR (b + 256·i mod 2^64), 5) × 100000001b3 mod 2^64
 * ```
 * A result of 0 is stored as 1. It finds accidents, not attackers: integrity is SHA-256.
 *
 * Every step depends on the one before, so the pass cannot be split over threads; 32-bit halves keep it out of
 * bigint (see `fnv.ts` for the product).
 */

/** Offset of the stored checksum in the file. */
export const SLM1_CHECKSUM_OFFSET = 100;
const SLM1_CHECKSUM_END = 108;

/** Index bits per run of the inner loop: within a run, bits 24 and above of the index are constant. */
const RUN_BYTES: number = 2 ** 24;

/** A checksum over a file that arrives in order, in pieces of any size. */
export interface Slm1Checksum {
  /** Bytes taken so far, the index of the next byte. */
  readonly byteLength: number;
  /** Takes the next bytes. */
  update(bytes: Uint8Array): void;
  /** The checksum of everything so far, as it is stored: never 0. More bytes may follow. */
  digest(): bigint;
}

/** Starts a checksum at index 0. */
export function createSlm1Checksum(): Slm1Checksum {
  const state = { high: 0xcbf29ce4 | 0, low: 0x84222325 | 0, index: 0 };
  return {
    get byteLength() {
      return state.index;
    },
    update(bytes) {
      let at = 0;
      while (at < bytes.byteLength) {
        const inHeader = state.index < SLM1_CHECKSUM_END;
        const room = inHeader ? SLM1_CHECKSUM_END - state.index : RUN_BYTES - (state.index % RUN_BYTES);
        const piece = bytes.subarray(at, at + room);
        at += piece.byteLength;
        run(state, inHeader ? withoutChecksum(piece, state.index) : piece);
      }
    },
    digest() {
      const value = (BigInt(state.high >>> 0) << 32n) | BigInt(state.low >>> 0);
      return value === 0n ? 1n : value;
    },
  };
}

/** A copy of bytes at `index` of the file, those of the stored checksum made zero. */
function withoutChecksum(bytes: Uint8Array, index: number): Uint8Array {
  return bytes.map((byte, i) => (index + i >= SLM1_CHECKSUM_OFFSET ? 0 : byte));
}

function run(state: { high: number; low: number; index: number }, bytes: Uint8Array): void {
  let { high, low } = state;
  const start = state.index;
  const indexHigh = Math.floor(start / RUN_BYTES) | 0;
  let indexLow = (start % RUN_BYTES) << 8;
  for (let i = 0; i < bytes.length; i++) {
    const x = low ^ (indexLow | (bytes[i] as number));
    const y = high ^ indexHigh;
    indexLow = (indexLow + 256) | 0;
    low = (x << 5) | (y >>> 27);
    high = (y << 5) | (x >>> 27);
    // The carry of the low product is what takes long; the low word itself need not wait for it.
    const carry = (Math.imul(low >>> 16, 0x1b3) + (Math.imul(low & 0xffff, 0x1b3) >>> 16)) >>> 16;
    high = (Math.imul(high, 0x1b3) + (low << 8) + carry) | 0;
    low = Math.imul(low, 0x1b3);
  }
  state.high = high;
  state.low = low;
  state.index = start + bytes.length;
}
