/**
 * Figures of llama.cpp's own tools (v0.5.0), which no package brings: llama-bench and llama-quantize on an idle machine
 * with two cores of Zen 5, medians of six runs, and the pure read rate of that machine. On another machine, and in
 * another minute, they are scaled by what the memory gives there. That says something where memory is the bound: in
 * decoding.
 */

/** By threads: GB/s of a pure read. */
const READ_GIGABYTES = { 1: 41, 2: 54 };

/** Tokens per second of decoding, by shape, encoding and threads. */
const LLAMA_BENCH = {
  '135M': { Q8_0: { 1: 201, 2: 204 }, Q4_0: { 1: 270, 2: 331 } },
  '1.1B': { Q8_0: { 1: 29.5, 2: 45.5 }, Q4_0: { 1: 44, 2: 72 } },
};

/** GB/s of f32 input of the whole tool, by encoding and threads: the upper ends of what was seen. */
const LLAMA_QUANTIZE = { Q8_0: { 1: 1, 2: 1.8 }, Q4_0: { 1: 1.6, 2: 2.1 } };

/**
 * What llama-bench would decode with its best setting of up to `threads` threads, where the memory reads
 * `readGigabytes`; undefined for another shape.
 */
export function scaledDecode(shape, encoding, threads, readGigabytes) {
  const figures = LLAMA_BENCH[shape]?.[encoding];
  if (figures === undefined) return undefined;
  const best = Math.max(...Object.keys(figures).map((count) => (count <= threads ? figures[count] : 0)));
  return (best * readGigabytes) / READ_GIGABYTES[threads];
}

/** GB/s of llama-quantize, as measured and as scaled. */
export function quantizeRates(encoding, threads, readGigabytes) {
  const measured = LLAMA_QUANTIZE[encoding][threads];
  return { measured, scaled: (measured * readGigabytes) / READ_GIGABYTES[threads] };
}
