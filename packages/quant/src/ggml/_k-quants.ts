/**
 * ggml's blocks of 256 values (ggml-org/llama.cpp, `ggml-common.h`; values as `ggml-quants.c` gives them).
 *
 * ```
 * Q2_K  scales 16 B · qs 64 B · d f16 · dmin f16                    d · (s & 15) · q - dmin · (s >> 4)    16 groups
 * Q3_K  hmask 32 B · qs 64 B · scales 12 B · d f16                  d · (s - 32) · (q - 4)                16 groups
 * Q4_K  d f16 · dmin f16 · scales 12 B · qs 128 B                   d · s · q - dmin · m                   8 groups
 * Q5_K  d f16 · dmin f16 · scales 12 B · qh 32 B · qs 128 B         d · s · q - dmin · m                   8 groups
 * Q6_K  ql 128 B · qh 64 B · scales 16 × i8 · d f16                 d · s · (q - 32)                      16 groups
 * ```
 * Scales and minima are themselves rounded to f32 before they meet the codes, and so is every product.
 */
import { type BlockDecoder, f16At, i8At } from './_legacy.ts';

/** Two-bit codes: half h (128 values, 32 bytes) and shift 2j hold values 128h + 32j to 128h + 32j + 31. */
export const decodeQ2_K: BlockDecoder = (bytes, target) => {
  for (let at = 0, block = 0; at < target.length; at += 256, block += 84) {
    const d = f16At(bytes, block + 80);
    const dmin = f16At(bytes, block + 82);
    for (let group = 0; group < 16; group++) {
      const packed = bytes[block + group] as number;
      const scale = Math.fround(d * (packed & 15));
      const minimum = Math.fround(dmin * (packed >> 4));
      const codes = block + 16 + twoBitOffset(group);
      const shift = twoBitShift(group);
      for (let i = 0; i < 16; i++) {
        const code = ((bytes[codes + i] as number) >> shift) & 3;
        target[at + group * 16 + i] = Math.fround(scale * code) - minimum;
      }
    }
  }
};

/** The third bit of value v is bit v / 32 of hmask[v mod 32]; where it is clear, 4 is subtracted. */
export const decodeQ3_K: BlockDecoder = (bytes, target) => {
  for (let at = 0, block = 0; at < target.length; at += 256, block += 110) {
    const d = f16At(bytes, block + 108);
    for (let group = 0; group < 16; group++) {
      const scale = Math.fround(d * (q3Scale(bytes, block + 96, group) - 32));
      const codes = block + 32 + twoBitOffset(group);
      const shift = twoBitShift(group);
      const mask = block + (group & 1) * 16;
      for (let i = 0; i < 16; i++) {
        const low = ((bytes[codes + i] as number) >> shift) & 3;
        const high = ((bytes[mask + i] as number) >> (group >> 1)) & 1;
        target[at + group * 16 + i] = scale * (low + high * 4 - 4);
      }
    }
  }
};

/** Offset of the 16 bytes with the two-bit codes of a group. */
function twoBitOffset(group: number): number {
  return (group >> 3) * 32 + (group & 1) * 16;
}

function twoBitShift(group: number): number {
  return ((group >> 1) & 3) * 2;
}

/** Scale g: its lower four bits are nibble g of the first eight bytes (low nibbles first), its upper two lie behind. */
function q3Scale(bytes: Uint8Array, offset: number, group: number): number {
  const low = ((bytes[offset + (group & 7)] as number) >> ((group >> 3) * 4)) & 15;
  const high = ((bytes[offset + 8 + (group & 3)] as number) >> ((group >> 2) * 2)) & 3;
  return low | (high << 4);
}

export const decodeQ4_K: BlockDecoder = (bytes, target) => {
  for (let at = 0, block = 0; at < target.length; at += 256, block += 144) {
    const d = f16At(bytes, block);
    const dmin = f16At(bytes, block + 2);
    for (let group = 0; group < 8; group++) {
      const scale = Math.fround(d * q4Scale(bytes, block + 4, group));
      const minimum = Math.fround(dmin * q4Minimum(bytes, block + 4, group));
      const codes = block + 16 + (group >> 1) * 32;
      const shift = (group & 1) * 4;
      for (let i = 0; i < 32; i++) {
        const code = ((bytes[codes + i] as number) >> shift) & 15;
        target[at + group * 32 + i] = Math.fround(scale * code) - minimum;
      }
    }
  }
};

/** Q4_K with a fifth bit: that of value i of group g is bit g of qh[i]. */
export const decodeQ5_K: BlockDecoder = (bytes, target) => {
  for (let at = 0, block = 0; at < target.length; at += 256, block += 176) {
    const d = f16At(bytes, block);
    const dmin = f16At(bytes, block + 2);
    for (let group = 0; group < 8; group++) {
      const scale = Math.fround(d * q4Scale(bytes, block + 4, group));
      const minimum = Math.fround(dmin * q4Minimum(bytes, block + 4, group));
      const codes = block + 48 + (group >> 1) * 32;
      const shift = (group & 1) * 4;
      for (let i = 0; i < 32; i++) {
        const low = ((bytes[codes + i] as number) >> shift) & 15;
        const high = ((bytes[block + 16 + i] as number) >> group) & 1;
        target[at + group * 32 + i] = Math.fround(scale * (low | (high << 4))) - minimum;
      }
    }
  }
};

/** Six-bit scales and minima: four of each in 6 bits of bytes 0-3 and 4-7, the others split over those and 8-11. */
function q4Scale(bytes: Uint8Array, offset: number, group: number): number {
  if (group < 4) return (bytes[offset + group] as number) & 63;
  return ((bytes[offset + 4 + group] as number) & 15) | (((bytes[offset + group - 4] as number) >> 6) << 4);
}

function q4Minimum(bytes: Uint8Array, offset: number, group: number): number {
  if (group < 4) return (bytes[offset + 4 + group] as number) & 63;
  return ((bytes[offset + 4 + group] as number) >> 4) | (((bytes[offset + group] as number) >> 6) << 4);
}

/**
 * Six-bit codes of half h (128 values): values 32j to 32j + 31 have their lower nibble in ql[64h + 32 (j mod 2) …], in
 * the upper nibbles for j > 1, and their upper two bits in bits 2j of qh[32h …].
 */
export const decodeQ6_K: BlockDecoder = (bytes, target) => {
  for (let at = 0, block = 0; at < target.length; at += 256, block += 210) {
    const d = f16At(bytes, block + 208);
    for (let group = 0; group < 16; group++) {
      const scale = Math.fround(d * i8At(bytes, block + 192 + group));
      const half = group >> 3;
      const part = (group >> 1) & 3;
      const within = (group & 1) * 16;
      const low = block + half * 64 + (part & 1) * 32 + within;
      const high = block + 128 + half * 32 + within;
      for (let i = 0; i < 16; i++) {
        const nibble = ((bytes[low + i] as number) >> ((part >> 1) * 4)) & 15;
        const upper = ((bytes[high + i] as number) >> (part * 2)) & 3;
        target[at + group * 16 + i] = scale * ((nibble | (upper << 4)) - 32);
      }
    }
  }
};
