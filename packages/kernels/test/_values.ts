/** Inputs of the tests: deterministic, so that measured bounds hold on every run. */

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

/** Any bytes. */
export function randomBytes(byteLength: number, seed: number): Uint8Array {
  const next = uniform(seed);
  return Uint8Array.from({ length: byteLength }, () => next() * 256);
}

/** Where two arrays differ, in bits but for NaN, which equals NaN: at most the first eight places. */
export function differences(actual: ArrayLike<number>, expected: ArrayLike<number>): unknown[] {
  const found: unknown[] = actual.length === expected.length ? [] : [['length', actual.length, expected.length]];
  for (let i = 0; i < expected.length && found.length < 8; i++) {
    if (!Object.is(actual[i], expected[i])) found.push([i, actual[i], expected[i]]);
  }
  return found;
}
