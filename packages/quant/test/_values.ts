/** Inputs of the tests: deterministic, so that windows around measured errors hold on every run. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A generator of uniform values in [0, 1): mulberry32 (public domain), plenty for test data. */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Normally distributed f32 values (Box and Muller). */
export function gaussian(count: number, seed: number, deviation = 1): Float32Array {
  const next = uniform(seed);
  return Float32Array.from(
    { length: count },
    () => deviation * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
  );
}

/** A JSON file of fixtures/oracles. */
export function readOracle(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../fixtures/oracles/${name}`, import.meta.url), 'utf8'));
}

/** Bytes of base64, in memory of their own. */
export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, 'base64'));
}

/** f32 values of base64. */
export function floatsFromBase64(text: string): Float32Array {
  return new Float32Array(fromBase64(text).buffer);
}

/** Path of third-party data for conformance. */
export function assetPath(name: string): string {
  const root = process.env.MIRUST_ASSETS ?? fileURLToPath(new URL('../../../../shared/assets', import.meta.url));
  return `${root}/${name}`;
}

const WORDS = new DataView(new ArrayBuffer(4));

/** The f32 with these bits. */
export function fromBits(bits: number): number {
  WORDS.setUint32(0, bits);
  return WORDS.getFloat32(0);
}

/** The bits of an f32. */
export function toBits(value: number): number {
  WORDS.setFloat32(0, value);
  return WORDS.getUint32(0);
}
