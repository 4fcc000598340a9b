/**
 * ggml's 4-bit types with uneven levels (ggml-org/llama.cpp, `ggml-common.h`, `ggml-quants.c`).
 *
 * ```
 * IQ4_NL  32 values   d f16 · qs 16 B                                    d · LEVELS[q]
 * IQ4_XS 256 values   d f16 · scales_h u16 · scales_l 4 B · qs 128 B     d · (scale - 32) · LEVELS[q]
 * ```
 * IQ4_XS has eight groups of 32 with a 6-bit scale each: nibble g of scales_l is its lower part, bits 2g and 2g + 1
 * of scales_h its upper one. A byte of a group's 16 holds value i in its low nibble and i + 16 in its high one.
 */
import { type BlockDecoder, f16At } from './_legacy.ts';

/** What the sixteen codes stand for. */
const LEVELS: Float32Array = Float32Array.of(
  ...[-127, -104, -83, -65, -49, -35, -22, -10],
  ...[1, 13, 25, 38, 53, 69, 89, 113],
);

export const decodeIQ4_NL: BlockDecoder = (bytes, target) => {
  for (let at = 0, block = 0; at < target.length; at += 32, block += 18) {
    decodeLevels(bytes, block + 2, f16At(bytes, block), target, at);
  }
};

export const decodeIQ4_XS: BlockDecoder = (bytes, target) => {
  for (let at = 0, block = 0; at < target.length; at += 256, block += 136) {
    const d = f16At(bytes, block);
    const high = (bytes[block + 2] as number) | ((bytes[block + 3] as number) << 8);
    for (let group = 0; group < 8; group++) {
      const low = ((bytes[block + 4 + (group >> 1)] as number) >> ((group & 1) * 4)) & 15;
      const scale = (low | (((high >> (group * 2)) & 3) << 4)) - 32;
      decodeLevels(bytes, block + 8 + group * 16, Math.fround(d * scale), target, at + group * 32);
    }
  }
};

function decodeLevels(bytes: Uint8Array, offset: number, scale: number, target: Float32Array, at: number): void {
  for (let i = 0; i < 16; i++) {
    const byte = bytes[offset + i] as number;
    target[at + i] = scale * (LEVELS[byte & 15] as number);
    target[at + i + 16] = scale * (LEVELS[byte >> 4] as number);
  }
}
