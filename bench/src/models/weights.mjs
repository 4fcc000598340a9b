/**
 * Random weights, the same in every storage type: an 8-bit integer times a scale for each block of 32 values. Q8_0
 * stores just that, F32 the products, and Q4_0 the same integers rounded to four bits. No page of a file is zero: the
 * memory of a page that was never written would read faster than any weight.
 */
import { f16ToF32, f32ToF16 } from '@mirust/quant';

const BLOCK = 32;

/** Standard deviation of integers spread evenly over -127 to 127. */
const INTEGER_DEVIATION = Math.sqrt((127 * 128) / 3);

/** Scales that a tensor draws from: near each other, and none the same. */
const SCALES = 256;

/** Start of a tensor's own sequence: FNV-1a of its name and the seed; never 0, where xorshift would stay. */
function seedOf(name, seed) {
  let hash = 0x811c9dc5 ^ seed;
  for (const character of name) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  return hash === 0 ? 1 : hash;
}

/** What is written of one block, by type: `integers` times the scale, of which there are the f16 bits and the value. */
const ENCODERS = {
  f32(view, at, integers, scale) {
    for (let i = 0; i < BLOCK; i++) view.setFloat32(at + 4 * i, integers[i] * scale.value, true);
    return 4 * BLOCK;
  },
  Q8_0(view, at, integers, scale) {
    view.setUint16(at, scale.bits, true);
    for (let i = 0; i < BLOCK; i++) view.setInt8(at + 2 + i, integers[i]);
    return 2 + BLOCK;
  },
  Q4_0(view, at, integers, scale) {
    // Sixteen times the scale: four more in the exponent, which is exact for the normal numbers that scales are.
    view.setUint16(at, scale.bits + (4 << 10), true);
    for (let i = 0; i < BLOCK / 2; i++) {
      view.setUint8(at + 2 + i, nibble(integers[i]) | (nibble(integers[i + BLOCK / 2]) << 4));
    }
    return 2 + BLOCK / 2;
  },
};

/** An 8-bit integer as ggml's biased nibble. */
function nibble(integer) {
  return Math.min(15, ((integer + 8) >> 4) + 8);
}

/**
 * A source of a matrix: `fill(target)` writes the next whole blocks of `dtype`. Values have mean 0 and a deviation of
 * 1 / sqrt(row), which keeps activations finite through any number of layers.
 */
export function createMatrix({ name, dtype, rowLength, seed }) {
  const encode = ENCODERS[dtype];
  const middle = 1 / Math.sqrt(rowLength) / INTEGER_DEVIATION;
  const scales = Array.from({ length: SCALES }, (_, index) => {
    const bits = f32ToF16(middle * (0.75 + index / (2 * SCALES)));
    return { bits, value: f16ToF32(bits) };
  });
  const words = new Uint32Array(BLOCK / 4);
  const integers = new Int8Array(words.buffer);
  let state = seedOf(name, seed);
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state;
  };
  return {
    fill(target) {
      const view = new DataView(target.buffer, target.byteOffset, target.byteLength);
      for (let at = 0; at < target.byteLength; ) {
        for (let i = 0; i < words.length; i++) words[i] = next();
        // -128 is the one byte that no quantizer of Q8_0 writes.
        for (let i = 0; i < BLOCK; i++) if (integers[i] === -128) integers[i] = -127;
        at += encode(view, at, integers, scales[next() & (SCALES - 1)]);
      }
    },
  };
}

/** The weights of a norm, f32: around 1. */
export function normWeights(length, name, seed) {
  let state = seedOf(name, seed);
  return Float32Array.from({ length }, () => {
    state = Math.imul(state, 0x41c64e6d) + 12345;
    return 0.9 + ((state >>> 8) / 2 ** 24) * 0.2;
  });
}
