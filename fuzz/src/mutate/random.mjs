/** Random numbers that are the same everywhere: an execution is known by its format, seed and index. */

/** Bits of a text and two numbers, well mixed: FNV-1a, then the finalizer of MurmurHash3. */
export function mixSeed(text, seed, index) {
  let hash = 0x811c9dc5;
  const take = (byte) => {
    hash = Math.imul(hash ^ byte, 0x01000193);
  };
  for (let i = 0; i < text.length; i++) take(text.charCodeAt(i) & 0xff);
  for (const number of [seed, index]) for (let shift = 0; shift < 32; shift += 8) take((number >>> shift) & 0xff);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Whole numbers from a seed of 32 bits (mulberry32). */
export function createRandom(seed) {
  let state = seed | 0;
  const u32 = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
  /** From 0 to `count` - 1. */
  const below = (count) => Math.floor((u32() / 2 ** 32) * count);
  return {
    u32,
    below,
    /** True once in `count` times. */
    oneIn: (count) => below(count) === 0,
    pick: (list) => list[below(list.length)],
  };
}
