/**
 * ggml's blocks of 32 values (ggml-org/llama.cpp, `ggml-common.h`; values as `ggml-quants.c` gives them).
 *
 * ```
 * Q4_0  d f16                qs 16 B     d · (q - 8)
 * Q4_1  d f16, m f16         qs 16 B     d · q + m
 * Q5_0  d f16        qh 4 B  qs 16 B     d · (q - 16)
 * Q5_1  d f16, m f16 qh 4 B  qs 16 B     d · q + m
 * Q8_0  d f16                qs 32 B     d · q                q: i8
 * ```
 * A byte of qs holds value i in its low nibble and value i + 16 in its high one; bit i of qh is bit 4 of value i.
 * Every step is rounded to f32: a product of two f32 is exact in f64, and storing it rounds once.
 */
import { f16ToF32 } from '../float16.ts';

/** Decodes as many whole blocks as `target` holds, from the start of `bytes`. */
export type BlockDecoder = (bytes: Uint8Array, target: Float32Array) => void;

/** The f16 at an offset. */
export function f16At(bytes: Uint8Array, offset: number): number {
  return f16ToF32((bytes[offset] as number) | ((bytes[offset + 1] as number) << 8));
}

/** The signed byte at an offset. */
export function i8At(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset] as number) << 24) >> 24;
}

export const decodeQ4_0: BlockDecoder = (bytes, target) => {
  for (let at = 0, block = 0; at < target.length; at += 32, block += 18) {
    const d = f16At(bytes, block);
    for (let i = 0; i < 16; i++) {
      const byte = bytes[block + 2 + i] as number;
      target[at + i] = d * ((byte & 15) - 8);
      target[at + i + 16] = d * ((byte >> 4) - 8);
    }
  }
};

export const decodeQ4_1: BlockDecoder = (bytes, target) => {
  for (let at = 0, block = 0; at < target.length; at += 32, block += 20) {
    const d = f16At(bytes, block);
    const m = f16At(bytes, block + 2);
    for (let i = 0; i < 16; i++) {
      const byte = bytes[block + 4 + i] as number;
      target[at + i] = Math.fround(d * (byte & 15)) + m;
      target[at + i + 16] = Math.fround(d * (byte >> 4)) + m;
    }
  }
};

export const decodeQ5_0: BlockDecoder = (bytes, target) => {
  for (let at = 0, block = 0; at < target.length; at += 32, block += 22) {
    const d = f16At(bytes, block);
    for (let i = 0; i < 16; i++) {
      const byte = bytes[block + 6 + i] as number;
      target[at + i] = d * (((byte & 15) | fifthBit(bytes, block + 2, i)) - 16);
      target[at + i + 16] = d * (((byte >> 4) | fifthBit(bytes, block + 2, i + 16)) - 16);
    }
  }
};

export const decodeQ5_1: BlockDecoder = (bytes, target) => {
  for (let at = 0, block = 0; at < target.length; at += 32, block += 24) {
    const d = f16At(bytes, block);
    const m = f16At(bytes, block + 2);
    for (let i = 0; i < 16; i++) {
      const byte = bytes[block + 8 + i] as number;
      target[at + i] = Math.fround(d * ((byte & 15) | fifthBit(bytes, block + 4, i))) + m;
      target[at + i + 16] = Math.fround(d * ((byte >> 4) | fifthBit(bytes, block + 4, i + 16))) + m;
    }
  }
};

/** 16 where bit `i` of the four bytes at `offset` is set, else 0. */
function fifthBit(bytes: Uint8Array, offset: number, i: number): number {
  return (((bytes[offset + (i >> 3)] as number) >> (i & 7)) & 1) << 4;
}

export const decodeQ8_0: BlockDecoder = (bytes, target) => {
  for (let at = 0, block = 0; at < target.length; at += 32, block += 34) {
    const d = f16At(bytes, block);
    for (let i = 0; i < 32; i++) target[at + i] = d * i8At(bytes, block + 2 + i);
  }
};
